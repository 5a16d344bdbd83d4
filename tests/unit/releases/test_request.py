"""What operators and Puppet ask for: activate, rollback, retry and restart, on a simulated node."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from releases import request
from releases.errors import AnswerIsNo
from releases.node import Node
from releases.prune import needed_ids
from releases.state import foremost
from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, OLD, World
from tests.unit.releases.switching import MODES, a_world, serves


def test_a_wish_that_cannot_be_written_down_is_refused() -> None:
    world = carried_out(a_world("hold", OLD))
    world.saves_left = 0
    with pytest.raises(AnswerIsNo, match=r"^/var/lib/releases/tts\.json: No space left on device$"):
        request.activate(world.node(), NEW)
    assert world.trace == []


THIRD = "v25-3333333.0000000c"


def carried_out(world: World) -> World:
    """Let releases@tts.service do what is asked for, as systemd would."""
    units = type(world.node().units)
    start: Callable[..., str | None] = units.start
    states: Callable[..., dict[str, str]] = units.states

    class Systemd(units):  # type: ignore[valid-type, misc]
        def states(self, units: Sequence[str]) -> dict[str, str]:
            switches = {
                unit: "activating" for unit in units if world.under_way and unit.startswith("releases@")
            }
            return states(self, units) | switches

        def start(self, unit: str, limit: float | None, wait: float = 0) -> str | None:
            if not unit.startswith("releases@"):
                return start(self, unit, limit, wait)
            world.under_way = False
            try:
                reconcile(world.node())
            except AnswerIsNo:
                return "exited with status 1"
            return None

    node = world.node
    world.node = lambda: node()._replace(units=Systemd(world))  # type: ignore[method-assign]
    return world


@MODES
def test_the_caller_hears_of_a_job_that_was_cut(handover: str) -> None:
    world = carried_out(a_world(handover, OLD))
    world.jobs["0-blue"] = 1000.0
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves; 1 jobs were cut at 30 s"
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves", "it is said once"
    assert request.activate(world.node(), OLD) == f"tts: {OLD} serves"


@MODES
def test_the_caller_hears_of_a_job_that_was_cut_on_any_card(handover: str) -> None:
    world = carried_out(on_three_cards(handover))
    world.jobs["0-blue"] = 1000.0
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves; 1 jobs were cut at 30 s"
    world.jobs.update({"1-green": 1000.0, "2-green": 1000.0})
    assert request.restart(world.node()) == f"tts: {NEW} serves; 2 jobs were cut at 30 s"
    assert request.restart(world.node()) == f"tts: {NEW} serves", "it is said once"
    world.jobs["2-green"] = 1000.0
    assert request.rollback(world.node()) == f"tts: {OLD} serves; 1 jobs were cut at 30 s"
    assert request.retry(world.node()) == f"tts: {NEW} serves"


@MODES
def test_the_caller_hears_of_a_job_that_was_cut_for_a_release_that_fails(handover: str) -> None:
    world = carried_out(on_three_cards(handover))
    world.jobs["0-blue"] = 1000.0
    world.smoke = lambda port: "it is mute" if port == 7862 + 10 * (handover == "overlap") else None
    cut = f"{OLD}( and {NEW})? serves; 1 jobs were cut at 30 s "
    with pytest.raises(AnswerIsNo, match=f"^tts: {NEW}: it is mute; {cut}"):
        request.activate(world.node(), NEW)
    with pytest.raises(AnswerIsNo, match=f"{NEW}: it is mute; .* serves [(]"):
        request.activate(world.node(), NEW)


def test_the_caller_hears_of_a_job_that_the_switch_of_a_killed_caller_has_cut() -> None:
    world = carried_out(a_world("hold", OLD))
    world.node().edit(wanted=NEW, cut=1)
    world.under_way = True
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves; 1 jobs were cut at 30 s"
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves", "it is said once"


def on_three_cards(handover: str) -> World:
    """Return a node on which OLD serves on each of three cards."""
    world = World(handover, ["0", "1", "2"])
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    return world


def test_a_unit_that_puppet_puts_back_holds_nobody_up() -> None:
    world = carried_out(a_world("hold", NEW))
    unit = world.deployments.pop(NEW)
    with pytest.raises(AnswerIsNo, match=r"has no unit \(a Puppet run puts it there\)"):
        reconcile(world.node())
    world.deployments[NEW] = unit
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"


def test_a_port_that_is_free_again_holds_nobody_up() -> None:
    world = carried_out(a_world("hold", OLD))
    world.holders[7862] = "python3 (process 7)"
    with pytest.raises(AnswerIsNo, match=re.escape("its port 7862 is taken by python3 (process 7); ")):
        request.activate(world.node(), NEW)
    world.holders.clear()
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"


def test_rollback_returns_and_is_not_undone_by_puppet() -> None:
    world = carried_out(a_world("hold", OLD))
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"
    assert request.rollback(world.node()) == f"tts: {OLD} serves"
    serves(world, OLD, "blue")
    with pytest.raises(AnswerIsNo, match=f"{NEW}: rolled back by hand; {OLD} serves"):
        request.activate(world.node(), NEW)
    serves(world, OLD, "blue")
    with pytest.raises(AnswerIsNo, match=f"{NEW} does not serve, {OLD} does: nothing to return from"):
        request.rollback(world.node())
    assert request.retry(world.node()) == f"tts: {NEW} serves"
    serves(world, NEW, "green")


@MODES
def test_rollback_leaves_a_release_whatever_was_changed_of_it_since(handover: str) -> None:
    world = carried_out(a_world(handover, OLD))
    flagged = f"{NEW[:-1]}f"
    world.deployments[flagged] = f"# deployment {flagged}\n[Service]\nEnvironment=A=1\n"
    world.complete[flagged] = world.complete[NEW]
    for identifier in (NEW, flagged):
        assert request.activate(world.node(), identifier) == f"tts: {identifier} serves"
    assert OLD in needed_ids(world.state()), "it is not pruned meanwhile"
    assert request.rollback(world.node()) == f"tts: {OLD} serves"
    with pytest.raises(AnswerIsNo, match=f"{flagged}: rolled back by hand; {OLD} serves"):
        request.activate(world.node(), flagged)
    assert request.retry(world.node()) == f"tts: {flagged} serves"
    assert request.rollback(world.node()) == f"tts: {OLD} serves"


def test_another_unit_of_a_release_is_no_release_before_it() -> None:
    world = carried_out(a_world("hold", OLD))
    world.node().edit(previous=f"{OLD[:-1]}f")  # of a version of this program that took it for one
    with pytest.raises(AnswerIsNo, match=f"{OLD} serves, and no release was before it"):
        request.rollback(world.node())


@pytest.mark.parametrize("asked", [request.rollback, request.restart])
def test_what_serves_is_not_known_before_the_switch_of_a_killed_caller_is_over(
    asked: Callable[[Node], str],
) -> None:
    world = carried_out(a_world("hold", OLD))
    world.node().edit(wanted=NEW)
    world.under_way = True
    assert asked(world.node()) == f"tts: {OLD if asked is request.rollback else NEW} serves"
    assert set(world.state().failed) == ({NEW} if asked is request.rollback else set())


def test_a_bump_that_failed_is_nothing_to_roll_back_from() -> None:
    world = carried_out(a_world("hold", OLD))
    world.node().edit(previous="v15-3333333.0000000c")
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo, match=f"{NEW}: exited"):
        request.activate(world.node(), NEW)
    with pytest.raises(AnswerIsNo, match=f"{NEW} does not serve, {OLD} does: nothing to return from"):
        request.rollback(world.node())
    serves(world, OLD, "blue")
    assert list(world.state().failed) == [NEW]


def test_a_restart_that_was_cut_off_does_not_undo_a_rollback() -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    request.rollback(world.node())
    world.node().edit(restart=True)  # of OLD; the disk was full, or the program was killed
    with pytest.raises(AnswerIsNo, match="rolled back by hand"):
        request.activate(world.node(), NEW)
    assert world.state().cards["0"].id == OLD


def test_a_release_that_serves_after_a_rollback_that_failed_is_not_a_failure() -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    world.broken[OLD] = "exited"
    with pytest.raises(AnswerIsNo, match=f"{OLD}: exited.*{NEW} serves"):
        request.rollback(world.node())
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"
    assert list(world.state().failed) == []


def test_a_start_anew_that_failed_is_no_failure_at_the_next_boot() -> None:
    world = carried_out(a_world("hold", OLD))
    world.broken[OLD] = "was killed"
    with pytest.raises(AnswerIsNo, match=f"{OLD}: was killed"):
        request.restart(world.node())
    world.broken.clear()
    world.power_cut()
    reconcile(world.node())
    assert world.running and not world.state().failed


def test_what_puppet_says_during_a_switch_holds_for_the_next_one() -> None:
    world = carried_out(a_world("overlap", OLD))
    world.jobs["0-blue"] = 20.0
    spoken = []

    def meanwhile(world: World) -> None:
        world.meanwhile = lambda world: None
        world.smoke = lambda port: spoken.append(port)
        world.description = world.description._replace(handover="hold")
        world.node().edit(wanted=THIRD)

    world.deployments[THIRD] = f"# deployment {THIRD}\n[Service]\n"
    world.complete[THIRD] = {".venv/.complete": "third"}
    world.meanwhile = meanwhile
    request.activate(world.node(), NEW)
    assert world.state().cards["0"].id == THIRD
    assert spoken == [7861], "the wish that came with a smoke request is held to it"
    stopped, started = (
        world.trace.index(f"{verb} {world.unit(slot)}")
        for verb, slot in (("stop", "green"), ("start", "blue"))
    )
    assert stopped < started, "hold, as is said by then"


@pytest.mark.parametrize("years", [-1, 1])
def test_what_was_rolled_back_from_stays_so_however_long_ago(years: int) -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    request.rollback(world.node())
    world.time += years * 365 * 86400
    with pytest.raises(AnswerIsNo, match="rolled back by hand"):
        request.activate(world.node(), NEW)
    serves(world, OLD, "blue")


def test_what_was_rolled_back_from_stays_so_though_it_is_built_again() -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    request.rollback(world.node())
    world.complete[NEW] = {".venv/.complete": "another"}
    with pytest.raises(AnswerIsNo, match="rolled back by hand"):
        request.activate(world.node(), NEW)


@pytest.mark.parametrize("by", ["rollback", "activate"])
@pytest.mark.parametrize("trouble", ["broken", "port"])
def test_what_failed_is_not_forgotten_where_what_serves_fails_at_a_restart(by: str, trouble: str) -> None:
    world = carried_out(a_world("overlap", OLD))
    if by == "rollback":
        request.activate(world.node(), NEW)
        request.rollback(world.node())
    else:
        world.broken[NEW] = "exited"
        with pytest.raises(AnswerIsNo, match=f"{NEW}: exited"):
            request.activate(world.node(), NEW)
    world.broken = {OLD: "was killed"} if trouble == "broken" else {}
    world.holders = {7862: "python3 (process 7)"} if trouble == "port" else {}
    with pytest.raises(AnswerIsNo, match=f"{OLD}: .*(was killed|is taken)"):
        request.restart(world.node())
    assert set(world.state().failed) == {NEW, OLD}
    world.broken.clear()
    world.holders.clear()
    with pytest.raises(AnswerIsNo, match=f"{NEW}: .*; {OLD} serves"):
        request.activate(world.node(), NEW)
    serves(world, OLD, "blue")
    assert set(world.state().failed) == {NEW}, "the pin forgets the others"
    assert request.retry(world.node()) == f"tts: {NEW} serves"
    assert not world.state().failed


def test_retry_tries_what_is_wanted_and_leaves_what_else_failed() -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    world.broken[OLD] = "exited"
    with pytest.raises(AnswerIsNo, match=f"{OLD}: exited"):
        request.rollback(world.node())
    assert list(world.state().failed) == [NEW, OLD]
    assert foremost(world.state()) == world.state().failed[OLD]
    world.broken.clear()
    assert request.retry(world.node()) == f"tts: {OLD} serves"
    assert foremost(world.state()) == world.state().failed[NEW]


def test_another_pin_forgets_the_failure() -> None:
    world = carried_out(a_world("hold", OLD))
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo, match="exited"):
        request.activate(world.node(), NEW)
    world.broken.clear()
    assert request.activate(world.node(), OLD) == f"tts: {OLD} serves"
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"


def test_a_restart_is_a_switch_of_the_same() -> None:
    world = carried_out(a_world("hold", OLD))
    assert request.restart(world.node()) == f"tts: {OLD} serves"
    serves(world, OLD, "green")
    assert world.state().previous is None


def test_nothing_to_roll_back_to() -> None:
    world = carried_out(a_world("hold", OLD))
    with pytest.raises(AnswerIsNo, match="no release was before"):
        request.rollback(world.node())


@MODES
def test_what_could_not_start_stops_nothing_and_is_tried_when_it_is_asked_for_again(handover: str) -> None:
    world = carried_out(a_world(handover, OLD))
    world.gate = "not started without a GPU: error 803"
    with pytest.raises(AnswerIsNo, match=f"{NEW}: not started without a GPU: error 803; {OLD} serves"):
        request.activate(world.node(), NEW)
    with pytest.raises(AnswerIsNo, match=f"{OLD}: not started without a GPU: error 803; {OLD} serves"):
        world.node().edit(wanted=OLD)
        request.restart(world.node())
    assert not [step for step in world.trace if step.startswith(("start", "stop"))]
    serves(world, OLD, "blue")
    world.gate = None
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"
    serves(world, NEW, "green")


def test_a_web_ui_that_does_not_run_is_named_with_the_end_of_its_log() -> None:
    world = carried_out(a_world("hold", OLD))
    world.power_cut()
    world.broken[OLD] = "exited"
    with pytest.raises(AnswerIsNo) as caught:
        request.activate(world.node(), OLD)
    assert str(caught.value).splitlines()[1:] == [
        f"card 0: {world.unit('blue')} is activating; the last lines of its log:",
        "  line 1",
        "  Traceback: it broke",
    ]
