"""The stand-in that recognises speech, as a process on loopback: what the stand-in of the voice says, it hears."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from generator.definition import REPOSITORY, SERVICES, load_service
from releases.smoke_request import SmokeRequest, request
from tests.load.wav import silence
from tests.unit.front.front import free_ports
from tests.unit.gradio_page import voice

pytestmark = pytest.mark.puppet
STANDIN = REPOSITORY / "tests" / "lab" / "standin_recognition"
SERVICE = load_service(SERVICES / "speech_recognition.yaml")
MODEL = str(SERVICE.smoke.form["model"]) if SERVICE.smoke else ""
SAID = "monday picture september government"
ANOTHER = "government university lighthouse picture"


def spoken(folder: Path, text: str) -> bytes:
    """Have the voice of the other stand-in say a text; its WAV."""
    wav = folder / "spoken.wav"
    voice.speak(text, {}, wav)
    return wav.read_bytes()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start it as its unit does, with a model in the hub client's cache; the process, and its port."""
    snapshot = tmp_path / "hub" / f"models--{MODEL.replace('/', '--')}"
    for name, text in {
        "refs/main": "a1b2",
        "snapshots/a1b2/README.md": "tags: [automatic-speech-recognition]",
    }.items():
        (snapshot / name).parent.mkdir(parents=True)
        (snapshot / name).write_text(text)
    assert SERVICE.start
    (port,) = free_ports(1)
    flags = [SERVICE.listen.address_flag, "127.0.0.1", SERVICE.listen.port_flag, str(port)]
    started = subprocess.Popen(
        [sys.executable, "-m", SERVICE.start.module, *SERVICE.start.arguments, *flags],
        cwd=STANDIN,
        env=os.environ
        | {
            "PYTHONPATH": "src",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HF_HUB_CACHE": str(tmp_path / "hub"),
            "ENABLE_UI": "False",
        },
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}{SERVICE.ready}", trust_env=False).raise_for_status()
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"nobody answers on {port}")
    yield started, port
    started.kill()
    started.wait()


def recognise(port: int, recording: bytes, model: str = MODEL) -> httpx.Response:
    """Ask what is said in a recording."""
    return httpx.post(
        f"http://127.0.0.1:{port}/v1/audio/transcriptions",
        files={"file": ("spoken.wav", recording, "audio/wav")},
        data={"model": model},
        timeout=120,
        trust_env=False,
    )


def test_it_hears_what_the_voice_says(process: tuple[subprocess.Popen[bytes], int], tmp_path: Path) -> None:
    _, port = process
    for text in (SAID, ANOTHER):
        assert recognise(port, spoken(tmp_path, text)).json() == {"text": text}
    # by another name of the model; of what says nothing, nothing is heard
    assert recognise(port, silence(1), "whisper-1").json() == {"text": ""}


def test_it_refuses_what_speaches_refuses(
    process: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    _, port = process
    unknown = recognise(port, silence(), "Systran/another")
    assert unknown.status_code == 404
    assert "'Systran/another' is not installed locally" in unknown.json()["detail"]
    assert recognise(port, b"RIFF and no more").status_code == 415
    told = httpx.post(
        f"http://127.0.0.1:{port}/v1/audio/transcriptions", data={"model": MODEL}, trust_env=False
    )
    assert told.status_code == 422
    assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 404, "no page was wanted"


def test_it_answers_meanwhile_and_ends_its_job_before_itself(
    process: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    started, port = process
    long = " ".join([SAID] * 8)
    recording = spoken(tmp_path, long)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(recognise, port, recording)
        time.sleep(0.2)
        health = httpx.get(f"http://127.0.0.1:{port}{SERVICE.ready}", timeout=60, trust_env=False)
        assert (health.status_code, job.done()) == (200, False)
        started.send_signal(signal.SIGTERM)
        assert job.result().json() == {"text": long}
    assert started.wait(60) in (0, -signal.SIGTERM)


def test_a_smoke_request_has_it_recognise(
    process: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    _, port = process
    smoke = SERVICE.smoke
    assert smoke and smoke.file
    spoken(tmp_path, SAID)
    wanted = SmokeRequest(
        smoke.path, str(tmp_path / "spoken.wav"), 60, smoke.answer, field=smoke.file, form=dict(smoke.form)
    )
    assert request(wanted, port) is None
    (tmp_path / "spoken.wav").write_bytes(silence(1))
    said = request(wanted, port)
    assert said is not None and "answered without text" in said
