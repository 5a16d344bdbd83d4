"""Files that survive a power cut, and locks that die with their holder."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


def read(path: str) -> str | None:
    """Return what a file holds (bytes that are no UTF-8 replaced), or None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(path: str, text: str, mode: int) -> None:
    """Put ``text`` at ``path``: whoever reads finds the old or the new, after a power cut too.

    Raises OSError, which names ``path``.
    """
    try:
        _write(path, text, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def write_passing(path: str, text: str, mode: int) -> None:
    """Put ``text`` at ``path`` as :func:`write` does, but wait for no disk: a power cut may take it."""
    beside = f"{path}.new"
    with _opened(beside, mode) as stream:
        stream.write(text)
    os.replace(beside, path)


def _write(path: str, text: str, mode: int) -> None:
    beside = f"{path}.new"
    with _opened(beside, mode) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)
    sync_folder(os.path.dirname(path))


def _opened(path: str, mode: int) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    os.fchmod(descriptor, mode)
    return open(descriptor, "w", encoding="utf-8")


def sync_folder(path: str) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: str, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock at ``path``; call ``waits`` once where somebody else holds it.

    The kernel drops the lock with the process, however that ends, and no child inherits it.
    """
    descriptor = _lock_file(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock_file(path: str) -> int:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise OSError(errno.ELOOP, "a link in place of a lock (remove it)", path) from None
