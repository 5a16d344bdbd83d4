"""What to say to a name that nothing has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: How many names a line of output takes.
MOST = 12


def alike(word: str, known: Iterable[str]) -> str:
    """Say which of the ``known`` names look like ``word``, or else the last of them.

    >>> alike("prot", ["root", "port"]), alike("x", ["root", "port"]), alike("x", [])
    ('did you mean root or port?', 'there are: root, port', 'there are none')
    """
    names = list(known)
    if near := difflib.get_close_matches(word, names):
        return f"did you mean {' or '.join(near)}?"
    cut = "…, " if len(names) > MOST else ""
    return f"there are: {cut}{', '.join(names[-MOST:])}" if names else "there are none"


def quoted(word: str) -> str:
    """Write what may hold anything as a part of one line of a message."""
    return repr(word[:60])
