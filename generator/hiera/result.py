"""What a lookup gave, and the way it took."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.hiera.level import Level
from generator.hiera.options import Options, Source
from generator.hiera.strategy import Strategy


@dataclass(frozen=True)
class Entry:
    """One file that was asked, or a level that reads none (``path`` is None then).

    ``line`` and ``column`` say where the key stands, ``value`` what stands there, ``%{…}`` replaced.
    """

    level: Level
    path: Path | None
    exists: bool = False
    found: bool = False
    line: int | None = None
    column: int | None = None
    value: Any = None


@dataclass(frozen=True)
class Result:
    """What a lookup gave. ``trail`` ends with the winner where the first one found wins.

    ``source`` is where lookup_options speak of this key. ``interpolated`` says that another node may get
    another value out of the same files; ``unconverted`` that the value, or one that is looked up in it, is as
    before a ``convert_to`` that :mod:`generator.hiera.convert` does not do.
    """

    key: str
    found: bool
    value: Any
    strategy: Strategy
    options: Options | None
    source: Source | None
    trail: tuple[Entry, ...]
    interpolated: bool
    unconverted: bool

    @property
    def used(self) -> tuple[Entry, ...]:
        """The places that the value is made of, most specific first."""
        return tuple(entry for entry in self.trail if entry.found)
