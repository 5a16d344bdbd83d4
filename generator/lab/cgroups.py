"""A control group for each node.

systemd-nspawn, where no systemd registers its machines, runs a node in the group of its caller. Two nodes
would share one, and each systemd would end the other's services.
"""

from __future__ import annotations

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


def create(node: str) -> list[Path]:
    """Make the groups of ``node``, one in each tree."""
    made = [tree / f"fleet-lab-{node}" for tree in _trees()]
    for group in made:
        group.mkdir(exist_ok=True)
    return made


def existing(node: str = "*") -> list[Path]:
    """List the groups of ``node``, or of all nodes."""
    return [group for tree in _trees() for group in tree.glob(f"fleet-lab-{node}")]


def remove(node: str = "*") -> None:
    """Remove the groups of ``node``, or of all nodes, whose processes have ended."""
    for group in existing(node):
        folders = [path for path in group.rglob("*") if path.is_dir()]
        for folder in [*sorted(folders, reverse=True), group]:
            folder.rmdir()


def _trees() -> list[Path]:
    return hierarchies(Path("/proc/self/mounts").read_text())
