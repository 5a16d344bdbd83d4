"""A switch that is killed, loses its power or its disk at any step, on a simulated node: how it ends."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.errors import AnswerIsNo
from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, OLD, Killed, World, servers_that_weigh
from tests.unit.releases.switching import MODES, a_world, request_of, serves


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


def never_asked_before_it_is_ready(world: World) -> None:
    """Assert that no new request goes to a release that is being tried: it may listen, and answer with errors."""
    asked = {world.unit(slot, card) for card, slot in servers_that_weigh(world)}
    assert world.starting not in asked or world.unit_files[str(world.starting)] == world.deployments[OLD]


@MODES
@pytest.mark.parametrize("broken", [True, False])
def test_a_release_that_is_tried_is_asked_nothing_before_it_is_ready(handover: str, broken: bool) -> None:
    for fuse in range(steps_of(handover, broken)):
        world = a_world(handover, NEW)
        world.watch = never_asked_before_it_is_ready
        world.broken = {NEW: "was not ready within 60 s"} if broken else {}
        world.steps, world.fuse = 0, fuse
        for _ in range(2):
            with suppress(Killed, AnswerIsNo):
                reconcile(world.node())
        serves(world, OLD if broken else NEW, "blue" if broken else "green")


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


@MODES
def test_a_boot_with_a_full_disk_brings_up_what_served(handover: str) -> None:
    world = a_world(handover, NEW)
    world.power_cut()
    world.saves_left = 0
    with pytest.raises(AnswerIsNo, match="No space left on device"):
        reconcile(world.node())
    assert world.running == {world.unit("blue"): OLD}
