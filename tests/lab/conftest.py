"""One lab for all tests: brought up by the first that needs it, taken down after the last."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from generator.lab import Lab
from tests.lab.serving import CLIENTS, NODE, PATIENCE, PAUSE, wait_for
from tests.load import Load, browser
from tests.load.wav import silence

FLEET = Path(sys.executable).with_name("fleet")
#: What the lab's clone says before any test changes it.
STAGING = Path(__file__).parent / "hieradata" / "env" / "staging.yaml"
#: What a node moves between.
REVISIONS = ("v23", "v24-beta")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of this folder, and check the fresh fleet before anything is changed on it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("lab")
    items.sort(key=lambda item: item.path.name != "test_main_job.py")


class Fleet:
    """The lab as tests speak of it: what data says, what an agent's run did, what a node serves."""

    def __init__(self, lab: Lab) -> None:
        """Speak of ``lab``."""
        self.lab = lab

    def sh(self, node: str, script: str, check: bool = True) -> str:
        """Run a shell script on ``node``; its standard output, without blanks at the ends."""
        return self.lab.exec(node, ["sh", "-c", script], check=check).stdout.strip()

    def holds(self, node: str, script: str) -> bool:
        """Whether a shell script succeeds on ``node``."""
        return self.lab.exec(node, ["sh", "-c", script], check=False).returncode == 0

    def put(self, node: str, file: Path, place: str) -> None:
        """Have a copy of a file of this machine at ``place`` on ``node``, which may be run there."""
        with file.open("rb") as content:
            command = ["sh", "-c", f"cat >{place} && chmod 755 {place}"]
            subprocess.run(self.lab.command(node, command), stdin=content, check=True)

    def serve(self, revision: str, **values: object) -> None:
        """Commit data by which every node serves ``revision``; ``values`` are further parameters."""
        self.lab.commit(self._serving(revision, values), f"Serve {revision}")

    def on_node(self, node: str, data: dict[str, object] | None) -> None:
        """Commit the data of one node; None takes its file away."""
        self.lab.commit({_file(node): None if data is None else _yaml(data)}, f"Say what holds for {node}")

    def reset(self, node: str, revision: str) -> None:
        """Commit data by which every node serves ``revision``, and none of ``node`` alone."""
        self.lab.commit({_file(node): None, **self._serving(revision, {})}, f"Serve {revision}")

    def _serving(self, revision: str, values: Mapping[str, object]) -> dict[str, str | None]:
        data = yaml.safe_load(STAGING.read_text()) | {"indextts2::revision": revision}
        data |= {f"indextts2::{name}": value for name, value in values.items()}
        return {"hieradata/env/staging.yaml": _yaml(data)}

    def converge(self, node: str, changes: bool = True) -> str:
        """Run the agent of ``node``, which must change something, or must not; what it printed."""
        run = self.lab.agent(node)
        assert run.code == (2 if changes else 0), run.output
        return run.output

    def release(self, node: str) -> str:
        """The revision that ``node`` serves, as the page itself says."""
        page = self.sh(node, "curl --silent --fail --max-time 20 http://127.0.0.1:7860/config")
        return next((tag for tag in ("v24-beta", "v23", "v15") if f"stand-in {tag}" in page), page[:300])

    def wait(self, node: str, script: str, seconds: float) -> None:
        """Wait until a shell script succeeds on ``node``, for ``seconds`` at most."""
        self.until(lambda: self.holds(node, script), seconds, f"{node}: {script}")

    def until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until something holds, for ``seconds`` at most."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            time.sleep(0.3)


def _file(node: str) -> str:
    return f"hieradata/nodes/{node}.lab.test.yaml"


def _yaml(data: Mapping[str, object]) -> str:
    return yaml.safe_dump(data, allow_unicode=True)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab with two nodes. One that was up before stays up, brought to this working tree."""
    lab = Lab()
    mine = not lab.status()
    lab.up(nodes=2)
    yield lab
    if mine:
        lab.down()
        left = "nspawn --directory|git-daemon|generator.lab.hub"
        # none that lives: one that this process began and down ended is a zombie until this process ends, too
        running = ["pgrep", "--list-full", "--runstates", "D,R,S", "--full", left]
        assert subprocess.run(running, capture_output=True, text=True).stdout == ""
        assert subprocess.run(["ip", "link", "show", "lab0"], capture_output=True).returncode != 0
        rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
        assert "10.77.0" not in rules
        assert str(lab.folders.state) not in Path("/proc/mounts").read_text()


@pytest.fixture(scope="session")
def fleet(lab: Lab) -> Fleet:
    """The lab as tests speak of it."""
    return Fleet(lab)


@pytest.fixture
def old(fleet: Fleet) -> str:
    """The revision that the node serves when a test begins: one of two, wherever the test before ended."""
    serves = fleet.release(NODE)
    assert serves in REVISIONS, serves
    return serves


@pytest.fixture
def new(old: str) -> str:
    """The other of the two."""
    (other,) = set(REVISIONS) - {old}
    return other


@pytest.fixture
def settled(fleet: Fleet, old: str) -> Iterator[None]:
    """End with a node that is to serve what it serves, by one web UI, and on which nothing has failed."""
    yield
    serves = fleet.release(NODE)
    wanted = serves if serves in REVISIONS else old
    fleet.reset(NODE, wanted)
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2), run.output
    assert fleet.release(NODE) == wanted
    assert fleet.sh(NODE, "systemctl list-units --failed --plain --no-legend") == ""
    assert len(fleet.sh(NODE, "ls /etc/systemd/system/indextts2-webui@*").splitlines()) == 1


@pytest.fixture
def load(fleet: Fleet) -> Iterator[Load]:
    """Clients that keep asking, each of which has had an answer."""
    with Load(browser(f"http://{fleet.lab.address(NODE)}:7860", silence()), PAUSE, PATIENCE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        yield load
