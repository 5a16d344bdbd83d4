"""What apt makes of the pins of the module nvidia: the branch or the version that was asked for, or nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.private_apt import a_repository, an_apt

PIN = Path(__file__).parents[2] / "modules" / "nvidia" / "templates" / "nvidia.pref.epp"
NAMED = "nvidia-kernel-open-dkms"
#: Of the same source, and no package that Puppet names.
LIBRARY = "libcuda1"
VERSIONS = ["580.95.05-1", "580.126.09-1", "615.71.09-1"]
#: Of NVIDIA's repository, and no driver; the second one Ubuntu has, too.
EXPORTER = "datacenter-gpu-manager-exporter"
OTHERS = {"cuda-toolkit": ["12.9.1-1", "13.0.1-1"], "nvtop": ["3.1.0-1", "3.2.0-1"], EXPORTER: ["4.8.2-1"]}


class Node:
    """An apt that knows NVIDIA's repository, and Ubuntu's archive with a newer build of branch 580."""

    def __init__(self, folder: Path) -> None:
        """Make it in ``folder``."""
        self.folder = folder
        a_repository(folder / "nvidia", "NVIDIA", "stable", {NAMED: VERSIONS, LIBRARY: VERSIONS, **OTHERS})
        ubuntus = {LIBRARY: ["580.126.09-9ubuntu1"], "nvtop": ["3.0.2-1"]}
        a_repository(folder / "ubuntu", "Ubuntu", "noble", ubuntus)
        sources = folder / "sources.list"
        sources.write_text(
            f"deb [trusted=yes] file:{folder}/nvidia stable main\ndeb [trusted=yes] file:{folder}/ubuntu noble main\n"
        )
        self.environment = an_apt(folder, sources)
        self.run("apt-get", "update")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this apt."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def pin(self, pinned: str, priority: int = 990, nvidias: bool = False, not_ubuntus: bool = False) -> None:
        """Write the file as Puppet would."""
        values = {
            "pinned": pinned,
            "priority": priority,
            "packages": [NAMED],
            "nvidias": nvidias,
            "not_ubuntus": not_ubuntus,
        }
        rendered = subprocess.run(
            ["puppet", "epp", "render", PIN, "--values", json.dumps(values, separators=(",", "=>"))],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        (self.folder / "preferences").write_text(rendered)

    def has(self, version: str, *names: str) -> None:
        """Say that packages are installed, both of the driver where none is named."""
        (self.folder / "status").write_text(
            "".join(
                f"Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: amd64\n"
                "Maintainer: none\nDescription: none\n\n"
                for name in names or (NAMED, LIBRARY)
            )
        )

    def candidates(self, *names: str) -> list[str]:
        """The versions of packages that apt would take, of both of the driver where none is named."""
        said = self.run("apt-cache", "policy", *(names or (NAMED, LIBRARY))).stdout
        return [line.split()[1] for line in said.splitlines() if line.startswith("  Candidate:")]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node without a driver."""
    return Node(tmp_path)


def test_the_newest_of_the_branch_and_no_newer_branch(node: Node) -> None:
    assert node.candidates() == ["615.71.09-1", "615.71.09-1"]
    node.pin("580.*")
    assert node.candidates() == ["580.126.09-1", "580.126.09-9ubuntu1"]


def test_nothing_of_ubuntus_under_the_same_name(node: Node) -> None:
    node.pin("580.*", not_ubuntus=True)
    assert node.candidates() == ["580.126.09-1", "580.126.09-1"]


def test_the_exact_version_and_none_in_its_place(node: Node) -> None:
    node.pin("580.95.05-*")
    assert node.candidates() == ["580.95.05-1", "580.95.05-1"]
    # 580.9 is no beginning of it
    node.pin("580.9-*")
    assert node.candidates()[0] == "(none)"
    refused = node.run("apt-get", "-s", "-y", "install", NAMED)
    assert refused.returncode and "has no installation candidate" in refused.stderr


def test_the_exporter_whatever_the_driver_is_pinned_to(node: Node) -> None:
    for pinned in ("580.*", "580.9-*"):
        node.pin(pinned, nvidias=True, not_ubuntus=True)
        assert node.candidates(EXPORTER) == ["4.8.2-1"]


def test_down_to_an_older_version_only_where_that_is_allowed(node: Node) -> None:
    node.has("580.126.09-1")
    install = ("apt-get", "-s", "-y", "--no-remove", "install", NAMED, LIBRARY)
    node.pin("580.95.05-*")
    assert "Inst" not in node.run(*install).stdout
    node.pin("580.95.05-*", priority=1001)
    assert node.candidates() == ["580.95.05-1", "580.95.05-1"]
    assert node.run(*install).returncode
    assert "Inst" in node.run(*install, "--allow-downgrades").stdout


def test_nothing_else_of_nvidias_repository_unless_somebody_asks(node: Node) -> None:
    node.has("12.9.1-1", "cuda-toolkit")
    upgrade = ("apt-get", "-s", "-y", "upgrade")
    node.pin("580.*")
    assert "Inst cuda-toolkit" in node.run(*upgrade).stdout
    assert node.candidates("nvtop") == ["3.2.0-1"]

    node.pin("580.*", nvidias=True)
    assert "Inst" not in node.run(*upgrade).stdout
    assert node.candidates("nvtop") == ["3.0.2-1"]
    # the driver is asked for, and so is what Puppet or somebody else installs
    assert node.candidates() == ["580.126.09-1", "580.126.09-9ubuntu1"]
    node.has("580.126.09-1")
    assert "Inst cuda-toolkit (13.0.1-1" in node.run("apt-get", "-s", "-y", "install", "cuda-toolkit").stdout
