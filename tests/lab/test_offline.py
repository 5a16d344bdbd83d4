"""A node whose network ends at the bridge becomes one from nothing, from a mirror inside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.lab import network
from generator.lab.standin import RELEASES
from tests.lab.desk import FLEET
from tests.unit.mirror.origin import handed_out

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

NODE, REVISION = "tts3", "v24-beta"


@pytest.fixture
def mirror(fleet: Fleet, tmp_path: Path) -> Path:
    """What an operator fills where there is internet, and carries to where there is none."""
    control, source = fleet.lab.folders.control, fleet.lab.folders.control.parent / "standin.git"
    run("mirror", "build", tmp_path, "indextts2", REVISION, "--source", source, "--root", control)
    bundle = RELEASES[REVISION].weights
    run("weights", "mirror", tmp_path / "weights", bundle, "--from", "hub", "--root", control)
    said = run("mirror", "check", tmp_path, "indextts2", REVISION, "--root", control)
    assert said.count("as they were locked") == 2, said
    debs = tmp_path / "debian"
    shutil.copytree(fleet.lab.folders.debs("bookworm"), debs, copy_function=os.link)
    with (debs / "Packages").open("w") as packages:
        subprocess.run(["apt-ftparchive", "packages", "."], cwd=debs, stdout=packages, check=True)
    return tmp_path


def run(*words: str | Path) -> str:
    """Run fleet as at a desk of the lab, whose hub is the lab's; what it printed."""
    environment = {**os.environ, "HF_ENDPOINT": f"http://{network.HOST}:8000"}
    done = subprocess.run([FLEET, *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def node(fleet: Fleet) -> Iterator[str]:
    """A bare machine whose network ends at the bridge, with no package but those of its image."""
    fleet.lab.boot(NODE)
    with network.shut_in(NODE):
        fleet.sh(NODE, "rm --recursive --force /etc/apt/sources.list* /var/cache/apt/archives/*.deb")
        yield NODE
    fleet.on_node(NODE, None)
    fleet.lab.remove(NODE)


@pytest.mark.faults
def test_a_node_without_internet_converges_from_a_mirror_alone(fleet: Fleet, node: str, mirror: Path) -> None:
    with handed_out(mirror, network.HOST) as url:
        fleet.sh(node, f"echo 'deb [trusted=yes] {url}/debian ./' > /etc/apt/sources.list")
        inside = {"source": f"{url}/git/indextts2.git", "index_url": f"{url}/simple"}
        data = {
            "revision": REVISION,
            "weights_sources": [f"{url}/weights"],
            "python_source": f"{url}/python",
            **inside,
        }
        fleet.on_node(node, {f"indextts2::{name}": value for name, value in data.items()})
        fleet.lab.converge(node)
        assert fleet.release(node) == REVISION
        assert network.turned_back() == 0
    fleet.converge(node, changes=False)  # and now without the mirror, too
    fleet.sh(node, "timeout 3 bash -c ': > /dev/tcp/192.0.2.1/80'; true")
    assert network.turned_back() > 0  # so what would have gone elsewhere had been counted
