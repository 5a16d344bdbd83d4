"""The unit, its process and its sandbox."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from testinfra.host import Host

from generator.service import Service

#: The most that ``systemd-analyze security`` may say, from 0 (closed) to 10 (open).
EXPOSURE = 1.5


@pytest.mark.parametrize("which", ["front", "unit"])
def test_unit_is_valid(host: Host, front: str, unit: str, which: str) -> None:
    """The unit is valid, and systemd holds it as it is on disk."""
    name = {"front": front, "unit": unit}[which]
    verified = host.run("systemd-analyze verify %s", f"/etc/systemd/system/{name}")
    assert verified.succeeded, verified.stderr
    assert name not in verified.stderr, verified.stderr
    stale = host.check_output("systemctl show --value --property=NeedDaemonReload %s", name)
    assert stale == "no", "the unit on disk is not the one that systemd holds"


def test_service_comes_back_after_a_boot(host: Host, service: Service, front: str) -> None:
    """The front is enabled, and so is what starts the web UI that served."""
    for name in (front, f"releases@{service.name}.service"):
        assert host.service(name).is_enabled, f"{name} is not enabled"


@pytest.mark.parametrize("which", ["front", "unit"])
def test_service_runs(host: Host, front: str, unit: str, which: str) -> None:
    """The front and the web UI are active."""
    name = {"front": front, "unit": unit}[which]
    state = host.check_output("systemctl show --value --property=ActiveState %s", name)
    assert state == "active", f"{name} is {state}"


def test_front_is_not_root(host: Host, service: Service, front: str) -> None:
    """Every process of the front is its own account's."""
    found = owners(host, front)
    assert found == {f"{service.name}-front"}, f"its processes are those of {', '.join(found) or 'nobody'}"


def test_service_is_not_root(host: Host, service: Service, unit: str) -> None:
    """Every process of the service is its own account's."""
    found = owners(host, unit)
    assert found == {service.accounts.run}, f"its processes are those of {', '.join(found) or 'nobody'}"


def owners(host: Host, unit: str) -> set[str]:
    """Say whose the processes of a unit are."""
    processes = host.check_output("ps -eo unit:100=,user:32=").splitlines()
    return {line.split()[1] for line in processes if line.split()[0] == unit}


def test_process_is_the_intended_release(
    host: Host, service: Service, argv: list[str], release_dir: PurePosixPath, unit: str
) -> None:
    """What runs is the release that the unit names, and not one from before."""
    pid = host.check_output("systemctl show --value --property=MainPID %s", unit)
    folder = host.file(f"/proc/{pid}/cwd").linked_to
    assert folder == str(release_dir), f"the process runs in {folder}, the unit says {release_dir}"
    start = [str(release_dir / ".venv/bin/python"), *service.command]
    assert argv[: len(start)] == start, f"it runs {argv}"


@pytest.mark.parametrize("which", ["front", "unit"])
def test_sandbox_is_closed(host: Host, front: str, unit: str, which: str) -> None:
    """The sandbox leaves little: systemd-analyze security says 1.5 or less."""
    name = {"front": front, "unit": unit}[which]
    report = host.check_output("systemd-analyze security --no-pager %s", name)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", report)
    assert score, report[-500:]
    assert float(score[1]) <= EXPOSURE, f"systemd-analyze security says {score[1]}"
