"""One lab for all tests: brought up by the first that needs it, taken down after the last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from generator.lab import Lab
from generator.lab.standin import RELEASES
from generator.lab.standin_weights import make_weights
from tests.lab.desk import Desk
from tests.lab.serving import CACHE, CLIENTS, LANE, NODE, PATIENCE, PAUSE, REVISION, wait_for
from tests.load import Load, browser
from tests.load.wav import silence

#: What a node moves between.
REVISIONS = ("v23", "v24-beta")
#: Reads a secret, writes it as hiera-eyaml has it.
ENCRYPT = "eyaml encrypt --stdin --output=string --pkcs7-public-key=/etc/puppet/eyaml/public_key.pkcs7.pem | tail -n 1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of this folder; the fresh fleet comes first, before anything is changed on it, and the loss of its server and its end last."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("lab")
    order = {"test_main_job.py": 0, "test_restore.py": 2, "test_down.py": 3}
    items.sort(key=lambda item: order.get(item.path.name, 1))


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
        """Commit data by which NODE serves ``revision``; ``values`` are further parameters."""
        self._say(
            NODE, {REVISION: revision, **{f"indextts2::{name}": value for name, value in values.items()}}
        )

    def on_node(self, node: str, data: dict[str, object] | None) -> None:
        """Commit what else holds for ``node``, which serves what it is to serve; None: nothing else."""
        told = self.lab.folders.control / _file(node)
        before = yaml.safe_load(told.read_text()) if told.exists() else {}
        self._say(node, {name: before[name] for name in (REVISION,) if name in before} | (data or {}))

    def keep_secrets(self, secrets: Mapping[str, Mapping[str, str]] | None) -> None:
        """Commit values that the whole environment reads, encrypted for the server alone; None: no secret."""
        encrypted = {
            key: {name: self.sh("puppet", f"printf %s '{text}' | {ENCRYPT}") for name, text in value.items()}
            for key, value in (secrets or {}).items()
        }
        text = yaml.safe_dump(encrypted, width=10_000) if encrypted else None
        self.lab.commit({"hieradata/secrets/staging.yaml": text}, "Say what is secret")

    def _say(self, node: str, data: Mapping[str, object]) -> None:
        text = yaml.safe_dump(dict(data), allow_unicode=True) if data else None
        self.lab.commit({_file(node): text}, f"Say what holds for {node}")

    def converge(self, node: str, changes: bool = True) -> str:
        """Run the agent of ``node``, which must change something, or must not; what it printed."""
        run = self.lab.agent(node)
        assert run.code == (2 if changes else 0), run.output
        return run.output

    def settle(self, *nodes: str) -> None:
        """Run the agents of nodes, two at once, which may change something and must not fail."""
        with ThreadPoolExecutor(2) as pool:
            for run in pool.map(self.lab.agent, nodes):
                assert run.code in (0, 2), run.output

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


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab with two nodes. One that was up before stays up, brought to this working tree."""
    lab = Lab()
    if LANE:
        yield lab
        return
    mine = not lab.status()
    lab.up(nodes=2)
    yield lab
    if mine:
        lab.down()


@pytest.fixture(scope="session")
def fleet(lab: Lab) -> Fleet:
    """The lab as tests speak of it."""
    return Fleet(lab)


@pytest.fixture(scope="module")
def desk(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An operator's desk, which may ask PuppetDB."""
    return Desk(tmp_path_factory.mktemp("desk"), lab)


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
    fleet.serve(wanted)
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


@pytest.fixture
def files(fleet: Fleet, new: str) -> dict[str, bytes]:
    """The weights of the new release as a mirror has them; the node has nothing of them."""
    name = RELEASES[new].weights
    fleet.sh(NODE, f"rm -rf {CACHE}/{name}-* {CACHE}/store /opt/indextts2/releases/{new}-*")
    bundle = make_weights(fleet.lab.folders.state / "hub")[name]
    folder = f"{name}-{bundle.revision[:7]}"
    return {f"{folder}/{path}": content for path, content in bundle.all_files.items()}
