"""Folders and files: who owns them, and who may write them."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from testinfra.host import Host

from generator.service import Service


@pytest.mark.parametrize("path", ["/etc/{name}/release.json", "/etc/systemd/system/{unit}"])
def test_configuration_is_root_s(host: Host, service: Service, path: str) -> None:
    """The configuration is root's, and everybody may read it."""
    file = host.file(path.format(name=service.name, unit=service.unit))
    assert file.is_file, f"{file.path} is missing"
    assert (file.user, file.group, f"{file.mode:o}") == ("root", "root", "644")


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
    assert (file.user, file.group, f"{file.mode:o}") == (account, account, mode)


def test_state_is_the_service_s(host: Host, service: Service, root: PurePosixPath) -> None:
    """All that the service writes in state/ belongs to its account."""
    foreign = host.check_output("find %s ! -user %s -print -quit", str(root / "state"), service.accounts.run)
    assert not foreign, f"{foreign} is not {service.accounts.run}'s"


def test_release_cannot_be_changed_by_who_runs_it(
    host: Host, service: Service, release_dir: PurePosixPath
) -> None:
    """Code and environment belong to the build account, and nobody else may write them."""
    loose = host.check_output(
        "find %s -xdev '(' ! -user %s -o ! -type l -perm /022 ')' -print -quit",
        str(release_dir),
        service.accounts.build,
    )
    assert not loose, f"{loose} can be changed by somebody who is not {service.accounts.build}"


def test_weights_are_complete(host: Host, service: Service, argv: list[str]) -> None:
    """The weights that the service was given are whole, and it cannot change them."""
    if not service.weights or service.weights.flag not in argv:
        return
    folder = PurePosixPath(argv[argv.index(service.weights.flag) + 1])
    assert host.file(str(folder / ".complete")).is_file, f"{folder} has no stamp: its download is not done"
    file = host.file(str(folder))
    assert (file.user, f"{file.mode:o}") == (service.accounts.build, "755")
