"""Files and folders that are old or new after a power cut, and never in between."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from code_deploy.errors import DeployError

#: What is in a tree beside the repository's content: git's, Python's, at its top r10k's, Puppet's, fleet's.
NOT_CONTENT = frozenset({".git", "__pycache__"})
NOT_CONTENT_AT_TOP = NOT_CONTENT | {".r10k-deploy.json", ".resource_types", "build"}
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def write(path: Path, text: str) -> None:
    """Put ``text`` at ``path``: whoever reads finds the old or the new."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.chmod(0o644)
    beside.replace(path)
    sync_folder(path.parent)


def append(path: Path, line: str) -> None:
    """Add a line to the file at ``path``, durably; what a power cut left of one before is ended first."""
    with path.open("a+b") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            line = line if stream.read(1) == b"\n" else f"\n{line}"
        stream.write(f"{line}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at ``path``, after whoever holds it; the kernel drops it with the process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree, but r10k's git folder, into the new folder ``target``, and have it all on the disk.

    Raises:
        DeployError: it could not be copied: the disk is full, say.
    """
    target.mkdir(parents=True)
    names = sorted(entry.name for entry in source.iterdir() if entry.name != ".git")
    copy = ["cp", "--archive", "--reflink=auto", "--target-directory", str(target), "--", *names]
    done = subprocess.run(copy, cwd=source, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise DeployError((done.stderr.strip().splitlines() or ["cp failed"])[0])


def sync_tree(tree: Path) -> None:
    """Have all of the file system of ``tree`` on the disk.

    Raises:
        DeployError: the disk did not take it.
    """
    done = subprocess.run(["sync", "--file-system", str(tree)], capture_output=True, text=True)
    if done.returncode:
        raise DeployError((done.stderr.strip().splitlines() or ["sync failed"])[0])


def differing(one: Path, other: Path) -> set[str]:
    """Name the files, relative to both trees, whose content, kind or right to be run differs."""
    first, second = _content(one), _content(other)
    return {
        name
        for name in first.keys() | second.keys()
        if first.get(name) != second.get(name)
        or (stat.S_ISREG(first[name][0]) and (one / name).read_bytes() != (other / name).read_bytes())
    }


def _content(tree: Path) -> dict[str, tuple[int, int, str]]:
    """Each file's kind with the right to be run, its size, and where it leads if it is a link."""
    found = {}
    for folder, folders, names in os.walk(tree):
        without = NOT_CONTENT_AT_TOP if folder == str(tree) else NOT_CONTENT
        folders[:] = [name for name in folders if name not in without]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in set(names + links) - without:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            link = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
            kind = stat.S_IFMT(status.st_mode) | status.st_mode & stat.S_IXUSR
            found[os.path.relpath(path, tree)] = (kind, status.st_size, link)
    return found


def point(link: Path, target: Path) -> None:
    """Have ``link`` lead to ``target`` by one rename, also where a folder is in its place: that one goes.

    Raises:
        DeployError: the file system cannot exchange a folder for a link.
    """
    beside = link.with_name(f".{link.name}.new")
    clear(beside)
    beside.symlink_to(target)
    if link.is_dir() and not link.is_symlink():
        _replace_folder(link, beside)
    else:
        beside.replace(link)
    sync_folder(link.parent)


def _replace_folder(folder: Path, link: Path) -> None:
    try:
        folder.rmdir()  # an empty one is Puppet's own doing, and no code
    except OSError:
        _exchange(link, folder)
        clear(link)
    else:
        link.replace(folder)


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step (renameat2(2))."""
    import ctypes  # only once in the life of a server

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        one.unlink()
        raise DeployError(
            f"{other} is a folder, and cannot be exchanged for a link ({errno.errorcode.get(code, code)}); "
            "stop puppetserver, move it away and deploy again"
        )


def clear(path: Path) -> None:
    """Remove a file, a link or a tree, where there is one; what may not be removed is left."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
