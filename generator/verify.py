"""Checking converged nodes: tests/staging, run over ssh on each of them, side by side."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator.definition import REPOSITORY, SERVICES, find_definition, load_service
from generator.errors import CommandFailed, FleetError

#: A name that ssh may get: never one that it takes for an option.
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?")
USER_NAME = re.compile(r"[a-z_][a-z0-9_-]*")

#: How many nodes are checked at once.
AT_ONCE = 8


@dataclass(frozen=True)
class Check:
    """The outcome of one check: of a service, or of the node itself where ``service`` is empty.

    ``problem`` says what was found instead; it is empty where the check holds.
    """

    host: str
    service: str
    title: str
    problem: str = ""


@dataclass(frozen=True)
class Ssh:
    """How nodes are reached; ``sockets`` is a folder for the connections that are used again."""

    user: str
    config: Path | None
    sockets: Path

    @property
    def options(self) -> list[str]:
        """What ssh is called with: it asks nobody anything, and connects once to each node."""
        own = ["BatchMode=yes", "ConnectTimeout=10", "ControlMaster=auto", "ControlPersist=15"]
        return [word for option in [*own, f"ControlPath={self.sockets}/%C"] for word in ("-o", option)]

    @property
    def command(self) -> list[str]:
        """The beginning of a call of ssh."""
        return ["ssh", *(["-F", str(self.config)] if self.config else []), *self.options, "-l", self.user]


def verify(
    hosts: Sequence[str],
    services: Sequence[str],
    user: str,
    ssh_config: Path | None,
    report: Callable[[Check], None],
) -> list[Check]:
    """Check ``services`` on ``hosts``, or the services that each of them has where none is named.

    ``report`` gets every check as soon as it is done. Raises FleetError for a name that cannot be one,
    and CommandFailed where the checks themselves could not run.
    """
    _check_names(hosts, user)
    units = _units(services)
    with tempfile.TemporaryDirectory(prefix="fleet-verify-") as sockets:
        ssh = Ssh(user, ssh_config, Path(sockets))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = [pool.submit(_verify_host, host, units, bool(services), ssh, report) for host in hosts]
            return [check for run in runs for check in run.result()]


def _check_names(hosts: Sequence[str], user: str) -> None:
    for host in hosts:
        if not HOST_NAME.fullmatch(host):
            raise FleetError(f"{host!r} is no host name (letters, digits, dots and hyphens)")
    if not USER_NAME.fullmatch(user):
        raise FleetError(f"{user!r} is no user name (--user takes an account of the nodes, such as root)")


def _units(services: Sequence[str]) -> dict[str, str]:
    """Give the front's unit of each service, by the service's name; of every service, where none is named."""
    names = services or sorted(path.stem for path in SERVICES.glob("*.yaml"))
    return {name: load_service(find_definition(name)).front for name in names}


def _verify_host(
    host: str, units: dict[str, str], named: bool, ssh: Ssh, report: Callable[[Check], None]
) -> list[Check]:
    paths = " ".join(f"/etc/systemd/system/{unit}" for unit in units.values())
    asked = subprocess.run(
        [*ssh.command, host, f"ls -d -- {paths} 2>/dev/null; true"], capture_output=True, text=True
    )
    if asked.returncode:
        reason = (asked.stderr.strip().splitlines() or ["ssh said nothing"])[-1]
        return _only(Check(host, "", "The node is reached by ssh", reason), report)
    found = {Path(line).name for line in asked.stdout.split()}
    services = list(units) if named else [name for name, unit in units.items() if unit in found]
    try:
        if not services:
            nothing = f"there is none of {', '.join(units.values())}"
            return _only(Check(host, "", "The node has a service", nothing), report)
        return _run_checks(host, services, ssh, report)
    finally:
        subprocess.run([*ssh.command, "-O", "exit", host], capture_output=True)


def _only(check: Check, report: Callable[[Check], None]) -> list[Check]:
    report(check)
    return [check]


def _run_checks(host: str, services: Sequence[str], ssh: Ssh, report: Callable[[Check], None]) -> list[Check]:
    """Run tests/staging in a pytest of its own, which says each outcome as a line of JSON."""
    command = [
        *(sys.executable, "-m", "pytest", str(REPOSITORY / "tests" / "staging")),
        *("--rootdir", str(REPOSITORY), "-c", str(REPOSITORY / "pyproject.toml")),
        *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "generator.verify_report"),
        # pytest's own words for a failed comparison need its terminal; a check says in words what is wrong
        "--assert=plain",
        *("-o", "addopts=--import-mode=importlib"),
        f"--hosts=ssh://{ssh.user}@{host}",
        f"--ssh-extra-args={' '.join(ssh.options)}",
        *([f"--ssh-config={ssh.config}"] if ssh.config else []),
    ]
    environment = {**os.environ, "FLEET_SERVICES": ",".join(services)}
    checks: list[Check] = []
    noise: list[str] = []
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout
        for line in run.stdout:
            try:
                check = Check(host, **json.loads(line))
            except ValueError:
                noise.append(line)
            else:
                checks.append(check)
                report(check)
    if run.returncode not in (0, 1) or not checks:
        raise CommandFailed(f"{host}: the checks could not run: {''.join(noise[-10:]).strip()}")
    return checks
