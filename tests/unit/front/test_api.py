"""The front of an HTTP API: where a job goes, who says what became of it, and what a drain counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from generator.definition import SERVICES, load_service
from releases.front import Front as ReleasesFront
from tests.unit.front.front import Front
from tests.unit.releases.simulated import DESCRIPTION

pytestmark = pytest.mark.puppet


@pytest.fixture
def make_api(make_front: Callable[..., Front]) -> Callable[..., Front]:
    """Return a function that makes the front of a service, not started."""

    def make(name: str, **more: int) -> Front:
        service = load_service(SERVICES / f"{name}.yaml")
        front = make_front(name, **more)
        front.backends = (*service.backends, *(["heartbeats"] if service.idle else []))
        front.entrance = service.entrance
        return front

    return make


def of(front: Front) -> ReleasesFront:
    """Speak to the front as `releases` does."""
    counted = tuple(name for name in front.backends if name != "heartbeats")
    known = DESCRIPTION._replace(
        front_dir=str(front.folder),
        backends=counted,
        entrance=front.entrance,
        idle_backends=tuple({*front.backends} - {*counted}),
    )
    return ReleasesFront(known)


def prompt(front: Front) -> tuple[str, str]:
    """Ask for a picture; which slot took it, and the job's ID."""
    answer = front.ask("/prompt", {"prompt": {}})
    assert answer.status == 200, answer
    said = json.loads(answer.body)
    return said["by"], said["prompt_id"]


def test_what_became_of_a_job_says_the_process_that_has_it(make_api: Callable[..., Front]) -> None:
    front = make_api("stable_diffusion")
    front.start()
    for slot in front.slots.values():
        slot.start()
    by, job = prompt(front)
    assert by == "0-blue"
    front.steer("0-green")
    assert prompt(front)[0] == "0-green"
    # the old one has it still, and no other knows it
    assert front.ask(f"/history/{job}").text == "0-blue"
    assert front.ask(f"/api/history/{job}").text == "0-blue"
    assert front.ask("/history/unknown").text == "0-green"
    assert front.ask("/prompt").text == "0-green", "what is asked by GET is no job"


def test_a_job_whose_process_is_gone_is_said_to_be_lost_and_none_waits_for_it(
    make_api: Callable[..., Front],
) -> None:
    front = make_api("stable_diffusion")
    front.start()
    for slot in front.slots.values():
        slot.start()
    _, job = prompt(front)
    front.steer("0-green")
    front.slots["0-blue"].stop()
    answer = front.ask(f"/history/{job}")
    assert answer.status == 503 and answer.seconds < 5


def test_which_slot_has_a_job_is_kept_over_a_reload(make_api: Callable[..., Front]) -> None:
    front = make_api("stable_diffusion")
    front.start()
    for slot in front.slots.values():
        slot.start()
    _, job = prompt(front)
    front.until_it_teaches()
    front.reload()
    front.steer("0-green")
    assert front.ask(f"/history/{job}").text == "0-blue"


@pytest.mark.parametrize(
    ("name", "path"), [("stable_diffusion", "/prompt"), ("speech_recognition", "/v1/audio/speech")]
)
def test_a_job_waits_until_somebody_takes_it(make_api: Callable[..., Front], name: str, path: str) -> None:
    front = make_api(name)
    front.start()
    front.slots["0-blue"].start()
    front.steer("0-green")
    job = front.ask_later(path, {"model": "x"})
    time.sleep(1.2)
    assert job.waits
    front.slots["0-green"].start()
    assert "0-green" in job.answer().text


def test_a_job_that_is_its_request_is_counted_until_it_is_answered(make_api: Callable[..., Front]) -> None:
    front = make_api("speech_recognition")
    front.start()
    front.slots["0-blue"].start()
    releases = of(front)
    assert releases.jobs("0-blue") == 0
    job = front.ask_later("/v1/audio/transcriptions", b"RIFF")
    front.wait_for(lambda: releases.jobs("0-blue") == 1)
    front.steer("0-green")
    assert releases.jobs("0-blue") == 1
    front.slots["0-blue"].finish()
    assert "done" in job.answer().text
    front.wait_for(lambda: releases.jobs("0-blue") == 0)


@pytest.mark.parametrize("name", ["stable_diffusion", "speech_recognition"])
def test_releases_steers_and_closes_it(make_api: Callable[..., Front], name: str) -> None:
    front = make_api(name)
    front.start()
    for slot in front.slots.values():
        slot.start()
    releases = of(front)
    weights = {"0-blue": 0, "0-green": 100}
    releases.steer(weights, closed=True)
    assert releases.weighs(weights, closed=True)
    path = "/prompt" if name == "stable_diffusion" else "/v1/audio/transcriptions"
    refused = front.ask(path, {})
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert front.ask("/").text == "0-green", "pages are served while it is closed"
    releases.steer(weights)
    assert releases.weighs(weights)
