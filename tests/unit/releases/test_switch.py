"""The switch, on a simulated node: what is right afterwards, and at every moment; killed at any step."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases import request
from releases.errors import AnswerIsNo
from releases.front import FrontError
from releases.steering import steer, steer_fresh
from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, OLD, Killed, World, servers_that_weigh

MODES = pytest.mark.parametrize("handover", ["hold", "overlap"])


def a_world(handover: str = "hold", wanted: str | None = OLD) -> World:
    """Return a node on which OLD serves in blue, and ``wanted`` is asked for."""
    world = World(handover)
    node = world.node()
    node.edit(wanted=OLD)
    reconcile(node)
    node.edit(wanted=wanted)
    world.trace.clear()
    return world


def serves(world: World, identifier: str, slot: str) -> None:
    """Assert that ``identifier`` serves in ``slot``, alone."""
    state = world.state()
    assert {card: (one.slot, one.id) for card, one in state.cards.items()} == {"0": (slot, identifier)}
    assert state.switch is None
    assert world.running == {world.unit(slot): identifier}
    assert not world.flapping
    assert world.unit_files == {world.unit(slot): world.deployments[identifier]}
    if world.weights is not None:
        assert list(servers_that_weigh(world)) == [("0", slot)]


def test_the_first_release_ever_starts_in_blue() -> None:
    world = a_world()
    serves(world, OLD, "blue")
    assert world.state().previous is None


@MODES
def test_a_switch_ends_in_the_other_slot(handover: str) -> None:
    world = a_world(handover, NEW)
    reconcile(world.node())
    serves(world, NEW, "green")
    assert world.state().previous == OLD
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    serves(world, OLD, "blue")


def test_hold_lets_requests_wait_then_drains_stops_and_starts() -> None:
    world = a_world("hold", NEW)
    reconcile(world.node())
    assert [step for step in world.trace if step != "save"] == [
        "install tts-webui@0-green.service",
        "weight 0-green 100",
        "weight 0-blue 0",
        "stop tts-webui@0-blue.service",
        "start tts-webui@0-green.service",
        "started tts-webui@0-green.service",
        "weight 0-green 100",
        "weight 0-blue 0",
        "uninstall tts-webui@0-blue.service",
    ]


def test_overlap_starts_then_steers_drains_and_stops() -> None:
    world = a_world("overlap", NEW)
    reconcile(world.node())
    assert [step for step in world.trace if step != "save"] == [
        "install tts-webui@0-green.service",
        "start tts-webui@0-green.service",
        "started tts-webui@0-green.service",
        "weight 0-green 100",
        "weight 0-blue 0",
        "stop tts-webui@0-blue.service",
        "uninstall tts-webui@0-blue.service",
    ]


@MODES
def test_a_job_is_waited_for(handover: str) -> None:
    world = a_world(handover, NEW)
    world.jobs["0-blue"] = 20.0
    reconcile(world.node())
    assert world.cut == []
    assert world.uptime >= 22


def test_a_job_that_begins_in_the_quiet_is_waited_for() -> None:
    world = a_world("hold", NEW)

    def a_late_stream(world: World) -> None:
        if 1.0 <= world.uptime < 1.2:
            world.jobs["0-blue"] = 5.0

    world.meanwhile = a_late_stream
    reconcile(world.node())
    assert world.cut == []
    assert world.uptime >= 7.5


@MODES
def test_a_job_longer_than_the_limit_is_cut_and_said(handover: str) -> None:
    world = a_world(handover, NEW)
    world.jobs["0-blue"] = 1000.0
    reconcile(world.node())
    assert world.cut == ["0-blue"]
    assert world.uptime == pytest.approx(30, abs=1)
    assert "tts: tts-webui@0-blue.service: 1 jobs were not done within 30 s and are cut" in world.said
    serves(world, NEW, "green")


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
    assert world.state().failed is None


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


def test_a_release_in_use_that_was_built_again_is_started_anew() -> None:
    world = a_world()
    world.complete[OLD] = {".venv/.complete": "another"}
    reconcile(world.node())
    serves(world, OLD, "green")
    assert world.state().previous is None


def test_what_the_smoke_request_says_counts() -> None:
    world = a_world("overlap", NEW)
    ports = []

    def smoke(port: int) -> str | None:
        ports.append(port)
        return "its audio is silent"

    with pytest.raises(AnswerIsNo, match="its audio is silent"):
        reconcile(world.node()._replace(smoke=smoke))
    assert ports == [7862]
    serves(world, OLD, "blue")


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
    assert world.state().failed is None


@MODES
def test_a_front_that_is_down_does_not_stop_a_switch(handover: str) -> None:
    world = a_world(handover, NEW)
    world.weights = None
    reconcile(world.node())
    serves(world, NEW, "green")
    assert world.uptime < 10
    world.weights = world.fresh_weights()
    steer(world.node())
    serves(world, NEW, "green")


def test_a_front_that_starts_in_a_switch_is_steered_to_where_requests_wait() -> None:
    world = a_world("hold", NEW)
    seen = []

    def reloaded(world: World) -> None:
        world.weights = world.fresh_weights()
        steer(world.node())
        seen.append(list(servers_that_weigh(world)))

    world.jobs["0-blue"] = 1.0
    world.meanwhile = reloaded
    reconcile(world.node())
    assert set(map(tuple, seen)) == {(("0", "green"),)}


def test_a_front_that_was_told_to_start_is_steered_at_once_and_again() -> None:
    world = a_world()
    steered: list[float] = []
    world.watch = lambda world: steered.append(world.uptime)
    steer_fresh(world.node())
    assert min(steered) == 0
    assert max(steered) == pytest.approx(5, abs=0.3)


def test_a_wish_that_comes_while_another_is_carried_out_is_next() -> None:
    world = a_world("hold", NEW)

    def another(world: World) -> None:
        world.meanwhile = lambda world: None
        request_of(world, wanted=OLD)

    world.meanwhile = another
    reconcile(world.node())
    serves(world, OLD, "blue")


def request_of(world: World, **wish: object) -> None:
    """Write down a wish, as another process does."""
    world.node().edit(**wish)


def test_the_web_ui_that_serves_is_started_where_it_does_not_run() -> None:
    world = a_world()
    world.power_cut()
    world.weights = {"0-blue": 0, "0-green": 100}
    reconcile(world.node())
    serves(world, OLD, "blue")


def test_an_edited_unit_is_put_back() -> None:
    world = a_world()
    world.unit_files[world.unit("blue")] = "# deployment x\nrubbish"
    reconcile(world.node())
    serves(world, OLD, "blue")


def test_what_serves_and_does_not_start_is_said() -> None:
    world = a_world()
    world.power_cut()
    world.broken[OLD] = "exited"
    with pytest.raises(AnswerIsNo, match=f"{OLD}, which serves: exited"):
        reconcile(world.node())


@MODES
@pytest.mark.parametrize("rubbish", [None, "", "{", '{"version": 99}'])
def test_a_lost_state_is_told_from_what_runs(handover: str, rubbish: str | None) -> None:
    world = a_world(handover, NEW)
    reconcile(world.node())
    # what a kill in the middle of clearing leaves: the slot that runs is the one that serves
    world.unit_files[world.unit("blue")] = world.deployments[OLD]
    world.disk_state = rubbish
    reconcile(world.node())
    serves(world, NEW, "green")
    assert world.state().wanted is None


def always_pointed_right(world: World) -> None:
    """Assert that some server gets the new requests, and each that does runs, starts or is about to."""
    state = world.state()
    expected = {(card, serving.slot) for card, serving in state.cards.items()}
    if state.switch and state.switch.held:
        expected.add((state.switch.card, state.switch.to))
    found = set(servers_that_weigh(world))
    assert found, "no server weighs anything: a request gets 503"
    before = world.trace[-1]
    # Between saving what is to be so and steering, the front points to what was right before.
    if before.startswith("weight") and before.endswith(" 0"):
        assert found <= expected, (found, expected)


@MODES
def test_weights_point_right_at_every_moment(handover: str) -> None:
    world = a_world(handover, NEW)
    world.watch = always_pointed_right
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.broken.clear()
    world.node().edit(failed=None)
    reconcile(world.node())
    serves(world, NEW, "green")


def one_copy_at_a_time(world: World) -> None:
    """Assert that in hold no two processes share a card, which has memory for one."""
    processes = {*world.running, *world.flapping, *([world.starting] if world.starting else [])}
    assert world.description.handover == "overlap" or len(processes) < 2, world.trace[-5:]


@MODES
def test_another_wish_after_a_kill_does_not_find_the_slot_taken(handover: str) -> None:
    third = "v25-3333333.0000000c"
    for fuse in range(steps_of(handover, False)):
        world = a_world(handover, NEW)
        world.deployments[third], world.complete[third] = f"# deployment {third}\n", {}
        world.steps, world.fuse = 0, fuse
        with pytest.raises(Killed):
            reconcile(world.node())
        request_of(world, wanted=third)
        reconcile(world.node())
        serves(world, third, world.state().cards["0"].slot)


@settings(max_examples=400, deadline=None)
@given(
    handover=st.sampled_from(["hold", "overlap"]),
    broken=st.booleans(),
    kills=st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=4),
    another=st.sampled_from([None, OLD, NEW]),
)
def test_killed_anywhere_it_ends_well(
    handover: str, broken: bool, kills: list[tuple[int, bool]], another: str | None
) -> None:
    world = a_world(handover, NEW)
    world.watch = one_copy_at_a_time
    world.broken.update({NEW: "exited"} if broken else {})
    for fuse, power in kills:
        world.steps, world.fuse = 0, fuse
        with suppress(Killed, AnswerIsNo):
            reconcile(world.node())
        if power:
            world.power_cut()
    world.fuse = None
    if another:
        world.node().edit(wanted=another)
    wanted = another or NEW
    try:
        reconcile(world.node())
        assert not (broken and wanted == NEW)
    except AnswerIsNo:
        assert broken and wanted == NEW
    expected = OLD if wanted == OLD or broken else NEW
    serves(world, expected, world.state().cards["0"].slot)
    done = len(world.trace)
    try:
        reconcile(world.node())
    except AnswerIsNo:
        assert broken
    assert not [step for step in world.trace[done:] if not step.startswith("weight")], "not settled"


def steps_of(handover: str, broken: bool) -> int:
    """Count the steps of a switch."""
    world = a_world(handover, NEW)
    world.broken.update({NEW: "exited"} if broken else {})
    world.steps = 0
    try:
        reconcile(world.node())
    except AnswerIsNo:
        assert broken
    return world.steps


@MODES
@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("cut", [False, True])
def test_killed_at_each_step_once(handover: str, broken: bool, cut: bool) -> None:
    for fuse in range(steps_of(handover, broken)):
        world = a_world(handover, NEW)
        world.broken.update({NEW: "exited"} if broken else {})
        world.steps, world.fuse = 0, fuse
        with pytest.raises(Killed):
            reconcile(world.node())
        if cut:
            world.power_cut()
        try:
            reconcile(world.node())
        except AnswerIsNo:
            assert broken
        serves(world, OLD if broken else NEW, world.state().cards["0"].slot)


@MODES
def test_killed_at_each_step_and_without_its_state_one_of_both_serves(handover: str) -> None:
    for fuse in range(steps_of(handover, False)):
        world = a_world(handover, NEW)
        world.steps, world.fuse = 0, fuse
        with pytest.raises(Killed):
            reconcile(world.node())
        world.disk_state = "rubbish"
        reconcile(world.node())
        serving = world.state().cards["0"]
        serves(world, serving.id, serving.slot)


@MODES
@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("saves", range(6))
def test_a_disk_that_fills_up_in_a_switch_leaves_one_that_serves(
    handover: str, broken: bool, saves: int
) -> None:
    world = a_world(handover, NEW)
    world.broken.update({NEW: "exited"} if broken else {})
    world.saves_left = saves
    said = ""
    try:
        reconcile(world.node())
    except AnswerIsNo as no:
        said = str(no)
    if saves == 0:
        assert said == "/var/lib/releases/tts.json: No space left on device"
        assert world.running == {world.unit("blue"): OLD}
    [(unit, _)] = world.running.items()
    assert [world.unit(slot) for _, slot in servers_that_weigh(world)] == [unit]
    world.saves_left = -1
    with suppress(AnswerIsNo):
        reconcile(world.node())
    serves(world, OLD if broken else NEW, world.state().cards["0"].slot)


def test_a_wish_that_cannot_be_written_down_is_refused() -> None:
    world = carried_out(a_world("hold", OLD))
    world.saves_left = 0
    with pytest.raises(AnswerIsNo, match=r"^/var/lib/releases/tts\.json: No space left on device$"):
        request.activate(world.node(), NEW)
    assert world.trace == []


def carried_out(world: World) -> World:
    """Let releases@tts.service do what is asked for, as systemd would."""
    units = type(world.node().units)
    start: Callable[..., str | None] = units.start

    class Systemd(units):  # type: ignore[valid-type, misc]
        def start(self, unit: str, limit: float | None) -> str | None:
            if not unit.startswith("releases@"):
                return start(self, unit, limit)
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
    assert request.activate(world.node(), OLD) == f"tts: {OLD} serves"


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


def test_rollback_returns_and_is_not_undone_by_puppet() -> None:
    world = carried_out(a_world("hold", OLD))
    assert request.activate(world.node(), NEW) == f"tts: {NEW} serves"
    assert request.rollback(world.node()) == f"tts: {OLD} serves"
    serves(world, OLD, "blue")
    with pytest.raises(AnswerIsNo, match=f"{NEW}: rolled back by hand; {OLD} serves"):
        request.activate(world.node(), NEW)
    serves(world, OLD, "blue")
    with pytest.raises(AnswerIsNo, match="which was before"):
        request.rollback(world.node())
    assert request.retry(world.node()) == f"tts: {NEW} serves"
    serves(world, NEW, "green")


def test_what_was_rolled_back_from_stays_so_though_it_is_built_again() -> None:
    world = carried_out(a_world("hold", OLD))
    request.activate(world.node(), NEW)
    request.rollback(world.node())
    world.complete[NEW] = {".venv/.complete": "another"}
    with pytest.raises(AnswerIsNo, match="rolled back by hand"):
        request.activate(world.node(), NEW)


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


def test_a_front_of_another_configuration_is_said_and_no_more() -> None:
    world = a_world("hold", NEW)
    node = world.node()

    class Strange(type(node.front)):  # type: ignore[misc]
        def steer(self, weights: object) -> None:
            raise FrontError("no such backend")

    reconcile(node._replace(front=Strange(world)))
    assert world.state().cards["0"].id == NEW
    assert [line for line in world.said if "no such backend" in line]
