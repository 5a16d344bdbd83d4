"""A switch of the service that draws, with the lab's stand-in behind the real front: no picture is lost."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from generator.argparse_flags import known_flags
from generator.definition import REPOSITORY, SERVICES, load_service
from releases.queue import count
from releases.smoke_request import SmokeRequest, request
from tests.unit.front.front import Front, free_ports

pytestmark = pytest.mark.puppet
STANDIN = REPOSITORY / "tests" / "lab" / "standin_pictures"
SERVICE = load_service(SERVICES / "stable_diffusion.yaml")
JOB = {"model": "small.safetensors", "text": "a lighthouse", "seed": 7}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Return a function that starts a web UI on a port of loopback, with the folders that all of them share."""
    shutil.copytree(STANDIN, tmp_path / "checkout")
    (tmp_path / "checkout" / "models" / "checkpoints" / "small.safetensors").write_bytes(b"weights")
    processes: list[subprocess.Popen[bytes]] = []

    def begin(port: int) -> None:
        command = [sys.executable, SERVICE.entry_point, "--listen", "127.0.0.1", "--port", str(port)]
        processes.append(subprocess.Popen(command, cwd=tmp_path / "checkout", stderr=subprocess.DEVNULL))
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{SERVICE.ready}"):
                return
            time.sleep(0.05)
        raise AssertionError(f"nobody answers on {port}")

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def draw(front: Front, steps: int) -> str:
    """Ask for a picture; its job's ID."""
    answer = front.ask("/prompt", {"prompt": {**JOB, "steps": steps}})
    assert answer.status == 200, answer
    return str(json.loads(answer.body)["prompt_id"])


def fetch(front: Front, job: str) -> bytes:
    """Ask what became of a job until it is done; its picture."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        answer = front.ask(f"/history/{job}")
        assert answer.status == 200, answer
        if found := json.loads(answer.body):
            name = found[job]["outputs"]["9"]["images"][0]["filename"]
            return front.ask(f"/view?filename={name}").body
        time.sleep(0.2)
    raise AssertionError(f"{job} was never done")


def test_a_picture_that_is_being_drawn_is_counted_and_comes_back_in_a_switch(
    make_front: Callable[..., Front], start: Callable[[int], None]
) -> None:
    front = make_front("stable_diffusion")
    front.backends, front.entrance = (*SERVICE.backends, "heartbeats"), SERVICE.entrance
    front.start()
    blue, green = (front.slots[f"0-{slot}"].port for slot in ("blue", "green"))
    assert SERVICE.requests and SERVICE.requests.queue
    asked = {"page": SERVICE.requests.queue.left, "count": SERVICE.requests.queue.count}
    start(blue)
    jobs = [draw(front, 30), draw(front, 30)]
    assert count(asked, blue) == 2
    # the next one is on its way: new jobs wait, and those that run are asked for where they are
    front.steer("0-green")
    late = front.ask_later("/prompt", {"prompt": {**JOB, "steps": 1}})
    done = front.ask(f"/history/{jobs[0]}")
    assert (done.status, json.loads(done.body)) == (200, {})
    assert late.waits
    start(green)
    pictures = {hashlib.sha256(fetch(front, job)).hexdigest() for job in jobs}
    assert count(asked, blue) == 0
    last = str(json.loads(late.answer().body)["prompt_id"])
    assert pictures == {hashlib.sha256(fetch(front, last)).hexdigest()}, "the same job draws the same picture"


def test_a_smoke_request_has_it_draw(tmp_path: Path, start: Callable[[int], None]) -> None:
    smoke, queue = SERVICE.smoke, SERVICE.requests.queue if SERVICE.requests else None
    assert smoke and queue
    file = tmp_path / "job.json"
    file.write_text(json.dumps({"prompt": {**JOB, "steps": 1}}))
    wanted = SmokeRequest(
        smoke.path, str(file), 10, smoke.answer, event=queue.answer, results=queue.results[0]
    )
    (port,) = free_ports(1)
    start(port)
    assert request(wanted, port) is None
    file.write_text('{"prompt": {"model": "another"}}')
    said = request(wanted, port)
    assert said is not None and "HTTP 400 at /prompt" in said and "no such model" in said


def test_the_stand_in_knows_the_flags_that_the_definition_passes() -> None:
    known = known_flags((STANDIN / SERVICE.flags_from).read_bytes()) or []
    passed = {one.flag for one in SERVICE.parameters if one.flag}
    assert passed | {SERVICE.listen.address_flag, SERVICE.listen.port_flag} == set(known)
