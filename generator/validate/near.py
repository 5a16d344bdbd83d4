"""Names that may be meant by a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

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
    >>> near_version("v2.0", ["v2.0.0", "v2.5.0"])  # a version that says more comes first
    ' (did you mean v2.0.0?)'
    """
    others = [name for name in known if _letters(name) != _letters(word)]
    more = [name for name in others if name.removeprefix("v").startswith(f"{word.removeprefix('v')}.")]
    return suggestion(word, more or others)


def near_file(stem: str, known: Iterable[str]) -> str:
    """Return `` (did you mean NAME.yaml?)``, but not for another version, or a name that says more.

    >>> near_file("Debain", ["Debian"]), near_file("Debian-11", ["Debian-12", "Debian"])
    (' (did you mean Debian.yaml?)', '')
    """
    others = [name for name in known if _letters(name) != _letters(stem) and not stem.startswith(f"{name}-")]
    near = get_close_matches(stem, others, n=1, cutoff=0.8)
    return f" (did you mean {near[0]}.yaml?)" if near else ""


def _letters(name: str) -> str:
    return re.sub(r"\d+", "", name)
