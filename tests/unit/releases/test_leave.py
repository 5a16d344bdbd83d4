"""A machine that goes down: jobs that run are done, new ones are turned away, and a drain in vain leaves nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from releases import leave as leave_module
from releases.errors import CommandFailed
from releases.leave import HEARD_S, leave
from releases.switch import reconcile
from releases.watch import look
from tests.unit.releases.machine import Machine
from tests.unit.releases.simulated import NEW, OLD, Killed, World, servers_that_weigh
from tests.unit.releases.switching import a_world, serves


@pytest.fixture(autouse=True)
def no_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the test runner's own signals alone."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def commanded(
    monkeypatch: pytest.MonkeyPatch, world: World, goes_down: bool = False, code: int = 0
) -> list[bool]:
    """Have commands do nothing but note whether the front was closed when they ran."""
    seen: list[bool] = []

    def run(command: Sequence[str]) -> int:
        seen.append(world.closed and world.state().closed)
        world.going_down = goes_down
        return code

    monkeypatch.setattr(leave_module, "_run", run)
    return seen


def test_no_new_job_is_let_in_and_the_command_comes_when_the_last_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world()
    seen = commanded(monkeypatch, world, goes_down=True)
    world.jobs = {"0-blue": 10.0}
    began = world.uptime
    leave(world.node(), ["systemctl", "reboot"])
    assert seen == [True]
    assert 10 <= world.uptime - began < 15
    assert world.running, "the web UI goes down with its machine, and not before"
    assert world.closed, "who comes while the machine stops is turned away, too"


def test_gateways_hear_of_it_while_jobs_are_still_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    commanded(monkeypatch, world)
    seen: list[tuple[float, str, bool]] = []

    def look_in(world: World) -> None:
        look(world.node(), at_cards=False)
        seen.append((world.uptime, world.posted["jobs"], world.closed))

    world.meanwhile = look_in
    began = world.uptime
    leave(world.node(), ["true"])
    # two of a gateway's looks, and the time of each; who steers meanwhile keeps it told
    assert seen[0] == (began + HEARD_S, "closed", False)
    assert seen[1][1:] == ("closed", True)
    assert world.posted["jobs"] == "taken"


def test_a_drain_that_is_killed_before_it_closes_is_undone_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world()
    commanded(monkeypatch, world)

    def kill(world: World) -> None:
        raise Killed

    world.meanwhile = kill
    monkeypatch.setattr(leave_module, "_open", lambda node: None)
    with pytest.raises(Killed):
        leave(world.node(), ["true"])
    world.meanwhile = lambda world: None
    assert (world.posted["jobs"], world.closed) == ("closed", False)
    reconcile(world.node())
    assert world.posted["jobs"] == "taken"


def test_the_boot_lets_jobs_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    commanded(monkeypatch, world, goes_down=True)
    leave(world.node(), ["systemctl", "reboot"])
    world.power_cut()
    world.going_down = False
    reconcile(world.node())
    assert not world.closed
    assert not world.state().closed
    serves(world, OLD, "blue")


def test_a_job_that_takes_too_long_is_said_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    seen = commanded(monkeypatch, world)
    world.jobs = {"0-blue": 1000.0}
    leave(world.node(), ["true"])
    assert "tts: 1 jobs were not done within 30 s and are cut" in world.said
    assert seen == [True]


def test_all_cards_are_drained_in_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("hold", cards=["0", "1"])
    world.node().edit(wanted=NEW)
    reconcile(world.node())
    commanded(monkeypatch, world)
    world.jobs = {"0-blue": 1000.0, "1-blue": 20.0}
    began = world.uptime
    leave(world.node(), ["true"])
    assert world.uptime - began < HEARD_S + 35
    assert any("1 jobs were not done" in line for line in world.said)


@pytest.mark.parametrize("code", [0, 1])
def test_where_the_machine_stays_up_jobs_are_let_in_again(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    world = a_world()
    seen = commanded(monkeypatch, world, code=code)
    if code:
        with pytest.raises(CommandFailed, match="systemctl reboot: exit status 1"):
            leave(world.node(), ["systemctl", "reboot"])
    else:
        leave(world.node(), ["systemctl", "reboot"])
    assert seen == [True]
    assert not world.closed
    assert not world.state().closed


def test_a_drain_that_is_killed_is_noticed_and_undone_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world()
    commanded(monkeypatch, world)
    world.jobs = {"0-blue": 10.0}

    def kill(world: World) -> None:
        if world.closed:
            raise Killed

    world.meanwhile = kill
    monkeypatch.setattr(leave_module, "_open", lambda node: None)
    with pytest.raises(Killed):
        leave(world.node(), ["true"])
    world.meanwhile = lambda world: None
    look(world.node(), at_cards=False)
    killed = world.closed
    reconcile(world.node())
    assert (killed, world.closed) == (True, False), "whoever steers meanwhile keeps it closed"
    assert [card for card, _ in servers_that_weigh(world)] == ["0"]


def test_a_closed_service_is_not_as_it_should_be_and_activate_opens_it(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    state = machine.folder / "states" / "tts.json"
    state.write_text(state.read_text().replace('"closed": false', '"closed": true'))
    said = machine.run("tts", "active", OLD)
    assert (said.returncode, said.stderr) == (1, "releases: tts: no new job is let in, for a drain\n")
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert machine.run("tts", "active", OLD).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_who_ends_a_drain_opens_the_service_and_what_it_ran_ends(
    machine: Machine, tmp_path: Path, number: signal.Signals
) -> None:
    machine.run("tts", "activate", OLD)
    undone = tmp_path / "undone"
    inner = f"trap 'touch {undone}; exit' TERM; touch {tmp_path}/started; while :; do sleep 0.1; done"
    with machine.start("tts", "drain", "sh", "-c", inner) as draining:
        until = time.monotonic() + 20
        while not (tmp_path / "started").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert machine.run("tts", "active").returncode == 1
        assert "no new job is let in, for a drain" in machine.run("status").stdout
        draining.send_signal(number)
        assert draining.wait(20) == 128 + number
    assert undone.exists(), "a drain within a drain is undone, too"
    assert machine.run("tts", "active").returncode == 0


def test_what_could_not_be_written_down_closes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    seen = commanded(monkeypatch, world)
    world.saves_left = 0
    with pytest.raises(CommandFailed, match="No space left on device"):
        leave(world.node(), ["true"])
    assert (seen, world.closed) == ([], False)


def test_jobs_of_a_slot_that_a_killed_switch_left_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    commanded(monkeypatch, world)
    world.jobs = {"0-green": 10.0}
    began = world.uptime
    leave(world.node(), ["true"])
    assert world.uptime - began >= 10


def test_a_drain_without_a_command_is_refused(machine: Machine) -> None:
    said = machine.run("tts", "drain")
    assert said.returncode == 2
    assert "the command is missing (releases SERVICE drain systemctl reboot)" in said.stderr
