"""A release that does not start, on a simulated node: what serves, what is said, and when it is tried again."""

from __future__ import annotations

import re

import pytest

from releases.errors import AnswerIsNo
from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, OLD
from tests.unit.releases.switching import MODES, a_world, serves


@MODES
def test_a_release_that_does_not_start_leaves_the_old_one(handover: str) -> None:
    world = a_world(handover, NEW)
    world.broken[NEW] = "exited with status 1 before it was ready"
    with pytest.raises(AnswerIsNo) as no:
        reconcile(world.node())
    assert str(no.value) == (
        f"tts: {NEW}: exited with status 1 before it was ready; {OLD} serves (releases tts retry tries it again)\n"
        "the last lines of its log:\n  line 1\n  Traceback: it broke"
    )
    serves(world, OLD, "blue")
    assert world.uptime < 3, "what never served has no jobs to wait for"
    untouched = f"stop {world.unit('blue')}" not in world.trace
    assert untouched == (handover == "overlap")


@MODES
def test_a_failure_is_remembered_until_its_time_is_over(handover: str) -> None:
    world = a_world(handover, NEW)
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.broken.clear()
    world.trace.clear()
    with pytest.raises(AnswerIsNo, match="exited"):
        reconcile(world.node())
    assert not [step for step in world.trace if step.startswith(("start", "stop"))]
    world.time += world.description.retry_after
    reconcile(world.node())
    serves(world, NEW, "green")
    assert not world.state().failed


def test_a_failure_from_the_future_counts_from_now() -> None:
    world = a_world("hold", NEW)
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.broken.clear()
    world.time -= 10_000_000
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.time += world.description.retry_after
    reconcile(world.node())
    serves(world, NEW, "green")


def test_a_release_that_was_built_again_is_tried_again() -> None:
    world = a_world("hold", NEW)
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.broken.clear()
    world.complete[NEW] = {".venv/.complete": "another"}
    reconcile(world.node())
    serves(world, NEW, "green")


@MODES
def test_what_the_smoke_request_says_counts_and_is_remembered(handover: str) -> None:
    world = a_world(handover, NEW)
    ports = []

    def smoke(port: int) -> str | None:
        ports.append(port)
        return "its audio is silent"

    world.smoke = smoke
    with pytest.raises(AnswerIsNo, match="its audio is silent"):
        reconcile(world.node())
    assert ports == [7862]
    serves(world, OLD, "blue")
    with pytest.raises(AnswerIsNo, match="its audio is silent"):
        reconcile(world.node())
    assert ports == [7862], "nothing is tried twice"


@pytest.mark.parametrize("lacks", ["deployments", "complete"])
def test_what_cannot_start_takes_nothing_down(lacks: str) -> None:
    world = a_world("hold", NEW)
    del getattr(world, lacks)[NEW]
    with pytest.raises(AnswerIsNo, match=r"has no unit|is not complete"):
        reconcile(world.node())
    assert not [step for step in world.trace if step.startswith(("start", "stop"))]
    serves(world, OLD, "blue")


def test_a_machine_that_shuts_down_makes_no_release_fail() -> None:
    world = a_world("hold", NEW)
    world.broken[NEW], world.going_down = "was cancelled", True
    with pytest.raises(AnswerIsNo, match="shutting down"):
        reconcile(world.node())
    assert not world.state().failed


def test_what_serves_and_does_not_start_is_said() -> None:
    world = a_world()
    world.power_cut()
    world.broken[OLD] = "exited"
    with pytest.raises(AnswerIsNo, match=f"{OLD}, which serves: exited"):
        reconcile(world.node())


@MODES
def test_a_port_of_somebody_else_is_named_before_anything_stops(handover: str) -> None:
    world = a_world(handover, NEW)
    world.holders[7862] = "python3 (process 7)"
    with pytest.raises(AnswerIsNo, match=re.escape("its port 7862 is taken by python3 (process 7); ")):
        reconcile(world.node())
    assert not [step for step in world.trace if step.startswith(("start", "stop"))]
    serves(world, OLD, "blue")
    world.holders[7861] = "sshd (process 8)"
    world.power_cut()
    with pytest.raises(
        AnswerIsNo, match=re.escape("which serves: its port 7861 is taken by sshd (process 8)")
    ):
        reconcile(world.node())


def test_what_serves_is_started_again_whatever_the_gate_says() -> None:
    # its unit waits for the card, and refuses for itself
    world = a_world()
    world.gate = "not started without a GPU: CUDA says error 100"
    world.power_cut()
    reconcile(world.node())
    serves(world, OLD, "blue")
