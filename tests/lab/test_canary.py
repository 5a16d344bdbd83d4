"""A new release goes to one node first, and onward only if it is well there; clients keep asking both.

What can go wrong beside a bad release is in test_canary_faults, on more nodes and behind gateways.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.rollout import CANARY, SERVER, STABLE, STAGING, Rollout, quick
from tests.lab.serving import CLIENTS, PATIENCE, PAUSE
from tests.lab.test_watch import clears, comes
from tests.load import Load, browser
from tests.load.wav import silence

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.lab.desk import Desk

NODES = ("tts1", "tts2")


@pytest.fixture(scope="module", autouse=True)
def watched(fleet: Fleet) -> Iterator[None]:
    """Have the watch look often."""
    with quick(fleet, NODES):
        yield


@pytest.fixture
def rollout(fleet: Fleet) -> Iterator[Rollout]:
    """A canary of the two, of which nothing is left."""
    rollout = Rollout(fleet, NODES, "50,100")
    yield rollout
    rollout.end()


@pytest.fixture
def loads(fleet: Fleet, rollout: Rollout) -> Iterator[dict[str, Load]]:
    """Clients of each node that keep asking."""
    with ExitStack() as stack:
        found = {}
        for node in NODES:
            page = browser(f"http://{fleet.lab.address(node)}:7860", silence())
            found[node] = stack.enter_context(Load(page, PAUSE, PATIENCE))
            found[node].start(CLIENTS // 2)
        yield found


def status(desk: Desk) -> str:
    """What an operator is told of how it stands."""
    done = desk.fleet("canary", "status", "--root", str(desk.root))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_good_release_goes_to_one_node_and_then_to_all_and_no_job_is_lost(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load], desk: Desk
) -> None:
    first = rollout.start()
    [other] = rollout.others(first)
    rollout.drive()
    assert rollout.members == [first], "nothing goes on before the node has come"
    assert "waits for 1 node to report" in status(desk)
    fleet.converge(first)
    assert f"{first}.lab.test  yes      {CANARY}-" in status(desk)
    fleet.converge(other, changes=False)
    assert rollout.releases() == {first: CANARY, other: STABLE}

    rollout.until_all()
    assert fleet.release(other) == STABLE
    fleet.converge(other)
    assert fleet.release(other) == CANARY
    rollout.drive()
    assert rollout.state == "running", "all of them have to run with the step's commit"
    fleet.converge(first, changes=False)

    rollout.until_state("over")
    told = yaml.safe_load((rollout.root / STAGING).read_text())
    assert told["indextts2::revision"] == CANARY
    for node in NODES:
        fleet.converge(node, changes=False)
        assert loads[node].stop().failures() == []


def test_a_release_that_fails_a_tenth_of_jobs_is_taken_back_from_the_one_node_that_has_it(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load]
) -> None:
    rollout.spoil("tenth")
    first = rollout.start()
    [other] = rollout.others(first)
    fleet.converge(first)
    said = rollout.until_state("aborted")
    assert "failed" in said and "failed" in rollout.reason, said
    rollout.drive()
    comes(fleet, f"CanaryTakenBack {SERVER}.lab.test")

    fleet.converge(first)
    rollout.until_state("over")
    clears(fleet, f"CanaryTakenBack {SERVER}.lab.test")
    assert rollout.releases() == dict.fromkeys(NODES, STABLE)
    assert loads[other].stop().failures() == [], "no other node was touched"
    assert rollout.log(f"Start the canary of indextts2 {CANARY} at 50 %: 1 node") == [
        f"Close the canary of indextts2 {CANARY}",
        f"Take back the canary of indextts2 {CANARY} at 50 %: 1 node",
    ]


def test_the_driver_is_shut_in(fleet: Fleet) -> None:
    overall = fleet.sh(SERVER, "systemd-analyze security fleet-canary.service | tail -n 1")
    assert float(overall.split(":")[1].split()[0]) <= 1.5, overall
