"""Names that may be meant by a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from generator.puppet_types.nodes import suggestion


def near_name(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)``; letters that changed places come before letters that differ.

    >>> near_name("prot", ["root", "port"])
    ' (did you mean port?)'
    """
    names = list(known)
    swapped = [name for name in names if sorted(name) == sorted(word)]
    return suggestion(word, swapped or names)


def near_version(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)``, but not for a name of which only digits differ: that is another version.

    >>> near_version("v3.0.0", ["v2.0.0"]), near_version("v24beta", ["v24-beta"])
    ('', ' (did you mean v24-beta?)')
    """
    return suggestion(word, [name for name in known if _letters(name) != _letters(word)])


def _letters(name: str) -> str:
    return re.sub(r"\d+", "", name)
