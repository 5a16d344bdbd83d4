"""A canary on the lab as its operator sees it, with times that are short: a pass of the driver takes place when a test says so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.git import git
from tests.lab.desk import FLEET

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVER = "puppet"
STABLE, CANARY = "v23", "v24-beta"
COHORT = "hieradata/cohorts/indextts2.yaml"
STAGING = "hieradata/env/staging.yaml"
DATA = Path(__file__).parent / "hieradata"
DRIVE = "systemctl start fleet-canary.service"
SAID = "journalctl --sync; journalctl --unit fleet-canary.service --output cat --since @"
QUICK: dict[str, object] = {
    "profile::prometheus::scrape_interval": 5,
    "profile::prometheus::refresh_interval": 5,
    "profile::canary::interval": "never",
    # all machines share two cores, and a web UI that has just begun is slower: what is slow here takes 1.5 s more
    "profile::canary::limits": {"latency_ratio": 3.0, "latency_least": 0.5},
    # it is so long until a node counts as lost on its way; agents run when a test says so
    "profile::puppet_agent::runinterval": "30m",
}
OPERATOR = {"GIT_AUTHOR_NAME": "op", "GIT_AUTHOR_EMAIL": "op@lab.test"}
OPERATOR |= {"GIT_COMMITTER_NAME": "op", "GIT_COMMITTER_EMAIL": "op@lab.test"}


class Rollout:
    """A canary of some nodes: a clone to commit in, and what the driver and the nodes do then."""

    def __init__(self, fleet: Fleet, nodes: Sequence[str], steps: str, gateways: Sequence[str] = ()) -> None:
        """Speak of a canary over ``nodes`` of ``fleet``, with these steps, behind ``gateways``."""
        self.fleet, self.nodes, self.steps, self.gateways = fleet, nodes, steps, gateways
        self.root = fleet.lab.folders.control

    def say(self, *words: str) -> str:
        """Run ``fleet canary`` in the clone, and deploy what it committed; what it printed."""
        command: list[str | Path] = [FLEET, "canary", *words, "--root", self.root]
        environment = os.environ | OPERATOR
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.deploy()
        return str(done.stdout)

    def start(self, *words: str, interval: str = "30s") -> str:
        """Start it; return the node that is first."""
        asked = [word for node in self.nodes for word in ("--name", f"{node}.lab.test")]
        # others may have reported in a test before, and would be asked in the last step
        how = ["--steps", self.steps, "--interval", interval, "--offline"]
        self.say("start", "indextts2", CANARY, *how, *asked, *words)
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

    def until(self, holds: Callable[[str], bool], seconds: float = 180) -> str:
        """Drive until something holds of what the driver says; its last word."""
        said = ""

        def pass_and_look() -> bool:
            nonlocal said
            said = self.drive()
            return holds(said)

        try:
            self.fleet.until(pass_and_look, seconds, "the driver")
        except AssertionError:
            pytest.fail(f"the driver does not get there; its last word:\n{said}")
        return said

    def until_state(self, state: str, seconds: float = 180) -> str:
        """Drive until it stands so; the driver's last word."""
        return self.until(lambda _: self.state == state, seconds)

    def until_all(self, seconds: float = 180) -> str:
        """Drive until all nodes have the new release; the driver's last word."""
        return self.until(lambda _: sorted(self.members) == sorted(self.nodes), seconds)

    def deploy(self) -> None:
        """Bring what is committed to the server, as the timer does."""
        self.fleet.sh(SERVER, "systemctl start code-deploy.service")

    def settle(self) -> None:
        """Have all nodes and gateways be as their data says."""
        self.fleet.settle(*self.gateways, *self.nodes)

    def settle_gateways(self) -> None:
        """Have the gateways know how many jobs the new release gets."""
        self.fleet.settle(*self.gateways)

    def spoil(self, fault: str) -> None:
        """Have the new release, and that alone, go wrong in a way."""
        told = yaml.safe_load((DATA / "env/staging.yaml").read_text())
        told["indextts2::environment"] = {"STANDIN_FAULT": f"{fault}@{CANARY}"}
        self.fleet.lab.commit({STAGING: yaml.safe_dump(told)}, f"Spoil {CANARY}")
        self.settle()

    def end(self) -> None:
        """Have it not be, and all nodes on the stable release."""
        self.fleet.lab.commit({COHORT: None, STAGING: (DATA / "env/staging.yaml").read_text()}, "No canary")
        self.settle()
        assert self.releases() == dict.fromkeys(self.nodes, STABLE)

    def releases(self) -> dict[str, str]:
        """What each node serves, as its page says."""
        return {node: self.fleet.release(node) for node in self.nodes}

    def others(self, node: str) -> list[str]:
        """Name the nodes but one."""
        return [other for other in self.nodes if other != node]

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

    @property
    def reason(self) -> str:
        """Why it is held, or was taken back."""
        return str((self.file or {}).get("reason"))

    def log(self, first: str) -> list[str]:
        """List the subjects of the commits of its file since one, the newest first."""
        subjects = git(self.root, "log", "--format=%s", "-20", "--", COHORT).splitlines()
        return subjects[: subjects.index(first)]


@contextmanager
def quick(fleet: Fleet, nodes: Sequence[str]) -> Iterator[None]:
    """Have the watch look often, and ``nodes`` serve the stable release by their environment's word."""
    server = "hieradata/nodes/puppet.lab.test.yaml"
    told = yaml.safe_load((DATA / "nodes/puppet.lab.test.yaml").read_text()) | QUICK
    known = "".join(f"  {node}.lab.test: {{role: tts_node, env: staging}}\n" for node in nodes)
    fleet.lab.deploy()
    own: dict[str, str | None] = {f"hieradata/nodes/{node}.lab.test.yaml": None for node in nodes}
    fleet.lab.commit(
        {server: yaml.safe_dump(told), "inventory.yaml": f"nodes:\n{known}", **own}, "Have canaries be quick"
    )
    try:
        fleet.settle(SERVER)
        Rollout(fleet, nodes, "100").end()
        yield
    finally:
        fleet.lab.deploy()
        fleet.settle(SERVER, *nodes)
