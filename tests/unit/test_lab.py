"""The lab's pure pieces, and its processes, which need no root."""

from __future__ import annotations

import doctest
import importlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

from generator.errors import CommandFailed, FleetError
from generator.lab import cgroups, control, host, network
from generator.lab.folders import Folders
from generator.lab.image import Recipe, missing_certificates
from generator.lab.mounts import mount_points
from generator.lab.processes import WORK, Processes

RECIPE = Recipe("bookworm", "http://mirror.example/debian", "systemd git", "", "")
MODULES = "agent cgroups image mounts network processes".split()


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"generator.lab.{module}"))
    assert result.attempted and not result.failed


def test_every_node_has_an_address_of_its_own_on_the_bridge() -> None:
    names = [network.SERVER, *network.node_names(network.MOST_NODES)]
    addresses = {network.address(name) for name in names} | {network.HOST}
    assert len(addresses) == len(names) + 1
    hosts = set(ip_network(network.NETWORK).hosts())
    assert all(ip_address(address) in hosts for address in addresses)


@pytest.mark.parametrize("name", ["tts0", "tts244", "tts", "tts-1", "tts1.lab.test", "../puppet", "", "tts²"])
def test_what_is_no_node_has_no_address(name: str) -> None:
    with pytest.raises(FleetError, match="has no node"):
        network.address(name)


def test_too_many_nodes_are_refused() -> None:
    with pytest.raises(FleetError, match="room for 0 to 243"):
        network.node_names(network.MOST_NODES + 1)


@pytest.mark.parametrize("field", ["suite", "mirror", "packages", "apt", "bundle"])
def test_an_image_is_named_by_everything_it_depends_on(field: str) -> None:
    other = replace(RECIPE, **{field: "other"})
    assert (
        other.name
        != RECIPE.name
        == Recipe("bookworm", "http://mirror.example/debian", "systemd git", "", "").name
    )


def test_only_authorities_that_the_image_lacks_are_added() -> None:
    def pem(body: str) -> str:
        return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"

    assert missing_certificates(f"# A\n{pem('QQ')}{pem('Qg')}", pem("QQ").replace("\n", "\r\n")) == [
        pem("Qg")
    ]


def test_mounts_are_taken_away_from_the_inside_out_and_no_neighbours() -> None:
    mounts = "a /lab x r 0 0\nb /lab/a\\040b x r 0 0\nc /lab/a\\040b/proc x r 0 0\nd /laboratory x r 0 0\n"
    assert mount_points(mounts, Path("/lab")) == [Path("/lab/a b/proc"), Path("/lab/a b"), Path("/lab")]


def test_a_process_is_found_by_its_mark_and_ended(tmp_path: Path) -> None:
    lab, other = Processes(tmp_path / "state"), Processes(tmp_path / "state2")
    lab.start("hub", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log" / "hub")
    deadline = time.monotonic() + 10
    while not lab.find("hub") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(lab.find("hub")) == 1 and lab.find() == lab.find("hub")
    assert not lab.find("git") and not other.find()
    other.kill()
    assert lab.find("hub")
    lab.kill("hub")
    assert not lab.find()


def test_work_is_marked_and_nothing_begins_after_a_stop(tmp_path: Path) -> None:
    lab = Processes(tmp_path)
    assert lab.run(["sh", "-c", "echo $FLEET_LAB"]).stdout == f"{tmp_path}:{WORK}\n"
    with pytest.raises(CommandFailed, match=r"ended with 3\n    why"):
        lab.run(["sh", "-c", "echo why >&2; exit 3"])
    lab.stop_work()
    with pytest.raises(CommandFailed, match="stopped"):
        lab.run(["true"])


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    tree = tmp_path / "tree"
    files = {
        "hiera.yaml": "version: 5\n",
        "ignored.pyc": "",
        ".gitignore": "*.pyc\n",
        "hieradata/env/staging.yaml": "indextts2::revision: v2.5.0\n",
        "tests/lab/hieradata/env/staging.yaml": "indextts2::revision: v23\n",
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    monkeypatch.setattr(control, "REPOSITORY", tree)
    made = Folders(tmp_path / "cache", tmp_path / "state")
    made.state.mkdir()
    (made.state / "lists").mkdir()
    (made.state / "catalogue.yaml").write_text("indextts2::releases: {v23: {}}\n")
    return made


def git(folders: Folders, *arguments: str) -> str:
    command = ["git", "-C", str(folders.control), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_clone_holds_the_tree_with_the_labs_data_over_it(folders: Folders) -> None:
    first = control.sync(folders)
    assert control.sync(folders) == first == git(folders, "rev-parse", control.BRANCH)
    assert (folders.control / "hiera.yaml").exists() and not (folders.control / "ignored.pyc").exists()
    staging = yaml.safe_load((folders.control / "hieradata" / "env" / "staging.yaml").read_text())
    assert staging["indextts2::revision"] == "v23"
    assert (
        folders.control / "hieradata/catalogue/indextts2.yaml"
    ).read_text() == "indextts2::releases: {v23: {}}\n"
    assert not git(folders, "status", "--porcelain")


def test_a_commit_changes_what_it_names_and_a_sync_takes_it_back(folders: Folders) -> None:
    first = control.sync(folders)
    second = control.commit(folders, {"hieradata/nodes/x.yaml": "a: 1\n", "hiera.yaml": None}, "Try")
    assert second != first
    assert git(folders, "diff", "--name-status", first, second) == "D\thiera.yaml\nA\thieradata/nodes/x.yaml"
    third = control.sync(folders)
    assert not git(folders, "diff", first, third)


def test_a_branch_leaves_production_alone(folders: Folders) -> None:
    first = control.sync(folders)
    branched = control.commit(folders, {"manifests/site.pp": "node default {}\n"}, "Empty", branch="empty")
    assert git(folders, "rev-parse", "empty") == branched != first
    assert git(folders, "rev-parse", control.BRANCH) == first == git(folders, "rev-parse", "HEAD")
    assert not git(folders, "status", "--porcelain")


def test_without_root_or_tools_the_lab_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(FleetError, match="needs root") as refused:
        host.require_host()
    assert "\n" not in str(refused.value) and refused.value.exit_code == 2
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FleetError, match="systemd-nspawn, debootstrap") as refused:
        host.require_host()
    assert "\n" not in str(refused.value)


def test_groups_that_come_and_go_while_one_looks_are_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node's systemd makes and removes groups at any moment, above all while it boots."""
    monkeypatch.setattr(cgroups, "_trees", lambda: [tmp_path])
    (group,) = cgroups.create("tts1")
    over = threading.Event()

    def boot() -> None:
        while not over.is_set():
            for unit in "abc":
                (group / unit / "sub").mkdir(parents=True)
            for unit in "abc":
                (group / unit / "sub").rmdir()
                (group / unit).rmdir()

    node = threading.Thread(target=boot)
    node.start()
    try:
        for _ in range(3000):
            assert cgroups.processes("tts1") == []
    finally:
        over.set()
        node.join()
    cgroups.remove("tts1")
    assert cgroups.existing() == []
