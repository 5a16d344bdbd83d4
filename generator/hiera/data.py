"""The data files, each read once."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.errors import InputError
from generator.hiera import cohort
from generator.yaml_source import Document, load_data
from generator.yaml_text import read_bytes

#: A key that stands in a file letter by letter, whatever quotes are around it.
_PLAIN = re.compile(r"[\w:.-]+", re.ASCII)
JSON = "json_data"


@dataclass(slots=True)
class _File:
    """What is at a path: nothing (``raw`` is None), or bytes, ``opaque`` where a key may hide in them."""

    raw: bytes | None
    opaque: bool
    document: Document | InputError | None = None
    surprises: list[InputError] = field(default_factory=list)


class Data:
    """A cache of files: what a file says does not change while one command runs."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._files: dict[Path, _File] = {}

    def keep(self, document: Document) -> None:
        """Have what ``document`` says, which was read already."""
        self._files[document.path] = _File(b"", True, document)

    def exists(self, path: Path) -> bool:
        """Whether there is something at ``path``, be it a file or a folder."""
        return self._file(path).raw is not None

    def read(self, path: Path, reader: str = "yaml_data") -> Document:
        """Return what ``path`` says.

        Raises:
            InputError: Puppet could not read it, or it is over the limits of :mod:`generator.yaml_source`.
        """
        file = self._file(path)
        if file.document is None:
            try:
                document, file.surprises = load_data(path)
                file.document = _AS.get(reader, _as_it_is)(document)
            except InputError as error:
                file.document = error
        if isinstance(file.document, InputError):
            raise file.document
        return file.document

    def surprises(self, path: Path) -> list[InputError]:
        """Return the places of ``path``, once read, that Puppet takes otherwise than people do."""
        return self._file(path).surprises

    def holds(self, path: Path, key: str, reader: str = "yaml_data") -> bool:
        """Whether ``path`` has the top-level ``key``; a file that cannot have it is not parsed.

        Raises:
            InputError: as for :meth:`read`, where the file may have the key.
        """
        file = self._file(path)
        if file.raw is None:
            return False
        if reader == cohort.READER:
            return key == cohort.key_of(path) and key in self.read(path, reader).data
        needle = _needle(key)
        if needle and not file.opaque and needle not in file.raw:
            return False
        return key in self.read(path, reader).data

    def speaks_to(self, path: Path, reader: str, certname: object) -> bool:
        """Whether ``path`` has something for the node ``certname``: a rollout's file has, for its members.

        So may one that is broken: asked for its key, it says what is wrong.
        """
        if reader != cohort.READER:
            return True
        try:
            document = self.read(path, reader)
        except InputError:
            return True
        return isinstance(document, cohort.Cohort) and certname in document.members

    def _file(self, path: Path) -> _File:
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = _look(path)
        return file


def _look(path: Path) -> _File:
    """Return the bytes at ``path``; escapes could hide a key in them.

    What is there and cannot be read is opaque: :meth:`Data.read` says what is wrong with it.
    """
    try:
        raw = read_bytes(path)
    except InputError:
        return _File(b"", True) if os.path.exists(path) else _File(None, False)
    return _File(raw, b"\\" in raw)


@functools.lru_cache(maxsize=1024)
def _needle(key: str) -> bytes | None:
    """Return what every file with ``key`` contains; None where that is not certain."""
    return key.encode() if _PLAIN.fullmatch(key) else None


def _as_json(document: Document) -> Document:
    """Take the values as JSON says them: YAML has other rules for numbers. Places are the same in both.

    Raises:
        InputError: it is no JSON.
    """
    try:
        return replace(document, data=json.loads(document.path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise InputError(document.path, error.lineno, error.colno, f"no JSON: {error.msg}") from None


def _as_it_is(document: Document) -> Document:
    return document


#: What each reader makes of what YAML says.
_AS: dict[str, Callable[[Document], Document]] = {JSON: _as_json, cohort.READER: cohort.Cohort.of}
