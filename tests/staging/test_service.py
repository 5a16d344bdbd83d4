"""The unit, its process and its sandbox."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from testinfra.host import Host

from generator.service import Service

#: The most that ``systemd-analyze security`` may say, from 0 (closed) to 10 (open).
EXPOSURE = 1.5


def test_unit_is_valid(host: Host, unit: str) -> None:
    """The unit is valid, and systemd holds it as it is on disk."""
    verified = host.run("systemd-analyze verify %s", f"/etc/systemd/system/{unit}")
    assert verified.succeeded, verified.stderr
    assert unit not in verified.stderr, verified.stderr
    stale = host.check_output("systemctl show --value --property=NeedDaemonReload %s", unit)
    assert stale == "no", "the unit on disk is not the one that systemd holds"


def test_service_is_enabled_and_runs(host: Host, unit: str) -> None:
    """The service is enabled and active."""
    assert host.service(unit).is_enabled, f"{unit} is not enabled"
    state = host.check_output("systemctl show --value --property=ActiveState %s", unit)
    assert state == "active", f"{unit} is {state}"


def test_service_is_not_root(host: Host, service: Service, unit: str) -> None:
    """Every process of the service is its own account's."""
    processes = host.check_output("ps -eo unit:100=,user:32=").splitlines()
    owners = {line.split()[1] for line in processes if line.split()[0] == unit}
    assert owners == {service.accounts.run}, f"its processes are those of {', '.join(owners) or 'nobody'}"


def test_process_is_the_intended_release(
    host: Host, service: Service, argv: list[str], release_dir: PurePosixPath, unit: str
) -> None:
    """What runs is the release that the unit names, and not one from before."""
    pid = host.check_output("systemctl show --value --property=MainPID %s", unit)
    folder = host.file(f"/proc/{pid}/cwd").linked_to
    assert folder == str(release_dir), f"the process runs in {folder}, the unit says {release_dir}"
    assert argv[:2] == [str(release_dir / ".venv/bin/python"), service.entry_point], f"it runs {argv}"


def test_sandbox_is_closed(host: Host, unit: str) -> None:
    """The sandbox leaves little: systemd-analyze security says 1.5 or less."""
    report = host.check_output("systemd-analyze security --no-pager %s", unit)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", report)
    assert score, report[-500:]
    assert float(score[1]) <= EXPOSURE, f"systemd-analyze security says {score[1]}"
