"""What can go wrong with a canary, one at a time: six nodes behind two gateways, and clients that keep asking there.

Each time no other node is touched, the reason is one line, the alert comes and goes, and nothing is left behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.git import git
from generator.lab.network import node_names
from tests.lab.gateway import GATEWAYS, cookie, forget, shared_address
from tests.lab.rollout import CANARY, DATA, SERVER, STABLE, STAGING, Rollout, quick
from tests.lab.serving import CLIENTS, PATIENCE, PAUSE
from tests.lab.test_watch import clears, comes, told
from tests.load import Load, visitor
from tests.load.wav import silence

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.faults

NODES = tuple(node_names(6))
#: A step is looked at for so long, in seconds: some 60 jobs of the one node in it.
WINDOW = 60
UNIT = "fleet-canary.service"
TWIN = "fleet-canary-twin"
#: Another driver, as on another machine: by the same settings, with a clone of its own.
MAKE_TWIN = f"""
sed 's,/fleet-canary,/{TWIN},g; s,^StateDirectory=.*,StateDirectory={TWIN},; s,{UNIT},{TWIN}.service,g' \
    /etc/systemd/system/{UNIT} >/run/systemd/system/{TWIN}.service
cp -rp /etc/fleet-canary /etc/{TWIN}
sed -i 's,/fleet-canary,/{TWIN},g' /etc/{TWIN}/*
systemctl daemon-reload
"""
NO_TWIN = f"rm -rf /run/systemd/system/{TWIN}.service /etc/{TWIN} /var/lib/{TWIN}; systemctl daemon-reload"


@pytest.fixture(scope="module")
def address(fleet: Fleet) -> Iterator[str]:
    """Six nodes that serve the stable release, and two gateways before them; the address that the two share."""
    before = [node.name for node in fleet.lab.status()]
    fleet.lab.up(nodes=len(NODES))
    with quick(fleet, NODES), shared_address(fleet, NODES) as address:
        yield address
    for node in NODES:
        if node not in before:
            forget(fleet, node)


@pytest.fixture
def rollout(fleet: Fleet, address: str) -> Iterator[Rollout]:
    """A canary of the six, of which nothing is left."""
    rollout = Rollout(fleet, NODES, "10,100", gateways=GATEWAYS)
    yield rollout
    rollout.end()
    fleet.until(lambda: not canary_alerts(fleet), 60, "no alert of canaries in Alertmanager")


@pytest.fixture
def load(address: str, rollout: Rollout) -> Iterator[Load]:
    """Clients that keep asking the gateways."""
    with Load(visitor(f"http://{address}:7860", silence()), PAUSE, PATIENCE) as load:
        load.start(CLIENTS // 2)
        yield load


def canary_alerts(fleet: Fleet) -> set[str]:
    """What Alertmanager has of canaries."""
    return {alert for alert in told(fleet) if alert.startswith("Canary")}


def web_uis(rollout: Rollout, nodes: list[str]) -> list[str]:
    """Say of nodes which processes serve there: one that was begun anew is another."""
    ask = "pgrep --list-full --full '[w]ebui.py'"
    return [rollout.fleet.sh(node, ask) for node in nodes]


def assert_taken_back(rollout: Rollout, load: Load, first: str, before: list[str]) -> None:
    """Hold against what is asked of each that was taken back: told and over, and felt at its own node alone."""
    fleet, others = rollout.fleet, rollout.others(first)
    assert "\n" not in rollout.reason
    rollout.drive()
    comes(fleet, f"CanaryTakenBack {SERVER}.lab.test")
    fleet.converge(first)
    rollout.until_state("over")
    clears(fleet, f"CanaryTakenBack {SERVER}.lab.test")
    assert rollout.log(f"Start the canary of indextts2 {CANARY} at 10 %: 1 node") == [
        f"Close the canary of indextts2 {CANARY}",
        f"Take back the canary of indextts2 {CANARY} at 10 %: 1 node",
    ]
    assert rollout.releases() == dict.fromkeys(NODES, STABLE)
    assert web_uis(rollout, others) == before, "no other node was touched"
    elsewhere = [job for job in load.stop().jobs if job.reason and cookie(first) not in job.nodes]
    assert elsewhere == []


def test_a_good_release_goes_to_one_node_and_then_to_all_and_no_job_is_lost(
    rollout: Rollout, load: Load
) -> None:
    first = rollout.start(interval=f"{WINDOW}s")
    rollout.settle()
    assert rollout.releases() == dict.fromkeys(NODES, STABLE) | {first: CANARY}
    rollout.until_all()
    rollout.settle()
    assert rollout.releases() == dict.fromkeys(NODES, CANARY)
    rollout.until_state("over")
    result = load.stop()
    assert result.failures() == []
    assert {node for job in result.jobs for node in job.nodes} == {cookie(node) for node in NODES}


@pytest.mark.parametrize(
    ("fault", "check"), [("tenth", "failed"), ("slow", "a job takes"), ("greedy", "MiB"), ("exit", "release")]
)
def test_a_bad_release_is_taken_back_from_the_one_node_that_has_it(
    rollout: Rollout, load: Load, fault: str, check: str
) -> None:
    rollout.spoil(fault)
    first = rollout.start("--traffic", "25", interval=f"{WINDOW}s")
    before = web_uis(rollout, rollout.others(first))
    run = rollout.fleet.lab.agent(first)
    assert run.code in ((4, 6) if fault == "exit" else (2,)), run.output
    rollout.settle_gateways()
    said = rollout.until_state("aborted", 2 * WINDOW)
    assert check in rollout.reason, said
    assert_taken_back(rollout, load, first, before)


def test_a_node_that_goes_silent_counts_as_failed_after_three_of_its_intervals(
    fleet: Fleet, rollout: Rollout, load: Load
) -> None:
    staging = yaml.safe_load((DATA / "env/staging.yaml").read_text())
    staging["profile::puppet_agent::runinterval"] = "20s"
    fleet.lab.commit({STAGING: yaml.safe_dump(staging)}, "Have agents run often")
    rollout.settle()
    first = rollout.start(interval=f"{5 * WINDOW}s")
    before = web_uis(rollout, rollout.others(first))
    fleet.converge(first)
    fleet.lab.cut_power(first)
    try:

        def aborted(_said: str) -> bool:
            for node in rollout.others(first)[:2]:
                fleet.converge(node, changes=False)
            return rollout.state == "aborted"

        said = rollout.until(aborted)
        assert f"silent: {first}.lab.test" in rollout.reason, said
    finally:
        fleet.lab.restore_power(first)
    assert_taken_back(rollout, load, first, before)


@pytest.mark.parametrize("unit", ["prometheus.service", "puppetdb.service"])
def test_nothing_goes_on_while_nobody_can_say_how_it_is(
    fleet: Fleet, rollout: Rollout, load: Load, unit: str
) -> None:
    first = rollout.start()
    rollout.settle()
    before = rollout.file
    try:
        fleet.sh(SERVER, f"systemctl stop {unit}")
        for _ in range(3):
            rollout.drive()
        assert rollout.file == before
        assert "fleet_canary_blind" in fleet.sh(SERVER, "cat /var/lib/fleet-canary/fleet_canary.prom")
    finally:
        fleet.sh(SERVER, f"systemctl start {unit}")
    assert rollout.members == [first]
    rollout.until_all(300)
    assert load.stop().failures() == []


@contextmanager
def slow_to_take(rollout: Rollout, does: str) -> Iterator[None]:
    """Have the remote do something before it takes a push."""
    hook = rollout.root / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{does}\n")
    hook.chmod(0o755)
    try:
        yield
    finally:
        hook.unlink()
        # the lab's remote has a checkout, into which git writes what it then does not take
        git(rollout.root, "reset", "--quiet", "--hard")


def test_a_refused_push_changes_nothing_and_the_next_pass_goes_on(
    fleet: Fleet, rollout: Rollout, load: Load
) -> None:
    first = rollout.start()
    rollout.settle()
    with slow_to_take(rollout, "echo 'not today' >&2; exit 1"):
        said = until_fails(rollout)
        assert "not today" in said, said
        assert rollout.members == [first]
        comes(fleet, f"CanaryDriverFailed {SERVER}.lab.test", seconds=240)
    rollout.until_all()
    rollout.drive()
    clears(fleet, f"CanaryDriverFailed {SERVER}.lab.test", seconds=240)
    assert load.stop().failures() == []


def until_fails(rollout: Rollout) -> str:
    """Drive until a pass fails; what it said."""
    said = ""

    def failed() -> bool:
        nonlocal said
        ok, said = rollout.pass_()
        return not ok

    rollout.fleet.until(failed, 180, "a pass of the driver that fails")
    return said


def test_an_operator_who_edits_the_same_file_while_the_driver_pushes_wins(
    fleet: Fleet, rollout: Rollout, load: Load, tmp_path: Path
) -> None:
    first = rollout.start()
    rollout.settle()
    asked = tmp_path / "asked"
    with ThreadPoolExecutor(1) as pool, slow_to_take(rollout, f"touch {asked}; sleep 5"):
        refused = pool.submit(until_fails, rollout)
        fleet.until(asked.exists, 180, "a push")
        rollout.say("hold", "indextts2", "--because", "lunch")
        said = refused.result()
    assert "push" in said, said
    rollout.drive()
    assert (rollout.state, rollout.members) == ("held", [first])
    assert len(rollout.log(f"Start the canary of indextts2 {CANARY} at 10 %: 1 node")) == 1
    comes(fleet, f"CanaryHeld {SERVER}.lab.test")
    assert load.stop().failures() == []


def test_of_two_drivers_and_one_that_is_killed_at_any_time_each_move_is_made_once(
    fleet: Fleet, rollout: Rollout, load: Load
) -> None:
    rollout.start()
    rollout.settle()
    fleet.sh(SERVER, MAKE_TWIN)
    try:
        for tenths in range(40):
            fleet.sh(SERVER, f"systemctl start --no-block {UNIT} {TWIN}.service")
            time.sleep(tenths / 10)
            fleet.holds(SERVER, f"systemctl kill --signal=KILL {UNIT}")
            fleet.wait(SERVER, f"! systemctl is-active --quiet {UNIT} {TWIN}.service", 60)
        rollout.deploy()
        rollout.until_all()
    finally:
        fleet.sh(SERVER, NO_TWIN)
    rollout.settle()
    rollout.until_state("over")
    assert rollout.log(f"Start the canary of indextts2 {CANARY} at 10 %: 1 node") == [
        f"Promote indextts2 to {CANARY} after its canary at 100 %: 6 nodes",
        f"Go on with the canary of indextts2 {CANARY} at 100 %: 6 nodes",
    ]
    assert load.stop().failures() == []


def test_a_gate_a_hold_and_an_abort_are_an_operators_word(fleet: Fleet, rollout: Rollout, load: Load) -> None:
    rollout.start("--gate", "100")
    rollout.settle()
    said = rollout.until(lambda said: "100 %" in said)
    assert "approve" in said, said
    comes(fleet, f"CanaryWaits {SERVER}.lab.test", seconds=90)
    rollout.say("hold", "indextts2", "--because", "lunch")
    assert rollout.state == "held"
    rollout.drive()
    rollout.say("approve", "indextts2")
    rollout.say("approve", "indextts2")
    rollout.until_all()
    rollout.say("abort", "indextts2", "--because", "enough")
    assert rollout.state == "aborted"
    rollout.settle()
    assert rollout.releases() == dict.fromkeys(NODES, STABLE)
    rollout.until_state("over")
    assert load.stop().failures() == []
