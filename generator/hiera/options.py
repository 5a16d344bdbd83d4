"""``lookup_options``: how each key is looked up. Puppet's facts: ``Puppet::Pops::Lookup::LookupAdapter``."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.hiera.problem import Problem
from generator.puppet_types.regexp import RegexpError, to_python

KEY = "lookup_options"


@dataclass(frozen=True)
class Options:
    """What lookup_options says about a key; ``pattern`` is the key, or the ``^…`` that matches it."""

    pattern: str
    merge: Any = None
    convert_to: Any = None


@dataclass(frozen=True)
class Source:
    """Where it says so."""

    path: Path
    line: int
    column: int


def find(options: dict[Any, Any], root: str) -> Options | None:
    """Return what the merged ``options`` say about ``root``: by its name, else by the first expression.

    Raises:
        Problem: an expression or an entry that Puppet does not take.
    """
    entry = options.get(root)
    if entry is not None and not root.startswith("^"):
        return _options(root, entry)
    for pattern, entry in options.items():
        if isinstance(pattern, str) and pattern.startswith("^") and _compile(pattern).search(root):
            return _options(pattern, entry)
    return None


def check(options: Any, module: str | None) -> None:
    """Hold ``options`` to being a hash, and those of a ``module`` to its own keys.

    Raises:
        Problem: they are not.
    """
    if not isinstance(options, dict):
        raise Problem("lookup_options is a mapping of keys, or of expressions that begin with ^")
    for key in options if module else ():
        if not str(key).removeprefix("^").startswith(f"{module}::"):
            raise Problem(f"lookup_options of a module are about its own keys ({module}::…), not {key}")


@functools.lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return to_python(pattern)
    except RegexpError as error:
        raise Problem(f"{pattern}: {error}") from None


def _options(pattern: str, entry: Any) -> Options:
    if entry is None or isinstance(entry, str):
        # Ruby asks a text for a piece of itself, and finds none
        return Options(pattern)
    if not isinstance(entry, dict):
        raise Problem(f"lookup_options of {pattern} are a mapping (merge: hash)")
    return Options(pattern, entry.get("merge"), entry.get("convert_to"))
