"""Whether files are as they were verified, told by sizes and times alone.

A file that was found right is given the time :data:`VERIFIED`, which whatever writes to it takes away.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from weights.bundle import File

#: Seconds since 1970, in 1982: no file has it by chance, as it may have the time that archives begin with.
VERIFIED = 400_000_001
#: The same for a file that was found damaged, of which a bundle may still have a link.
DAMAGED = 400_000_002


def is_verified(path: str, size: int | None) -> bool:
    """Say whether a file of ``size`` bytes is as it was when it was found right; no byte is read."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size and found.st_mtime == VERIFIED


def why_not_whole(folder: str, files: Sequence[File]) -> str | None:
    """Say which of the ``files`` below ``folder`` is not as it was verified, or None."""
    for file in files:
        if not is_verified(f"{folder}/{file.path}", file.size):
            return f"{folder}/{file.path} is missing, or not as it was verified"
    return None
