"""A node goes over to another release, or does not, while clients keep asking: none of their jobs is lost."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.lab.serving import (
    CLIENTS,
    NODE,
    SMOKE,
    SWITCHING,
    finishes,
    serving_process,
    serving_unit,
    status,
    wait_for,
    while_switching,
)
from tests.load import Job
from tests.load.gradio import Heartbeats, Tab

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

#: From then on the node gets no connection of its own to or through the host; what it answers gets there.
CUT_OFF = """
table inet cut_off {
  chain to_host { type filter hook input priority -10; ip saddr ADDRESS tcp flags & (syn | ack) == syn drop; }
  chain through_host { type filter hook forward priority -10; ip saddr ADDRESS tcp flags & (syn | ack) == syn drop; }
}
"""
REACHES_THE_HOST = "curl --silent --max-time 2 --output /dev/null http://10.77.0.1:8000"
NEXT_RESTART = "systemctl show --property=NextElapseUSecMonotonic --value indextts2-restart.timer"


@pytest.mark.parametrize("handover", ["hold", "overlap"])
def test_no_job_is_lost_on_the_way_to_another_release(
    fleet: Fleet, load: Load, handover: str, new: str
) -> None:
    fleet.serve(new, handover=handover, **SMOKE)
    place, audio = asyncio.run(a_job(f"http://{fleet.lab.address(NODE)}:7860"))
    fleet.converge(NODE)
    wait_for(fleet, load, CLIENTS)
    result = load.stop()
    assert result.failures() == []
    assert fleet.release(NODE) == new
    assert all(card["release"].startswith(f"{new}-") for card in status(fleet)["cards"].values())
    assert httpx.get(place, trust_env=False).raise_for_status().content == audio, (
        "it is there for who comes later"
    )


async def a_job(url: str) -> tuple[str, bytes]:
    """Have a text spoken; where its audio is, and the audio."""
    answers: list[str] = []
    async with Tab(url, ssl.create_default_context(), Heartbeats()) as tab:
        tab.listen(lambda answer: answers.append(str(answer.url)))
        audio = await tab.ask(Job(1, "before the switch", 0.0))
    return next(place for place in reversed(answers) if "/file=" in place), audio


def test_a_killed_agent_does_not_stop_a_switch(fleet: Fleet, load: Load, new: str) -> None:
    fleet.serve(new)
    run = while_switching(
        fleet,
        lambda: fleet.sh(NODE, "pkill -9 -f '[p]uppet agent'; pkill -9 -f '[r]eleases indextts2 activate'"),
    )
    assert run.code not in (0, 2), run.output
    fleet.wait(NODE, f"! {SWITCHING}", 120)
    assert fleet.release(NODE) == new
    finishes(fleet)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_a_killed_switch_goes_on(fleet: Fleet, load: Load, new: str) -> None:
    fleet.serve(new)
    run = while_switching(fleet, lambda: fleet.sh(NODE, "pkill -9 -f '[r]eleases indextts2 reconcile'"))
    assert run.code in (2, 4, 6), run.output
    fleet.wait(NODE, f"! {SWITCHING}", 120)
    assert fleet.release(NODE) == new
    finishes(fleet)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def test_rollback_returns_to_the_release_before_and_holds_until_retry(
    fleet: Fleet, load: Load, old: str, new: str
) -> None:
    fleet.serve(new)
    fleet.converge(NODE)
    with cut_off(fleet):
        assert not fleet.holds(NODE, REACHES_THE_HOST)
        fleet.sh(NODE, "releases indextts2 rollback")
    assert fleet.release(NODE) == old
    run = fleet.lab.agent(NODE)
    assert run.code in (4, 6), run.output
    assert "rolled back by hand" in run.output
    assert fleet.release(NODE) == old
    fleet.sh(NODE, "releases indextts2 retry")
    assert fleet.release(NODE) == new
    fleet.converge(NODE, changes=False)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_a_scheduled_restart_loses_no_job(fleet: Fleet, load: Load) -> None:
    process = serving_process(fleet)
    fleet.on_node(NODE, {"indextts2::restart_every": 3600})
    fleet.converge(NODE)
    due = fleet.sh(NODE, NEXT_RESTART)
    assert due
    assert serving_process(fleet) == process, "to plan it is no reason for one"
    fleet.sh(NODE, "systemctl start indextts2-restart.service")
    assert serving_process(fleet) != process
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
    assert fleet.sh(NODE, NEXT_RESTART) not in ("", due), "the next is planned"


def test_a_web_ui_that_is_killed_is_back_in_its_load_time_and_requests_wait(fleet: Fleet, load: Load) -> None:
    fleet.sh(NODE, "releases indextts2 restart")
    wait_for(fleet, load, CLIENTS)
    unit = serving_unit(fleet)
    process = fleet.sh(NODE, f"systemctl show --property=MainPID --value '{unit}'")
    killed = float(fleet.sh(NODE, f"cut -d ' ' -f 1 /proc/uptime; kill -9 {process}"))
    # Until it is gone, its socket takes connections that nobody is going to answer.
    fleet.wait(NODE, f"! test -e /proc/{process}", 10)
    gone_at = load.now

    fleet.until(lambda: started(fleet, unit) > killed, 60, f"{unit} is back")

    # How long it then loads depends on what else the machine does: the rest is systemd's.
    waited = begun(fleet, unit) - killed
    assert waited <= 3, f"began to load {waited:.1f} s after it was killed"
    wait_for(fleet, load, 2 * CLIENTS)
    result = load.stop()
    assert result.failed <= CLIENTS, "no more than what was at work"
    assert [job for job in result.jobs if job.reason and job.began > gone_at] == [], "what came later waited"


@contextmanager
def cut_off(fleet: Fleet) -> Iterator[None]:
    """Keep the node from whatever it could fetch something from; its clients reach it."""
    rules = CUT_OFF.replace("ADDRESS", fleet.lab.address(NODE))
    subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "cut_off"], check=True)


def begun(fleet: Fleet, unit: str) -> float:
    """When the process of a unit began, in seconds since boot."""
    return _moment(fleet, unit, "ExecMainStartTimestampMonotonic")


def started(fleet: Fleet, unit: str) -> float:
    """When a unit was ready last, in seconds since boot."""
    return _moment(fleet, unit, "ActiveEnterTimestampMonotonic")


def _moment(fleet: Fleet, unit: str, name: str) -> float:
    return int(fleet.sh(NODE, f"systemctl show --property={name} --value '{unit}'")) / 1e6


def test_a_front_that_is_killed_knows_the_slot_that_serves(fleet: Fleet, load: Load, new: str) -> None:
    fleet.serve(new)
    fleet.converge(NODE)
    fleet.sh(NODE, "systemctl kill --signal=KILL indextts2-front.service")
    wait_for(fleet, load, 2 * CLIENTS)
    assert fleet.release(NODE) == new
    assert load.stop().failed <= CLIENTS, "no more than what was at work"
