"""The switch, on a simulated node: its steps, what it waits for, and what is right afterwards."""

from __future__ import annotations

import pytest

from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, OLD, World
from tests.unit.releases.switching import MODES, a_world, request_of, serves


def test_the_first_release_ever_starts_in_blue() -> None:
    world = a_world()
    serves(world, OLD, "blue")
    assert world.state().previous is None


def test_a_start_may_wait_for_others_before_its_own_time_begins() -> None:
    world = a_world("hold", NEW)
    world.description = world.description._replace(wait_timeout=90)
    reconcile(world.node())
    world.power_cut()
    reconcile(world.node())
    assert world.limits == [(60, 0), (60, 90), (60, 90)], "the first ever, the switch, and the boot"


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
    assert [step for step in world.trace if step not in ("save", "post", "note")] == [
        "install tts-webui@0-green.service",
        "weight 0-green 100",
        "weight 0-blue 0",
        "stop tts-webui@0-blue.service",
        "weight 0-blue 100",
        "weight 0-green 0",
        "start tts-webui@0-green.service",
        "started tts-webui@0-green.service",
        "weight 0-green 100",
        "weight 0-blue 0",
        "uninstall tts-webui@0-blue.service",
    ]


def test_overlap_starts_then_steers_drains_and_stops() -> None:
    world = a_world("overlap", NEW)
    reconcile(world.node())
    assert [step for step in world.trace if step not in ("save", "post", "note")] == [
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


def test_a_release_in_use_that_was_built_again_is_started_anew() -> None:
    world = a_world()
    world.complete[OLD] = {".venv/.complete": "another"}
    reconcile(world.node())
    serves(world, OLD, "green")
    assert world.state().previous is None


def test_a_wish_that_comes_while_another_is_carried_out_is_next() -> None:
    world = a_world("hold", NEW)

    def another(world: World) -> None:
        world.meanwhile = lambda world: None
        request_of(world, wanted=OLD)

    world.meanwhile = another
    reconcile(world.node())
    serves(world, OLD, "blue")


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
