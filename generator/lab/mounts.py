"""Mounts below a folder: what is there, and taking them away."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from generator.errors import CommandFailed


def mount_points(mounts: str, folder: Path) -> list[Path]:
    r"""List the mount points at and below ``folder``, innermost first, from ``/proc/self/mounts``.

    >>> mount_points('a /lab/b x rw 0 0\nproc /lab/b/proc x rw 0 0\nc /labor x rw 0 0\n', Path('/lab'))
    [PosixPath('/lab/b/proc'), PosixPath('/lab/b')]
    """
    points = [Path(_unescape(line.split(" ")[1])) for line in mounts.splitlines()]
    return [point for point in reversed(points) if point.is_relative_to(folder)]


def below(folder: Path) -> list[Path]:
    """List this machine's mount points at and below ``folder``, innermost first."""
    return mount_points(Path("/proc/self/mounts").read_text(), folder)


def unmount_below(folder: Path) -> None:
    """Unmount everything at and below ``folder``."""
    for point in below(folder):
        done = subprocess.run(["umount", str(point)], capture_output=True, text=True)
        if done.returncode:
            raise CommandFailed(f"umount {point}: {done.stderr.strip()}")


def _unescape(field: str) -> str:
    """Undo the octal escapes of blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
