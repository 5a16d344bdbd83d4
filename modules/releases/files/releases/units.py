"""Units of systemd: systemctl, journalctl, and the files in /etc/systemd/system."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from releases import files
from releases.errors import CommandFailed

LOG_LINES = 20
#: Seconds that systemd has beyond the limit that a unit itself states.
_GRACE_S = 60
#: A step before a unit's own start that failed, as systemctl show says it; the status of a signal is 9/KILL.
_FAILED_STEP = re.compile(
    r"^ExecStartPre=\{ path=(?P<path>.+?) ; argv.* ; ignore_errors=no ; .*"
    r" ; pid=(?P<pid>\d+) ; code=(exited|killed|dumped) ; status=(?!0 )(?P<status>\S+) \}$",
    re.MULTILINE,
)


class Units:
    """The units on this node, by their full names."""

    def __init__(self, folder: str) -> None:
        """Keep the units' files in ``folder``."""
        self._folder = folder

    def states(self, units: Sequence[str]) -> dict[str, str]:
        """Return the state of each unit, in the words of systemctl is-active: active, failed and so on."""
        said = _systemctl("is-active", *units).stdout.split()
        if len(said) != len(units):
            raise CommandFailed(f"systemctl is-active: {len(said)} answers for {len(units)} units")
        return dict(zip(units, said))

    def facts(self, units: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return properties of each unit, as systemctl show says them."""
        said = _systemctl("show", *units, *(f"--property={name}" for name in ("Id", *names)))
        _must(said, "systemctl show")
        blocks = [
            dict(line.partition("=")[::2] for line in block.splitlines())
            for block in said.stdout.strip().split("\n\n")
        ]
        return {block["Id"]: block for block in blocks if "Id" in block}

    def start(self, unit: str, limit: float | None, wait: float = 0) -> str | None:
        """Start a unit, and wait until it is ready, at most ``limit`` seconds; return why it is not.

        It may wait ``wait`` seconds for others before.
        """
        try:
            started = _systemctl("start", unit, limit=limit and wait + limit + _GRACE_S)
        except subprocess.TimeoutExpired:
            return f"was not ready within {limit} s"
        return None if started.returncode == 0 else self._why(unit, limit, started.stderr)

    def _why(self, unit: str, limit: float | None, said: str) -> str:
        shown = _systemctl("show", unit, "-p", "Result", "-p", "ExecMainStatus", "-p", "ExecStartPre").stdout
        facts = dict(line.partition("=")[::2] for line in shown.splitlines())
        result, status = facts.get("Result", ""), facts.get("ExecMainStatus", "?")
        step = _FAILED_STEP.search(shown)
        if step and result in ("exit-code", "signal", "core-dump"):
            # the unit's own program has no status then, or 0
            last = _journal("-n", "1", f"_SYSTEMD_UNIT={unit}", f"_PID={step['pid']}")
            path = step["path"]
            return (
                f"{path}: {last[0]}" if last else f"{path} ended with status {step['status']} before it began"
            )
        reasons = {
            "timeout": f"was not ready within {limit} s",
            "exit-code": f"exited with status {status} before it was ready",
            "signal": f"was killed by signal {status} before it was ready",
            "core-dump": f"crashed with signal {status} before it was ready",
            "oom-kill": "was killed, because the memory was used up, before it was ready",
        }
        return reasons.get(result) or f"did not start: {' '.join(said.split()) or result}"

    def stop(self, unit: str) -> None:
        """Stop a unit, and wait until it is."""
        _must(_systemctl("stop", unit), f"systemctl stop {unit}")

    def kill(self, unit: str) -> None:
        """End a unit's processes at once; systemd starts it again if it is to run always."""
        _must(_systemctl("kill", "--signal=KILL", unit), f"systemctl kill {unit}")

    def installed(self, unit: str) -> str | None:
        """Return the text of a unit's file, or None where there is none."""
        return files.read(f"{self._folder}/{unit}")

    def install(self, unit: str, text: str) -> None:
        """Put a unit's file in its place, and tell systemd."""
        files.write(f"{self._folder}/{unit}", text, 0o644)
        self._reload()

    def uninstall(self, unit: str) -> None:
        """Take a unit's file away, and let systemd forget that the unit ever failed."""
        os.unlink(f"{self._folder}/{unit}")
        files.sync_folder(self._folder)
        self._reload()
        _systemctl("reset-failed", unit)

    def log(self, unit: str, since: float = 0.0) -> list[str]:
        """Return the last lines that a unit logged in this boot, and ``since`` (seconds since 1970)."""
        # with --since alone, the journalctl of Debian 12 gives the first lines, not the last
        return _journal("-n", str(LOG_LINES), "-u", unit, "--reverse", f"--since=@{int(since)}")[::-1]

    def going_down(self) -> bool:
        """Say whether this machine is shutting down, so that a unit that stops has not failed."""
        return _systemctl("is-system-running").stdout.strip() == "stopping" or _is_delayed()

    def _reload(self) -> None:
        _must(_systemctl("daemon-reload"), "systemctl daemon-reload")


def _journal(*arguments: str) -> list[str]:
    command = ["journalctl", "--boot", "--no-pager", "-o", "cat", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.splitlines()


def _systemctl(*arguments: str, limit: float | None = None) -> subprocess.CompletedProcess[str]:
    command = ["systemctl", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, timeout=limit
    )


def _is_delayed() -> bool:
    """Say whether logind has been told to shut down, and waits for whoever delays that yet."""
    manager = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    command = ["busctl", "--timeout=5", "get-property", *manager, "PreparingForShutdown"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.strip() == "b true"


def _must(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        raise CommandFailed(f"{what}: {' '.join(done.stderr.split()) or f'exit status {done.returncode}'}")
