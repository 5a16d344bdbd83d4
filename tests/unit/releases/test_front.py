"""The front's socket, with a real HAProxy behind it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from releases import front as front_module
from releases.errors import AnswerIsNo
from releases.front import Front, FrontError
from releases.node import Clock
from releases.steering import drain, reload, steer, steer_fresh
from tests.unit.releases.haproxy import HAPROXY, Haproxy, WebUI
from tests.unit.releases.simulated import NEW, OLD, World

pytestmark = [
    pytest.mark.puppet,
    pytest.mark.skipif(
        not HAPROXY, reason="haproxy is not on this machine; installing it (`make setup`) takes root"
    ),
]


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Haproxy]:
    """Run HAProxy in front of nothing."""
    with Haproxy(tmp_path).serve() as running:
        yield running


def eventually(holds: Callable[[], bool]) -> None:
    """Assert that something is so within seconds; a front that reloads may not answer meanwhile."""
    until = time.monotonic() + 10
    held = False
    while not held:
        assert time.monotonic() < until
        with suppress(FrontError):
            held = holds()
        time.sleep(0.02)


def a_node(haproxy: Haproxy) -> World:
    """Return a node whose state says green, and which speaks to a real front by the real clock."""
    world = World("overlap")
    from releases.switch import reconcile

    world.node().edit(wanted=OLD)
    reconcile(world.node())
    world.node().edit(wanted=NEW)
    reconcile(world.node())
    world.description = world.description._replace(drain_timeout=4)
    simulated = world.node
    world.node = lambda: simulated()._replace(front=Front(haproxy.description), clock=Clock())  # type: ignore[method-assign]
    return world


def test_weights_decide_who_answers(haproxy: Haproxy) -> None:
    WebUI("blue", haproxy.blue)
    WebUI("green", haproxy.green)
    front = Front(haproxy.description)
    assert haproxy.get() == "blue"
    front.steer({"0-blue": 0, "0-green": 100})
    assert {haproxy.get() for _ in range(4)} == {"green"}
    front.steer({"0-blue": 100, "0-green": 0})
    assert {haproxy.get() for _ in range(4)} == {"blue"}


def test_the_slot_that_gets_the_requests_is_raised_before_the_other_is_lowered(
    haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = front_module._ask

    def listen(path: str, command: str) -> str:
        asked.append(command)
        return ask(path, command)

    monkeypatch.setattr(front_module, "_ask", listen)
    Front(haproxy.description).steer({"0-blue": 0, "0-green": 100})
    [command] = asked
    assert [one.rpartition(" ")[2] for one in command.split(";")][:8] == ["100"] * 4 + ["0"] * 4


def test_a_request_waits_for_the_slot_that_the_weights_name(haproxy: Haproxy) -> None:
    Front(haproxy.description).steer({"0-blue": 0, "0-green": 100})
    waiting = haproxy.get_beside("/")
    time.sleep(1.5)
    assert waiting.is_alive()
    WebUI("green", haproxy.green)
    waiting.join(5)
    assert not waiting.is_alive()


def test_jobs_are_counted_and_idle_requests_are_not(haproxy: Haproxy) -> None:
    front, web_ui = Front(haproxy.description), WebUI("blue", haproxy.blue)
    waiting = [haproxy.get_beside(path) for path in ("/slow", "/heartbeat", "/slow", "/pages")]
    eventually(lambda: front.jobs("0-blue") == 3)
    time.sleep(0.2)
    assert (front.jobs("0-blue"), front.jobs("0-green")) == (3, 0)
    web_ui.let_go.set()
    for thread in waiting:
        thread.join(5)
    eventually(lambda: front.jobs("0-blue") == 0)


def test_a_drain_waits_for_a_slow_request_and_for_the_quiet_after_it(haproxy: Haproxy) -> None:
    web_ui, world = WebUI("blue", haproxy.blue), a_node(haproxy)
    waiting = haproxy.get_beside("/slow")
    eventually(lambda: Front(haproxy.description).jobs("0-blue") == 1)
    began = time.monotonic()
    assert drain(world.node(), "0-blue") == 1, "it is not done within the limit"
    assert 4 <= time.monotonic() - began < 6
    web_ui.let_go.set()
    waiting.join(5)
    began = time.monotonic()
    assert drain(world.node(), "0-blue") == 0
    assert 2 <= time.monotonic() - began < 3.9


def test_a_drain_waits_for_what_the_worker_of_before_a_reload_has(haproxy: Haproxy) -> None:
    web_ui, world = WebUI("blue", haproxy.blue), a_node(haproxy)
    waiting = haproxy.get_beside("/slow")
    eventually(lambda: Front(haproxy.description).jobs("0-blue") == 1)
    time.sleep(2.2)  # the worker is older than a reload takes, as it is on a node
    assert haproxy.process
    reload(world.node(), haproxy.process.pid)
    assert drain(world.node(), "0-blue") == 1
    web_ui.let_go.set()
    waiting.join(5)
    assert drain(world.node(), "0-blue") == 0


def test_a_worker_that_a_reload_left_takes_no_weights_and_so_is_waited_for(haproxy: Haproxy) -> None:
    web_ui, world = WebUI("blue", haproxy.blue), a_node(haproxy)
    waiting = haproxy.get_beside("/slow")
    eventually(lambda: Front(haproxy.description).jobs("0-blue") == 1)
    time.sleep(2.2)  # the worker is older than a reload takes, as it is on a node
    assert haproxy.process
    began = time.monotonic()
    reload(world.node(), haproxy.process.pid)
    assert time.monotonic() - began >= 6, "a client may have kept a connection to it"
    front = Front(haproxy.description)
    [_, left] = front._workers()
    said = front_module._ask(front._master, f"@!{left} set weight pages/0-green 100")
    assert said.strip() == "Proxy is disabled."
    web_ui.let_go.set()
    waiting.join(5)
    eventually(lambda: front.left() == 0)


def test_whether_the_weights_are_right_is_told(haproxy: Haproxy) -> None:
    front = Front(haproxy.description)
    assert front.weighs({"0-blue": 100, "0-green": 0})
    assert not front.weighs({"0-blue": 0, "0-green": 100})
    front.steer({"0-blue": 0, "0-green": 100})
    assert front.weighs({"0-blue": 0, "0-green": 100})
    assert not front.weighs({"1-blue": 0, "1-green": 100}), "another card"


def test_a_closed_front_lets_no_new_job_in_and_serves_what_belongs_to_those_that_run(
    haproxy: Haproxy,
) -> None:
    WebUI("blue", haproxy.blue).let_go.set()
    front, weights = Front(haproxy.description), {"0-blue": 100, "0-green": 0}
    front.steer(weights, closed=True)
    assert (haproxy.get("/join"), haproxy.get("/pages")) == ("", "blue")
    assert front.weighs(weights, closed=True)
    assert not front.weighs(weights)
    front.steer(weights)
    assert front.weighs(weights)


def test_a_reload_that_did_not_work_is_said(haproxy: Haproxy) -> None:
    WebUI("green", haproxy.green)
    world = a_node(haproxy)
    time.sleep(7)  # as old as one is that a reload in vain leaves
    haproxy.config.write_text("nonsense\n")
    assert haproxy.process
    with pytest.raises(
        AnswerIsNo, match=r"tts-front\.service did not take its new configuration, and serves"
    ):
        reload(world.node(), haproxy.process.pid)
    assert haproxy.get() == "green"


def test_a_reload_loses_the_weights_until_it_is_steered(haproxy: Haproxy) -> None:
    WebUI("blue", haproxy.blue)
    WebUI("green", haproxy.green)
    world = a_node(haproxy)
    steer(world.node())
    assert haproxy.get() == "green"
    time.sleep(2.2)  # the worker is older than a reload takes, as it is on a node
    haproxy.reload()
    steer_fresh(world.node())
    assert {haproxy.get() for _ in range(10)} == {"green"}
    time.sleep(1)
    assert {haproxy.get() for _ in range(10)} == {"green"}


def test_what_the_front_does_not_know_is_said(haproxy: Haproxy) -> None:
    with pytest.raises(FrontError, match="set weight and state: No such server"):
        Front(haproxy.description).steer({"1-blue": 100})


def test_a_front_that_is_not_there_or_does_not_answer_is_said(tmp_path: Path) -> None:
    haproxy = Haproxy(tmp_path)
    with pytest.raises(FrontError, match=r"master\.sock: .*No such file"):
        Front(haproxy.description).jobs("0-blue")
    with haproxy.serve():
        assert haproxy.process
        worker = Front(haproxy.description)._workers()
        try:
            os.kill(int(worker[0]), 19)
            with pytest.raises(FrontError, match="timed out"):
                Front(haproxy.description).jobs("0-blue")
        finally:
            os.kill(int(worker[0]), 18)
