"""Keys with dots: ``a.b.0`` is item 0 of what the hash at key ``a`` has at ``b``; ``a.'b.c'`` quotes a dot.

Puppet's facts: ``Puppet::Pops::Lookup::SubLookup``.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final, NamedTuple

from generator.hiera.problem import Problem

_PIECE = re.compile(r"""\s*"[^"]+"\s*|\s*'[^']+'\s*|[^'".]+""")
_INDEX = re.compile(r":?[+-]?[0-9]+")


class _NotFound:
    """The one value that no data holds: even nil can be found."""

    def __repr__(self) -> str:
        return "NOT_FOUND"


NOT_FOUND: Final = _NotFound()

Segment = str | int


class Key(NamedTuple):
    """A key as it is looked up: ``root`` is what files have, ``segments`` the way into its value."""

    text: str
    root: str
    segments: tuple[Segment, ...]

    @property
    def module(self) -> str | None:
        """The module whose own data is asked, too."""
        return module_of(self.root)


def module_of(root: str) -> str | None:
    """Return the module that the top-level key ``root`` belongs to."""
    return root.partition("::")[0] if "::" in root else None


@functools.lru_cache(maxsize=4096)
def parse_key(text: str) -> Key:
    """Split ``text`` at its dots.

    Raises:
        Problem: a dot or a quote is left over.

    >>> parse_key("a.'b.c'.0").segments
    ('b.c', 0)
    """
    if not any(character in text for character in "'\"."):
        return Key(text, text, ())
    pieces, at = [], 0
    while True:
        piece = _PIECE.match(text, at)
        if piece is None:
            raise Problem(f"{text} is no key (a dot or a quote is left over)")
        pieces.append(_segment(piece[0].strip()))
        if piece.end() == len(text):
            return Key(text, str(pieces[0]), tuple(pieces[1:]))
        if text[piece.end()] != ".":
            raise Problem(f"{text} is no key (a dot or a quote is left over)")
        at = piece.end() + 1


def dig(key: Key, value: Any) -> Any:
    """Return what is found in ``value`` by the segments of ``key``, or ``NOT_FOUND``.

    Raises:
        Problem: a segment asks for a key of what is no hash.
    """
    for segment in key.segments:
        if value is None:
            return NOT_FOUND
        if isinstance(segment, int) and isinstance(value, list):
            if not 0 <= segment < len(value):
                return NOT_FOUND
        elif not isinstance(value, dict):
            raise Problem(f"{key.text} looks for {segment} in what is no hash")
        elif segment not in value:
            return NOT_FOUND
        value = value[segment]
    return value


def _segment(piece: str) -> Segment:
    if piece.startswith(("'", '"')):
        return piece[1:-1]
    if _INDEX.fullmatch(piece):
        # Ruby's to_i makes 0 of what begins with a colon
        return 0 if piece.startswith(":") else int(piece)
    return piece
