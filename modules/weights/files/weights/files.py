"""Files and folders that outlive a power cut, and callers that wait for each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def alone(folder: str, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait until nobody else works in ``folder``, which is made; the lock ends with whoever holds it.

    ``waits`` is called where somebody does.
    """
    os.makedirs(folder, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync(path: str) -> None:
    """Have a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(path: str, target: str) -> None:
    """Give a file or a folder another name, and have that survive a power cut."""
    os.rename(path, target)
    sync(os.path.dirname(os.path.abspath(target)))
