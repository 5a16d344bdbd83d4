"""The file of what nobody takes: it keeps no document from its way, and loses none without a word."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

#: Bytes of the file, of which there are two at most.
LIMIT = 32 * 1024 * 1024


class RejectedFile:
    """Lines of JSON: what was refused, and why."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        """Append to ``path``; when it is full, it becomes ``path``.1."""
        self._path = path
        self._limit = limit

    def add(self, entries: Iterable[dict[str, object]]) -> str:
        """Write the entries, and have them on the disk; what is to be told of older ones, or ""."""
        told = self._rotate()
        with self._path.open("a", encoding="utf-8", errors="replace") as stream:
            stream.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
            stream.flush()
            os.fsync(stream.fileno())
        return told

    def _rotate(self) -> str:
        if not self._path.exists() or self._path.stat().st_size <= self._limit:
            return ""
        older = self._path.with_name(f"{self._path.name}.1")
        told = f"{self._path} was full: what is in it is in {older} now"
        if older.exists():
            told += f", and the {older.stat().st_size} bytes of older entries that were there are gone"
        self._path.replace(older)
        return told
