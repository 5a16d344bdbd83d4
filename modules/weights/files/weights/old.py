"""What lies in cache_hub that nothing needs: bundles of before, and what runs that were cut off have left."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from weights.needs import NAME, Needs
from weights.verified import DAMAGED, VERIFIED

#: Where a bundle goes before it is deleted, below cache_hub.
ASIDE = "store/old"
BLOBS = "store/blobs"
#: What the store has under its own names.
_ROOMS = ("blobs", "damaged", "incoming", "old")
_BUNDLE = re.compile(NAME + "-[0-9a-f]{7}")
_DIGEST = re.compile("[0-9a-f]{64}")


class Old(NamedTuple):
    """Something at ``path`` below cache_hub that nothing needs, with its ``files``; or why it ``stays``."""

    path: str
    files: tuple[os.stat_result, ...]
    stays: str | None = None


def find(cache_hub: str, needs: Needs, known: Collection[str]) -> list[Old]:
    """List what nothing needs, in the order in which it is to go; ``known`` are the catalogue's bundles."""
    return [*_left_over(cache_hub, needs), *_bundles(cache_hub, needs, known)]


def is_bundle(name: str) -> bool:
    """Say whether a folder of this name below cache_hub may be a bundle's."""
    return _BUNDLE.fullmatch(name) is not None


def why_it_stays(cache_hub: str, folder: str) -> str | None:
    """Say what in a folder the store has not put there, or None where all of it may go with the folder."""
    own = _inodes(cache_hub)
    for path in _paths(folder):
        if not all(_is_own(found, own) for found in _look([path])):
            return f"{os.path.relpath(path, cache_hub)} is none of the store's (move it away)"
    return None


def loose(cache_hub: str, needs: Needs) -> Iterator[tuple[str, os.stat_result]]:
    """Iterate over the blobs that are linked nowhere, and that no needed bundle waits for, by their paths."""
    for entry in _entries(f"{cache_hub}/{BLOBS}"):
        for found in _look([entry.path]):
            is_blob = _DIGEST.fullmatch(entry.name) and stat.S_ISREG(found.st_mode)
            if is_blob and found.st_nlink == 1 and entry.name not in needs.digests:
                yield entry.path, found


def room(files: Sequence[os.stat_result]) -> int:
    """Count the bytes that are free when all these links are gone: none of what has other links, too."""
    known = {(one.st_dev, one.st_ino): one for one in files}
    links = Counter((one.st_dev, one.st_ino) for one in files)
    return sum(one.st_blocks * 512 for inode, one in known.items() if one.st_nlink == links[inode])


def frees(cache_hub: str, found: Sequence[Old], needs: Needs) -> Iterator[tuple[Old, int]]:
    """Say how many bytes each of ``found`` would free, deleted in this order."""
    going: list[os.stat_result] = []
    before = 0
    for old in found:
        links = [*going, *old.files]
        inodes = {(one.st_dev, one.st_ino) for one in links}
        blobs = [one for one in _blobs(cache_hub, needs) if (one.st_dev, one.st_ino) in inodes]
        # a loose one is among its own files already
        after = room([*links, *(one for one in blobs if one.st_nlink > 1)])
        yield old, after - before
        if not old.stays:
            going, before = links, after


def files_of(path: str) -> tuple[os.stat_result, ...]:
    """Look at each file of a folder, or at the one file at ``path``."""
    is_folder = os.path.isdir(path) and not os.path.islink(path)
    return tuple(_look(_paths(path) if is_folder else [path]))


def _left_over(cache_hub: str, needs: Needs) -> Iterator[Old]:
    for entry in _entries(f"{cache_hub}/{ASIDE}"):
        yield Old(f"{ASIDE}/{entry.name}", files_of(entry.path))
    for entry in _entries(f"{cache_hub}/store"):
        if entry.name not in _ROOMS:  # a bundle whose laying out was cut off
            stays = why_it_stays(cache_hub, entry.path)
            yield Old(f"store/{entry.name}", files_of(entry.path), stays)
    for entry in _entries(f"{cache_hub}/store/incoming"):
        if entry.name not in needs.by:
            yield Old(f"store/incoming/{entry.name}", files_of(entry.path))
    if _entries(f"{cache_hub}/store/damaged"):
        yield Old("store/damaged", files_of(f"{cache_hub}/store/damaged"))
    blobs = tuple(found for _, found in loose(cache_hub, needs))
    if blobs:
        yield Old(BLOBS, blobs)


def _bundles(cache_hub: str, needs: Needs, known: Collection[str]) -> Iterator[Old]:
    own = _inodes(cache_hub)
    for entry in _entries(cache_hub):
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and is_bundle(entry.name) and entry.name not in needs.by:
            files = files_of(entry.path)
            if entry.name in known or any(_is_own(one, own) for one in files):
                yield Old(entry.name, files, why_it_stays(cache_hub, entry.path))


def _is_own(found: os.stat_result, own: Collection[tuple[int, int]]) -> bool:
    """Say whether the store has put a file there: it has read it, or it is a link of one that it keeps."""
    was_read = found.st_mtime in (VERIFIED, DAMAGED)
    return stat.S_ISREG(found.st_mode) and (was_read or (found.st_dev, found.st_ino) in own)


def _inodes(cache_hub: str) -> set[tuple[int, int]]:
    """Name the blobs, whose links may have been written to since they were read."""
    found = _look(entry.path for entry in _entries(f"{cache_hub}/{BLOBS}"))
    return {(one.st_dev, one.st_ino) for one in found}


def _blobs(cache_hub: str, needs: Needs) -> list[os.stat_result]:
    blobs = _entries(f"{cache_hub}/{BLOBS}")
    return list(_look(entry.path for entry in blobs if entry.name not in needs.digests))


def _look(paths: Iterable[str]) -> Iterator[os.stat_result]:
    """Look at files, but those that are gone by now: whoever lists does not keep others from their work."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield os.lstat(path)


def _paths(folder: str) -> Iterator[str]:
    """Iterate over what is no folder below ``folder``; no link is followed. Raises OSError."""

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for here, folders, names in os.walk(folder, onerror=fail):
        for name in [*folders, *names]:
            path = os.path.join(here, name)
            if name in names or os.path.islink(path):
                yield path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
