"""Folders and files: who owns them, and who may write them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from testinfra.host import Host
from testinfra.modules.file import File

from generator.service import Service


def rights(file: File) -> str:
    """Tell whose ``file`` is, as ``ls`` would: owner, group and mode."""
    return f"{file.user}:{file.group} {file.mode:o}"


@pytest.mark.parametrize("kind", ["release.json", "front", "unit"])
def test_configuration_is_root_s(host: Host, service: Service, unit: str, front: str, kind: str) -> None:
    """The configuration is root's, and everybody may read it."""
    units = {"front": front, "unit": unit}
    path = f"/etc/systemd/system/{units[kind]}" if kind in units else f"/etc/{service.name}/{kind}"
    file = host.file(path)
    assert file.is_file, f"{path} is missing"
    assert rights(file) == "root:root 644", f"{path} is {rights(file)}"


def test_front_s_configuration_is_for_the_front_alone(host: Host, service: Service) -> None:
    """The front's configuration, which may hold passwords and a key, is root's, and the front alone may read it."""
    for path in (f"/etc/{service.name}/front", f"/etc/{service.name}/front/haproxy.cfg"):
        file = host.file(path)
        assert file.exists, f"{path} is missing"
        mode = 750 if file.is_directory else 640
        assert rights(file) == f"root:{service.name}-front {mode}", f"{path} is {rights(file)}"


@pytest.mark.parametrize(
    ("folder", "owner", "mode"),
    [
        (".", "root", "755"),
        ("source.git", "build", "755"),
        ("releases", "build", "755"),
        ("cache_hub", "build", "755"),
        ("state", "run", "750"),
    ],
)
def test_folder_has_its_owner(
    host: Host, service: Service, root: PurePosixPath, folder: str, owner: str, mode: str
) -> None:
    """The folder of the service has its owner and mode."""
    file = host.file(str(root / folder))
    account = getattr(service.accounts, owner, owner)
    assert file.is_directory, f"{file.path} is missing"
    assert rights(file) == f"{account}:{account} {mode}", f"{file.path} is {rights(file)}"


def test_state_is_the_service_s(host: Host, service: Service, root: PurePosixPath) -> None:
    """All that the service writes in state/ belongs to its account."""
    foreign = host.check_output("find %s ! -user %s -print -quit", str(root / "state"), service.accounts.run)
    assert not foreign, f"{foreign} is not {service.accounts.run}'s"


def who_can_change(host: Host, folder: PurePosixPath, account: str) -> str:
    """Find a file in ``folder`` that somebody but ``account`` may change; empty where there is none."""
    found: str = host.check_output(
        "find %s -xdev '(' ! -user %s -o ! -type l -perm /022 ')' -print -quit", str(folder), account
    )
    return found


def test_release_cannot_be_changed_by_who_runs_it(
    host: Host, service: Service, release_dir: PurePosixPath
) -> None:
    """Code and environment belong to the build account, and nobody else may write them."""
    loose = who_can_change(host, release_dir, service.accounts.build)
    assert not loose, f"{loose} can be changed by others than {service.accounts.build}"


def test_filled_folders_are_filled(host: Host, service: Service, release_dir: PurePosixPath) -> None:
    """Each folder that the release fills at install has something in it."""
    for folder in (folder for folder, how in service.filled.items() if how.python):
        found = host.run("find %s -type f -size +0 -print -quit", str(release_dir / folder))
        assert found.stdout, f"{release_dir / folder} is empty: the install is not done"


def test_weights_are_complete(
    host: Host, service: Service, argv: list[str], release: dict[str, Any], root: PurePosixPath
) -> None:
    """The weights that the service was given are whole, and it cannot change them."""
    if not service.weights or "weights" not in release:
        return
    wanted = json.loads(host.file(f"/etc/weights/{service.name}.json").content_string)["wanted"]
    folder = root / "cache_hub" / wanted
    if service.weights.flag:
        given = argv[argv.index(service.weights.flag) + 1]
        assert given == str(folder), f"it runs with the weights in {given}"
    check = host.run("/usr/local/sbin/weights %s check %s", service.name, folder.name)
    assert check.rc == 0, check.stderr
    loose = who_can_change(host, folder, service.accounts.build)
    assert not loose, f"{loose} can be changed by others than {service.accounts.build}"
