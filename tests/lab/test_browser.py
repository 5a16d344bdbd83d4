"""The page, used as a person would: in a real Chromium, by its text, slider and button."""

from __future__ import annotations

import array
import io
import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from generator.lab import Lab

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOT = Path(__file__).parents[2] / "build" / "screenshots" / "webui.png"
SENTENCE = "今天天气真好，我们一起去公园散步吧！"

#: Chromium's own errands (updates, sync, QUIC) have no place in a lab.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def page_at(base_url: str, **context: Any) -> Iterator[Page]:
    """Open ``base_url`` in a Chromium that reaches nothing else: neither the page nor itself.

    ``context`` is Playwright's: a password, whether a certificate of the fleet will do.
    """
    lab = urlsplit(base_url)

    def only_the_lab(route: Route) -> None:
        if urlsplit(route.request.url).netloc == lab.netloc:
            route.continue_()
        else:
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {lab.hostname}"],
        )
        page = browser.new_page(viewport={"width": 1200, "height": 760}, **({"locale": "zh-CN"} | context))
        page.route("**/*", only_the_lab)
        page.goto(base_url)
        yield page
        browser.close()


def speak(page: Page, sentence: str, **emotions: float) -> bytes:
    """Have the page speak ``sentence``, and return the WAV that it then plays."""
    page.get_by_label("文本").fill(sentence)
    for name, weight in emotions.items():
        handle = page.get_by_role("slider", name=f"range slider for {name}")
        handle.focus()
        for _ in range(round(weight / 0.05)):  # the slider's step
            handle.press("ArrowRight")
        expect(handle).to_have_value(f"{weight:g}")
    with page.expect_response(lambda response: "/gradio_api/file=" in response.url) as played:
        page.get_by_role("button", name="生成语音").click()
    # The player keeps a copy of its own (a blob: address); the file itself is what it was made from.
    expect(page.locator("#output audio[src]")).to_have_count(1)
    answer = page.request.get(played.value.url)
    assert answer.ok, f"{answer.url}: {answer.status}"
    return answer.body()


def loudness(content: bytes) -> float:
    """Give the root mean square of a WAV of 16 bits, 0 to 1."""
    with wave.open(io.BytesIO(content)) as file:
        assert file.getsampwidth() == 2
        samples = array.array("h", file.readframes(file.getnframes()))
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32768


def check_page(base_url: str, screenshot: Path = SCREENSHOT) -> None:
    """Speak a Chinese sentence with joy at ``base_url``, hear it, and keep a picture of the page."""
    with page_at(base_url) as page:
        expect(page.get_by_text("stand-in for the staging lab")).to_be_visible()
        assert loudness(speak(page, SENTENCE, 喜悦=0.8)) > 0.01
        page.mouse.move(0, 0)  # off the button, which looks pressed under it
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=screenshot, full_page=True)


@pytest.mark.lab
def test_a_sentence_is_typed_and_heard(lab: Lab) -> None:
    check_page(f"http://{lab.address('tts1')}:7860")
