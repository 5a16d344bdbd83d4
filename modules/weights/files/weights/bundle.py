"""The files of a bundle of weights, as the list that the catalogue names by its digest has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

#: Bytes of a piece, whose digest tells where a large file is damaged; the last one of a file may be shorter.
PIECE = 16 * 2**20

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: No name that hides, climbs, or that a shell, a URL or a Metalink would need to quote.
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")


class ListError(Exception):
    """A list of files that is none; says which entry, and what is wrong with it."""


class File(NamedTuple):
    """A file of a bundle, at ``path`` below the bundle's folder.

    ``size`` is in bytes. ``sha256`` is None where nobody has locked the file yet; ``pieces`` are the digests
    of each :data:`PIECE` bytes of it in turn, or none where they are not known.
    """

    path: str
    size: int | None = None
    sha256: str | None = None
    pieces: tuple[str, ...] = ()


def dump(files: Sequence[File]) -> str:
    """Write a list: the same files give the same text, and so the same digest."""
    entries = [_entry(file) for file in sorted(files)]
    return json.dumps({"piece_bytes": PIECE, "files": entries}, indent=1) + "\n"


def parse(text: str) -> tuple[File, ...]:
    """Read a list. Raises ListError, above all where a path would lead out of the bundle's folder."""
    try:
        data = json.loads(text)
        piece, entries = data["piece_bytes"], data["files"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ListError(f"no list of files: {type(error).__name__}: {error}") from None
    if piece != PIECE:
        raise ListError(f"its pieces have {piece!r} bytes (this program knows {PIECE})")
    if not isinstance(entries, list) or not entries:
        raise ListError("it has no files")
    files = tuple(_file(entry) for entry in entries)
    _no_two_in_one_place(files)
    return files


def unlocked(files: Sequence[File]) -> list[str]:
    """Name the files whose digest nobody knows."""
    return [file.path for file in files if file.sha256 is None]


def why_no_path(path: object) -> str | None:
    """Say why ``path`` is none below a folder, or None where it is one."""
    if isinstance(path, str) and _PATH.fullmatch(path):
        return None
    return "is no path below a bundle's folder (letters, digits and . _ + -; no step begins with a dot)"


def _entry(file: File) -> dict[str, Any]:
    known = {name: value for name, value in file._asdict().items() if value not in (None, ())}
    return {**known, "pieces": list(file.pieces)} if file.pieces else known


def _file(entry: Any) -> File:
    if not isinstance(entry, dict) or "path" not in entry:
        raise ListError(f"{entry!r} is no file (a mapping with path, size and sha256)")
    path = entry["path"]
    wrong = why_no_path(path) or _why_wrong(entry)
    if wrong:
        raise ListError(f"{path!r} {wrong}")
    return File(path, entry.get("size"), entry.get("sha256"), tuple(entry.get("pieces", ())))


def _why_wrong(entry: dict[str, Any]) -> str | None:
    size, sha256, pieces = entry.get("size"), entry.get("sha256"), entry.get("pieces", [])
    unknown = sorted(set(entry) - set(File._fields))
    if unknown:
        return f"has {', '.join(map(repr, unknown))}, which this program does not know"
    if size is not None and (type(size) is not int or size < 0):
        return f"has the size {size!r} (bytes)"
    if sha256 is not None and not _is_digest(sha256):
        return f"has the sha256 {sha256!r} (64 hex digits)"
    if sha256 is not None and size is None:
        return "has a sha256, but no size"
    if not isinstance(pieces, list) or not all(map(_is_digest, pieces)):
        return "has pieces that are no list of digests (64 hex digits each)"
    if pieces and len(pieces) != -(-(size or 0) // PIECE):
        return f"has {len(pieces)} pieces of {PIECE} bytes, for {size} bytes"
    return None


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _no_two_in_one_place(files: Sequence[File]) -> None:
    paths = {file.path for file in files}
    if len(paths) < len(files):
        raise ListError("a path is there twice")
    for path in paths:
        for folder in folders(path):
            if folder in paths:
                raise ListError(f"{folder!r} is a file, and the folder of {path!r}")


def folders(path: str) -> Iterator[str]:
    """Name the folders that a path leads through, the outermost first."""
    steps = path.split("/")
    return ("/".join(steps[:end]) for end in range(1, len(steps)))
