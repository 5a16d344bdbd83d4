"""A small picture whose pixels follow from a text and a seed."""

from __future__ import annotations

import hashlib
import struct
import zlib

SIDE = 64


def draw(text: str, seed: int) -> bytes:
    """Draw it, as a PNG: the same text and seed give the same bytes."""
    digest = hashlib.sha256(f"{seed} {text}".encode()).digest()
    rows = b"".join(
        b"\0"
        + bytes(digest[(x * y + x + channel) % 32] ^ (x + y) for x in range(SIDE) for channel in range(3))
        for y in range(SIDE)
    )
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, data = part
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
