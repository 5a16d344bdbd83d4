"""A new release goes to one node first, and onward only if it is well there; clients keep asking both.

The times are short: a step is looked at for half a minute, and a pass of the driver takes place when a test says so.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.git import git
from tests.lab.conftest import FLEET
from tests.lab.serving import CLIENTS, PATIENCE, PAUSE
from tests.lab.test_watch import clears, comes
from tests.load import Load, browser
from tests.load.wav import silence

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVER = "puppet"
NODES = ("tts1", "tts2")
STABLE, CANARY = "v23", "v24-beta"
COHORT = "hieradata/cohorts/indextts2.yaml"
DATA = Path(__file__).parent / "hieradata"
DRIVE = "systemctl start fleet-canary.service"
SAID = "journalctl --sync; journalctl --unit fleet-canary.service --output cat --since @"
INVENTORY = "nodes:\n" + "".join(f"  {node}.lab.test: {{role: tts_node, env: staging}}\n" for node in NODES)
QUICK: dict[str, object] = {
    "profile::prometheus::scrape_interval": 5,
    "profile::prometheus::refresh_interval": 5,
    "profile::canary::interval": "never",
    # all machines share two cores, and a web UI that has just begun is slower: what is slow here takes 1.5 s more
    "profile::canary::limits": {"latency_ratio": 3.0, "latency_least": 0.5},
    # it is so long until a node counts as lost on its way; agents run when a test says so
    "profile::puppet_agent::runinterval": "30m",
}


class Rollout:
    """A canary as its operator sees it: a clone to commit in, and what the driver and the nodes do then."""

    def __init__(self, fleet: Fleet) -> None:
        """Speak of the canaries of ``fleet``."""
        self.fleet = fleet
        self.root = fleet.lab.folders.control

    def say(self, *words: str) -> str:
        """Run ``fleet canary`` in the clone, and deploy what it committed; what it printed."""
        who = ["env", "GIT_AUTHOR_NAME=op", "GIT_AUTHOR_EMAIL=op@lab.test"]
        who += ["GIT_COMMITTER_NAME=op", "GIT_COMMITTER_EMAIL=op@lab.test"]
        command: list[str | Path] = [*who, FLEET, "canary", *words, "--root", self.root]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        self.deploy()
        return str(done.stdout)

    def start(self, *words: str) -> str:
        """Start one over both nodes; return the node that is first."""
        asked = [word for node in NODES for word in ("--name", f"{node}.lab.test")]
        steps = ["--steps", "50,100", "--interval", "30s"]
        # others may have reported in a test before, and would be asked in the last step
        self.say("start", "indextts2", CANARY, *steps, *asked, "--offline", *words)
        [member] = self.members
        return member

    def drive(self) -> str:
        """Have the driver make a pass, and deploy what it pushed; what it said."""
        ok, said = self.pass_()
        assert ok, said
        self.deploy()
        return said

    def pass_(self) -> tuple[bool, str]:
        """Have the driver make a pass; whether it did all that it had to, and what it said."""
        now = self.fleet.sh(SERVER, "date +%s")
        ok = self.fleet.holds(SERVER, DRIVE)
        return ok, self.fleet.sh(SERVER, SAID + now)

    def until(self, holds: Callable[[], bool], seconds: float = 180) -> str:
        """Drive until something holds; the last word of the driver."""
        said = ""

        def pass_and_look() -> bool:
            nonlocal said
            said = self.drive()
            return holds()

        try:
            self.fleet.until(pass_and_look, seconds, "the driver")
        except AssertionError:
            pytest.fail(f"the driver does not get there; its last word:\n{said}")
        return said

    def deploy(self) -> None:
        """Bring what is committed to the server, as the timer does."""
        self.fleet.sh(SERVER, "systemctl start code-deploy.service")

    @property
    def file(self) -> dict[str, object] | None:
        """What the rollout's file says; None where there is none."""
        path = self.root / COHORT
        return yaml.safe_load(path.read_text()) if path.exists() else None

    @property
    def members(self) -> list[str]:
        """The nodes that have the new release."""
        named = (self.file or {}).get("members")
        assert isinstance(named, list)
        return [str(name).partition(".")[0] for name in named]

    @property
    def state(self) -> str:
        """How it stands: running, held, aborted, or over."""
        return str((self.file or {"state": "over"})["state"])


@pytest.fixture(scope="module", autouse=True)
def quick(fleet: Fleet) -> Iterator[None]:
    """Have the watch look often, and both nodes serve the stable release by their environment's word."""
    server = "hieradata/nodes/puppet.lab.test.yaml"
    told = yaml.safe_load((DATA / "nodes/puppet.lab.test.yaml").read_text()) | QUICK
    fleet.lab.deploy()
    nodes: dict[str, str | None] = {f"hieradata/nodes/{node}.lab.test.yaml": None for node in NODES}
    fleet.lab.commit(
        {server: yaml.safe_dump(told), "inventory.yaml": INVENTORY, **nodes}, "Have canaries be quick"
    )
    assert fleet.lab.agent(SERVER).code in (0, 2)
    yield
    fleet.lab.deploy()
    for node in (SERVER, *NODES):
        assert fleet.lab.agent(node).code in (0, 2)


@pytest.fixture
def rollout(fleet: Fleet) -> Iterator[Rollout]:
    """No canary, and both nodes on the stable release, before and after."""
    rollout = Rollout(fleet)
    settle(fleet)
    assert [fleet.release(node) for node in NODES] == [STABLE, STABLE]
    yield rollout
    fleet.lab.commit(
        {COHORT: None, "hieradata/env/staging.yaml": (DATA / "env/staging.yaml").read_text()}, "No canary"
    )
    settle(fleet)


def settle(fleet: Fleet) -> None:
    """Have both nodes be as their data says."""
    for node in NODES:
        run = fleet.lab.agent(node)
        assert run.code in (0, 2), run.output


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


def other(node: str) -> str:
    """Name the node that a canary of one node leaves alone."""
    [rest] = {*NODES} - {node}
    return rest


def spoil(fleet: Fleet, fault: str) -> None:
    """Have the new release, and that alone, go wrong in a way."""
    told = yaml.safe_load((DATA / "env/staging.yaml").read_text())
    told["indextts2::environment"] = {"STANDIN_FAULT": f"{fault}@{CANARY}"}
    fleet.lab.commit({"hieradata/env/staging.yaml": yaml.safe_dump(told)}, f"Spoil {CANARY}")
    settle(fleet)


def test_a_good_release_goes_to_one_node_and_then_to_all_and_no_job_is_lost(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load]
) -> None:
    first = rollout.start()
    rollout.drive()
    assert rollout.members == [first], "nothing goes on before the node has come"
    fleet.converge(first)
    fleet.converge(other(first), changes=False)
    assert (fleet.release(first), fleet.release(other(first))) == (CANARY, STABLE)

    rollout.until(lambda: sorted(rollout.members) == list(NODES))
    assert fleet.release(other(first)) == STABLE
    fleet.converge(other(first))
    assert fleet.release(other(first)) == CANARY
    rollout.drive()
    assert rollout.state == "running", "all of them have to run with the step's commit"
    fleet.converge(first, changes=False)

    rollout.until(lambda: rollout.state == "over")
    told = yaml.safe_load((rollout.root / "hieradata/env/staging.yaml").read_text())
    assert told["indextts2::revision"] == CANARY
    for node in NODES:
        fleet.converge(node, changes=False)
        assert loads[node].stop().failures() == []


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("tenth", "failed"),
        pytest.param("slow", "a job takes", marks=pytest.mark.faults),
        pytest.param("greedy", "MiB", marks=pytest.mark.faults),
    ],
)
def test_a_bad_release_is_taken_back_from_the_one_node_that_has_it(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load], fault: str, check: str
) -> None:
    spoil(fleet, fault)
    first = rollout.start()
    fleet.converge(first)
    said = rollout.until(lambda: rollout.state == "aborted")
    assert check in said, said
    assert check in str((rollout.file or {})["reason"])
    assert rollout.drive()
    comes(fleet, f"CanaryTakenBack {SERVER}.lab.test")

    fleet.converge(first)
    assert fleet.release(first) == STABLE
    rollout.until(lambda: rollout.state == "over")
    clears(fleet, f"CanaryTakenBack {SERVER}.lab.test")
    assert fleet.release(other(first)) == STABLE
    assert loads[other(first)].stop().failures() == [], "no other node was touched"
    started = f"Start the canary of indextts2 {CANARY} at 50 %: 1 node"
    subjects = control_log(rollout)
    assert subjects[: subjects.index(started)] == [
        f"Close the canary of indextts2 {CANARY}",
        f"Take back the canary of indextts2 {CANARY} at 50 %: 1 node",
    ]


@pytest.mark.faults
def test_a_release_that_does_not_start_is_taken_back(fleet: Fleet, rollout: Rollout) -> None:
    spoil(fleet, "exit")
    first = rollout.start()
    run = fleet.lab.agent(first)
    assert run.code in (4, 6), run.output
    assert fleet.release(first) == STABLE
    rollout.until(lambda: rollout.state == "aborted")
    assert fleet.lab.agent(first).code in (0, 2)
    rollout.until(lambda: rollout.state == "over")


@pytest.mark.faults
@pytest.mark.parametrize("unit", ["prometheus.service", "puppetdb.service"])
def test_nothing_goes_on_while_nobody_can_say_how_it_is(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load], unit: str
) -> None:
    first = rollout.start("--windows", "1")
    fleet.converge(first)
    before = rollout.file
    try:
        fleet.sh(SERVER, f"systemctl stop {unit}")
        for _ in range(3):
            rollout.drive()
        assert rollout.file == before
        assert "fleet_canary_blind" in fleet.sh(SERVER, "cat /var/lib/fleet-canary/fleet_canary.prom")
    finally:
        fleet.sh(SERVER, f"systemctl start {unit}")
    rollout.until(lambda: sorted(rollout.members) == list(NODES), seconds=300)


@pytest.mark.faults
def test_a_refused_push_changes_nothing_and_the_next_pass_goes_on(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load]
) -> None:
    first = rollout.start()
    fleet.converge(first)
    hook = rollout.root / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    try:
        said = ""

        def refused() -> bool:
            nonlocal said
            ok, said = rollout.pass_()
            return not ok

        fleet.until(refused, 180, "a push that is refused")
        assert "not today" in said, said
        assert rollout.members == [first]
        comes(fleet, f"CanaryDriverFailed {SERVER}.lab.test", seconds=240)
    finally:
        hook.unlink()
    rollout.until(lambda: sorted(rollout.members) == list(NODES))


@pytest.mark.faults
def test_a_gate_a_hold_and_an_abort_are_an_operators_word(
    fleet: Fleet, rollout: Rollout, loads: dict[str, Load]
) -> None:
    first = rollout.start("--gate", "100")
    fleet.converge(first)
    said = rollout.until(lambda: "100 %" in rollout.pass_()[1])
    assert "approve" in said, said
    comes(fleet, f"CanaryWaits {SERVER}.lab.test", seconds=90)
    rollout.say("hold", "indextts2", "--because", "lunch")
    assert rollout.state == "held"
    rollout.drive()
    rollout.say("approve", "indextts2")
    rollout.say("approve", "indextts2")
    rollout.until(lambda: sorted(rollout.members) == list(NODES))
    rollout.say("abort", "indextts2", "--because", "enough")
    assert rollout.state == "aborted"
    settle(fleet)
    assert [fleet.release(node) for node in NODES] == [STABLE, STABLE]
    rollout.until(lambda: rollout.state == "over")


def control_log(rollout: Rollout) -> list[str]:
    """List the subjects of the commits of the rollout's file, the newest first."""
    return git(rollout.root, "log", "--format=%s", "-20", "--", COHORT).splitlines()


def test_the_driver_is_shut_in(fleet: Fleet) -> None:
    overall = fleet.sh(SERVER, "systemd-analyze security fleet-canary.service | tail -n 1")
    assert float(overall.split(":")[1].split()[0]) <= 1.5, overall
