"""What is in a file: its size and digests, and where it differs from what it should be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from weights.bundle import PIECE, File

_BLOCK = 2**20


def measure(folder: str, path: str) -> File:
    """Read the file at ``path`` below ``folder`` once, to its end. Raises OSError."""
    whole = hashlib.sha256()
    pieces = []
    size = 0
    with open(os.path.join(folder, path), "rb") as content:
        while True:
            piece = hashlib.sha256()
            length = 0
            for block in _blocks(content, PIECE):
                whole.update(block)
                piece.update(block)
                length += len(block)
            if not length:
                break
            size += length
            pieces.append(piece.hexdigest())
    return File(path, size, whole.hexdigest(), tuple(pieces))


def difference(wanted: File, found: File) -> str | None:
    """Say in what a file that was measured is not the one that is wanted, or None where it is."""
    if wanted.size is not None and found.size != wanted.size:
        return f"has {found.size} bytes, not {wanted.size}"
    if wanted.sha256 is None or found.sha256 == wanted.sha256:
        return None
    damaged = [n for n, (one, other) in enumerate(zip(wanted.pieces, found.pieces)) if one != other]
    if not damaged:
        return f"has the sha256 {found.sha256}, not {wanted.sha256}"
    first = damaged[0] * PIECE
    return f"is damaged in {len(damaged)} of {len(found.pieces)} pieces, the first from byte {first} on"


def missing(folder: str, file: File) -> str | None:
    """Say why there is nothing to read where a file should be, or None where there is: no byte is read."""
    path = os.path.join(folder, file.path)
    if not os.path.isfile(path):
        return "is missing" if not os.path.lexists(path) else "is no file"
    size = os.path.getsize(path)
    return f"has {size} bytes, not {file.size}" if file.size is not None and size != file.size else None


def _blocks(content: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        block = content.read(min(_BLOCK, length))
        if not block:
            return
        length -= len(block)
        yield block
