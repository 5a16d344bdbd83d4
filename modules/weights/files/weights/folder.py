"""A folder as a source, such as a mounted NAS.

As a program of its own, ``folder.py FROM TO`` copies a file: from a mount that hangs, no process comes back.
It writes a dot whenever it gets on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import selectors
import subprocess
import sys
from contextlib import suppress
from typing import IO, BinaryIO

_BLOCK = 4 * 2**20
#: ioctl_ficlone(2): the new file shares the old one's blocks, where a file system can do that.
_FICLONE = 0x40049409
#: What the program ends with where the disk is full.
_NO_SPACE = 28
#: What is wrong with a mount that does not answer.
HANGS = "does not answer"


def copy(source: str, target: str, patience: float) -> str | None:
    """Copy a file, and go on where an earlier copy ended; return why not all could be read, or None.

    It is given up after ``patience`` seconds without progress. Raises OSError where the disk is full.
    """
    command = [sys.executable, "-I", __file__, source, target]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout and child.stderr
    with child.stdout, child.stderr:
        if not _gets_on(child.stdout, patience):
            child.kill()
            with suppress(subprocess.TimeoutExpired):
                child.wait(1)  # while the mount hangs, it does not end
            return HANGS
        said = child.stderr.read().decode(errors="replace").strip()
    if child.wait() == _NO_SPACE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)
    return said or None


def _gets_on(dots: IO[bytes], patience: float) -> bool:
    """Read to the end of ``dots``; say whether none took longer than ``patience`` seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(dots, selectors.EVENT_READ)
        while selector.select(patience):
            if not os.read(dots.fileno(), 2**16):
                return True
    return False


def _main(source: str, target: str) -> int:
    try:
        with open(source, "rb") as old, open(target, "ab") as new:
            if not _cloned(old, new):
                _append(old, new)
            new.flush()
            os.fsync(new.fileno())
    except OSError as error:
        print(error.strerror, file=sys.stderr)
        return _NO_SPACE if error.errno == errno.ENOSPC else 1
    return 0


def _cloned(old: BinaryIO, new: BinaryIO) -> bool:
    if new.tell():
        return False
    try:
        fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
    except OSError:
        return False
    return True


def _append(old: BinaryIO, new: BinaryIO) -> None:
    old.seek(new.tell())
    while True:
        block = old.read(_BLOCK)
        if not block:
            return
        new.write(block)
        print(".", end="", flush=True)


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
