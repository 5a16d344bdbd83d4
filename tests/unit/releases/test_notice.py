"""What the front is told to say of the node: which release is in each slot, and what a new job would meet."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from releases import leave as leave_module
from releases.description import release_of
from releases.errors import AnswerIsNo, CommandFailed
from releases.front import COUNTED, Front
from releases.leave import leave
from releases.steering import note, post, steer
from releases.switch import reconcile
from releases.watch import look
from tests.unit.releases.machine import Machine
from tests.unit.releases.simulated import DESCRIPTION, NEW, OLD, SimulatedUnits, World, servers_that_weigh
from tests.unit.releases.switching import MODES, a_world, serves

V1, V2 = release_of(OLD), release_of(NEW)


def said(notice: Mapping[str, str]) -> dict[str, str]:
    """Return what the front says of slots and jobs."""
    return {key: value for key, value in notice.items() if key != COUNTED}


def test_the_release_is_told_before_its_slot_gets_a_request_and_both_while_both_are_there() -> None:
    world = a_world("overlap", NEW)
    seen = []

    def watch(world: World) -> None:
        for card, slot in servers_that_weigh(world):
            seen.append((slot, world.posted.get(f"{card}-{slot}")))

    world.watch = watch
    reconcile(world.node())
    assert set(seen) == {("blue", V1), ("green", V2)}
    assert world.posted == world.noted
    assert said(world.posted) == {"0-green": V2, "jobs": "taken"}


@MODES
def test_of_what_failed_nothing_is_left(handover: str) -> None:
    world = a_world(handover, NEW)
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    serves(world, OLD, "blue")
    assert world.posted == world.noted
    assert said(world.posted) == {"0-blue": V1, "jobs": "taken"}


def test_jobs_are_held_for_a_switch_that_holds_them_and_only_then() -> None:
    said: dict[str, list[tuple[bool, str]]] = {}
    for handover in ("hold", "overlap"):
        world = a_world(handover, NEW)
        world.jobs["0-blue"] = 5.0
        said[handover] = []

        def watch(world: World, seen: list[tuple[bool, str]] = said[handover]) -> None:
            # when it has all its weights
            if world.trace[-1].startswith("weight") and world.trace[-1].endswith(" 0"):
                waits = not any(world.unit(slot) in world.running for _, slot in servers_that_weigh(world))
                seen.append((waits, world.posted["jobs"]))

        world.watch = watch
        reconcile(world.node())
    assert set(said["hold"]) == {(True, "held"), (False, "taken")}
    assert set(said["overlap"]) == {(False, "taken")}


def test_of_several_cards_one_that_is_switched_holds_no_job_up() -> None:
    world = World("hold", cards=["0", "1"])
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    world.node().edit(wanted=NEW)
    seen = set()
    world.watch = lambda world: seen.add(world.posted["jobs"])
    reconcile(world.node())
    assert seen == {"taken"}
    assert said(world.posted) == {"0-green": V2, "1-green": V2, "jobs": "taken"}


def test_a_web_ui_that_crashed_is_told_by_who_watches_and_so_is_its_return() -> None:
    world = a_world()
    del world.running[world.unit("blue")]
    look(world.node(), at_cards=False)
    assert world.posted["jobs"] == world.noted["jobs"] == "held"
    world.running[world.unit("blue")] = OLD
    look(world.node(), at_cards=False)
    assert world.posted["jobs"] == "taken"
    world.trace.clear()
    look(world.node(), at_cards=False)
    assert world.trace == [], "what is right is left alone"


def test_the_front_counts_anew_when_another_release_serves_and_not_before() -> None:
    world = a_world("hold", NEW)
    world.broken[NEW] = "exited"
    counts = {world.posted[COUNTED]}
    world.watch = lambda world: counts.add(world.posted[COUNTED])
    world.jobs["0-blue"] = 20.0
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    assert len(counts) == 1
    world.broken.clear()
    world.node().edit(failed={})
    reconcile(world.node())
    assert counts == {"1000000", str(int(world.state().cards["0"].since))}
    assert len(counts) == 2


def test_of_a_lost_state_nobody_knows_since_when_and_nothing_is_told_again_and_again() -> None:
    world = a_world()
    world.disk_state = None
    look(world.node(), at_cards=False)
    world.trace.clear()
    for _ in range(3):
        world.time += 1
        look(world.node(), at_cards=False)
    assert world.trace == []


def test_when_all_cards_are_lost_no_job_is_taken() -> None:
    world = World("hold", cards=["0", "1"])
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    world.lost = {"0", "1"}
    look(world.node(), at_cards=True)
    assert world.posted["jobs"] == "held"


def test_a_drain_is_told_before_its_command_runs_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    seen = []

    def run(command: Sequence[str]) -> int:
        seen.append((world.posted["jobs"], world.noted["jobs"]))
        return 0

    monkeypatch.setattr(leave_module, "_run", run)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    leave(world.node(), ["true"])
    assert seen == [("closed", "closed")]
    assert (world.posted["jobs"], world.noted["jobs"]) == ("taken", "taken")


def test_after_a_power_cut_the_front_says_no_until_something_serves() -> None:
    world = a_world()
    world.power_cut()
    note(world.node())
    assert world.noted["jobs"] == "held"
    steer(world.node())
    assert world.posted["jobs"] == "held"
    reconcile(world.node())
    assert world.posted["jobs"] == "taken", "at once, and not when somebody looks next"


def test_a_front_that_is_down_is_noted_down_for(tmp_path: Path) -> None:
    world = a_world("overlap", NEW)
    world.weights = None
    reconcile(world.node())
    assert said(world.noted) == {"0-green": V2, "jobs": "taken"}
    assert said(world.posted) == {"0-blue": V1, "jobs": "taken"}
    world.weights = world.fresh_weights()
    post(world.node())
    assert world.posted == world.noted


def test_a_full_disk_or_a_systemd_that_does_not_say_stops_no_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world("hold", NEW)
    node = world.node()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(node.front), "note", fail)
    reconcile(node)
    serves(world, NEW, "green")
    assert said(world.posted) == {"0-green": V2, "jobs": "taken"}

    class Mute(SimulatedUnits):
        def states(self, units: Sequence[str]) -> dict[str, str]:
            raise CommandFailed("systemctl is-active: 0 answers for 1 units")

    world.posted = {"jobs": "rubbish"}
    steer(node._replace(units=Mute(world)))
    look(node._replace(units=Mute(world)), at_cards=False)
    assert world.posted == {"jobs": "rubbish"}


def test_the_note_is_for_everybody_to_read_and_written_only_where_it_is_another(tmp_path: Path) -> None:
    path = tmp_path / "tts.map"
    front = Front(DESCRIPTION._replace(notice=str(path)))
    front.note({"0-blue": V1, "jobs": "taken"})
    assert path.read_text() == f"0-blue {V1}\njobs taken\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    before = path.stat().st_ino
    front.note({"0-blue": V1, "jobs": "taken"})
    assert path.stat().st_ino == before
    front.note({})
    assert path.read_text() == ""
    Front(DESCRIPTION).note({"jobs": "taken"})


def test_the_command_writes_it_down_for_a_front_that_is_about_to_start(machine: Machine) -> None:
    path = machine.folder / "states" / "tts.map"
    machine.describe(notice=str(path))
    machine.run("tts", "activate", OLD)
    path.unlink()
    assert machine.run("tts", "note").returncode == 0
    assert path.read_text().startswith(f"0-blue {V1}\njobs taken\nsince ")
