"""Who listens on a port."""

from __future__ import annotations

import os

from releases import files

_LISTEN = "0A"


def holder(port: int, unit: str) -> str | None:
    """Name a process that listens on ``port`` and is not of ``unit``, or return None."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, port)}
    if not inodes:
        return None
    for process in filter(str.isdigit, os.listdir("/proc")):
        if _has(process, inodes):
            if f"/{unit}" in (files.read(f"/proc/{process}/cgroup") or ""):
                return None
            name = files.read(f"/proc/{process}/comm") or "?"
            return f"{name.strip()} (process {process})"
    return None


def _listening(table: str, port: int) -> list[str]:
    """List the inodes of the sockets that listen on a port."""
    lines = (files.read(f"/proc/net/{table}") or "").splitlines()[1:]
    fields = [line.split() for line in lines]
    return [one[9] for one in fields if one[3] == _LISTEN and int(one[1].rpartition(":")[2], 16) == port]


def _has(process: str, inodes: set[str]) -> bool:
    """Say whether a process has one of the sockets open."""
    folder = f"/proc/{process}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False  # it has ended meanwhile
    return any(_target(f"{folder}/{name}") in inodes for name in names)


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""  # closed meanwhile
