"""Who listens where somebody else is to listen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Union

from releases import files

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    Address = Union[IPv4Address, IPv6Address]

_LISTEN = "0A"


def holder(place: str, unit: str) -> str | None:
    """Name a process that is not of ``unit`` and listens where ``place`` does, or return None.

    ``place`` is an address and a port as HAProxy binds them, such as 127.0.0.1:7861; without an address, all.
    """
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, place)}
    if not inodes:
        return None
    for process in filter(str.isdigit, os.listdir("/proc")):
        if _has(process, inodes):
            if f"/{unit}" in (files.read(f"/proc/{process}/cgroup") or ""):
                return None
            name = files.read(f"/proc/{process}/comm") or "?"
            return f"{name.strip()} (process {process})"
    return None


def _listening(table: str, place: str) -> list[str]:
    """List the inodes of the sockets that leave no room for another at ``place``."""
    from ipaddress import ip_address  # not needed where nobody asks

    address, _, port = place.rpartition(":")
    wanted = ip_address(address or "::")
    lines = (files.read(f"/proc/net/{table}") or "").splitlines()[1:]
    listening = [one for one in (line.split() for line in lines) if one[3] == _LISTEN]
    at_port = [one for one in listening if int(one[1].rpartition(":")[2], 16) == int(port)]
    return [one[9] for one in at_port if _collide(_address(one[1].rpartition(":")[0]), wanted)]


def _address(words: str) -> Address:
    """Read an address as the kernel writes it: words of 32 bits, each a number of this machine's."""
    from ipaddress import ip_address

    numbers = [int(words[at : at + 8], 16) for at in range(0, len(words), 8)]
    address = ip_address(b"".join(number.to_bytes(4, sys.byteorder) for number in numbers))
    return getattr(address, "ipv4_mapped", None) or address


def _collide(one: Address, another: Address) -> bool:
    return one == another or _covers(one, another) or _covers(another, one)


def _covers(one: Address, another: Address) -> bool:
    """Say whether ``one`` is all addresses of this kind; those of IPv6 are all of IPv4, too."""
    return one.is_unspecified and one.version >= another.version


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
