"""A control group for each node.

systemd-nspawn, where no systemd registers its machines, runs a node in the group of its caller. Two nodes
would share one, and each systemd would end the other's services.
"""

from __future__ import annotations

import contextlib
from pathlib import Path


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


def groups(node: str) -> list[Path]:
    """Name the groups of ``node``, one in each tree."""
    return [tree / f"fleet-lab-{node}" for tree in hierarchies(Path("/proc/self/mounts").read_text())]


def create(node: str) -> list[Path]:
    """Make the groups of ``node``."""
    made = groups(node)
    for group in made:
        group.mkdir(exist_ok=True)
    return made


def remove(node: str) -> None:
    """Remove the groups of ``node``, whose processes have ended."""
    for group in groups(node):
        for folder in sorted(group.rglob("*/"), reverse=True):
            if folder.is_dir():
                folder.rmdir()
        with contextlib.suppress(FileNotFoundError):
            group.rmdir()


def leftovers() -> list[str]:
    """Name the groups that are still there."""
    trees = hierarchies(Path("/proc/self/mounts").read_text())
    return [f"control group {group}" for tree in trees for group in tree.glob("fleet-lab-*")]
