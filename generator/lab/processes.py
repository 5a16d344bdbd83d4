"""The lab's processes, found by a mark in their environment.

No list of process numbers is kept: one is stale after a kill between a start and its record, and a
number may be another process's by now. A mark is there from the first instruction, and goes with the process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.errors import CommandFailed, FleetError

VARIABLE = "FLEET_LAB"
#: What `up` is in the middle of; it means nothing to whoever comes after it.
WORK = "work"
#: The making of a base image, by `up` or by whoever else needs one.
IMAGE = "image"


@dataclass(frozen=True)
class Processes:
    """The processes of the lab whose state folder is ``state``."""

    state: Path
    _stopped: threading.Event = field(default_factory=threading.Event, compare=False)

    def mark(self, part: str) -> str:
        """Make the value of :data:`VARIABLE` for ``part``."""
        return f"{self.state}:{part}"

    def run(
        self, command: Iterable[str | Path], *, part: str = WORK, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of `up` to its end; raises CommandFailed with the end of what it printed."""
        if self._stopped.is_set():
            raise CommandFailed("stopped")
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, VARIABLE: self.mark(part)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if check and done.returncode:
            raise CommandFailed(failure(done))
        return done

    def start(self, part: str, command: Iterable[str | Path], log: Path, cwd: Path | None = None) -> None:
        """Start a process that outlives this one."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # setsid --fork: this process gets no child that it would have to wait for.
            subprocess.run(
                ["setsid", "--fork", *(str(word) for word in command)],
                cwd=cwd,
                env={**os.environ, VARIABLE: self.mark(part)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
            )

    def find(self, part: str | None = None) -> list[int]:
        """Find the processes of ``part`` (``node`` has ``node/tts1``), or of the whole lab, oldest first."""
        wanted = f"{self.mark(part)}/" if part else f"{self.state}:"
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            value = marked(environment)
            if value and f"{value}/".startswith(wanted):
                found.append(int(folder.name))
        return sorted(found, key=_age)

    def stop_work(self) -> None:
        """End what `up` is in the middle of, and let nothing of it begin any more."""
        self._stopped.set()
        self.kill(WORK)
        self.kill(IMAGE)

    def kill(self, part: str | None = None, patience: float = 20) -> None:
        """End the processes of ``part``, or of the whole lab, and see them gone."""
        deadline = time.monotonic() + patience
        while found := self.find(part):
            if time.monotonic() > deadline:
                raise FleetError(f"processes {found} of the lab do not end")
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.05)


def marked(environment: bytes) -> str | None:
    r"""Read the mark from what ``/proc/PID/environ`` holds.

    >>> marked(b"HOME=/root\0FLEET_LAB=/var/lib/x:work\0")
    '/var/lib/x:work'
    """
    for variable in environment.split(b"\0"):
        name, _, value = variable.partition(b"=")
        if name == VARIABLE.encode():
            return value.decode(errors="replace")
    return None


def failure(done: subprocess.CompletedProcess[str], lines: int = 25) -> str:
    """Say how a command failed, with the last lines of its output."""
    command = " ".join(str(word) for word in done.args)
    tail = "\n".join(f"    {line}" for line in (done.stdout or "").rstrip().splitlines()[-lines:])
    return f"`{command}` ended with {done.returncode}\n{tail}"


def minimal(extra: Mapping[str, str]) -> list[str]:
    """Begin a command on a node: nothing of this machine's environment goes there."""
    plain = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    plain |= {"HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **extra}
    return ["env", "-i", *(f"{name}={value}" for name, value in plain.items())]


def _age(pid: int) -> tuple[int, int]:
    """Order by start time, in clock ticks since boot; a process that has just ended comes last."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]), pid
    except (OSError, IndexError):
        return 2**63, pid
