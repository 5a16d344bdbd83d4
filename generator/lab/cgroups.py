"""A control group for each node; whatever is in it is the node's.

systemd-nspawn, where no systemd registers its machines, runs a node in the group of its caller. Two nodes
would share one, and each systemd would end the other's services. And a node outlives its nspawn when that is
killed: only its group still tells its processes then.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from generator.errors import FleetError


def hierarchies(mounts: str) -> list[Path]:
    r"""Find in ``/proc/self/mounts`` the trees that systemd uses: the unified one, and the one named systemd.

    >>> hierarchies('cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\ncgroup /c/cpu cgroup rw,cpu 0 0\n')
    [PosixPath('/sys/fs/cgroup/unified')]
    """
    fields = [line.split(" ") for line in mounts.splitlines()]
    return [
        Path(point)
        for _, point, kind, options, *_ in fields
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(","))
    ]


def create(node: str) -> list[Path]:
    """Make the groups of ``node``, one in each tree."""
    made = [tree / f"fleet-lab-{node}" for tree in _trees()]
    for group in made:
        group.mkdir(exist_ok=True)
    return made


def existing(node: str = "*") -> list[Path]:
    """List the groups of ``node``, or of all nodes."""
    return [group for tree in _trees() for group in tree.glob(f"fleet-lab-{node}")]


def processes(node: str) -> list[int]:
    """List the processes of ``node``, as numbered here."""
    lists = [folder / "cgroup.procs" for folder in _folders(node)]
    return sorted({int(pid) for file in lists for pid in _read(file).split()})


def first_process(node: str) -> int | None:
    """Find the process that is number 1 on ``node``; None where it is down."""
    for pid in processes(node):
        numbers = re.search(r"^NSpid:\s+\d+\s+1$", _read(Path(f"/proc/{pid}/status")), re.MULTILINE)
        if numbers:
            return pid
    return None


def remove(node: str = "*", patience: float = 20) -> None:
    """End what runs in the groups of ``node``, or of all nodes, and remove them."""
    deadline = time.monotonic() + patience
    while found := processes(node):
        if time.monotonic() > deadline:
            raise FleetError(f"processes {found} of the lab do not end")
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    for folder in sorted(_folders(node), reverse=True):
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()


def _folders(node: str) -> list[Path]:
    """List the groups of ``node`` and those that its systemd makes, and takes away at any moment."""
    # os.walk, unlike Path.rglob, goes on where a folder is gone when it gets there
    return [Path(folder) for group in existing(node) for folder, _, _ in os.walk(group)]


def _read(file: Path) -> str:
    """Read a file of the kernel's; what it tells of may be gone by now."""
    try:
        return file.read_text()
    except OSError:
        return ""


def _trees() -> list[Path]:
    return hierarchies(Path("/proc/self/mounts").read_text())
