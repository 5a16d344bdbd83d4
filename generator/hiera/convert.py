"""``convert_to``: what Puppet's ``new`` makes of a value, where that is simple.

Puppet's facts: ``Puppet::Pops::Lookup::LookupAdapter#convert_result``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from generator.hiera.keys import NOT_FOUND

_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_WORDS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
#: Whole numbers beyond have no exact float.
_EXACT = 2**53


@dataclass(frozen=True)
class Sensitive:
    """A value that no output may hold."""

    value: Any

    def __str__(self) -> str:
        return "Sensitive [value redacted]"

    __repr__ = __str__


def convert(value: Any, to: Any) -> Any:
    """Return what ``convert_to: to`` makes of ``value``; ``NOT_FOUND`` where that takes Puppet to say.

    >>> convert("7", "Integer"), convert("x", ["Array", True]), convert("x", "Integer[0, 5]")
    (7, ['x'], NOT_FOUND)
    """
    match to if isinstance(to, list) else [to]:
        case [str(name)] if name in _CONVERSIONS:
            return _CONVERSIONS[name](value)
        case ["Array", True]:
            return value if isinstance(value, list) else [value]
        case _:
            return NOT_FOUND


def _string(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else NOT_FOUND


def _integer(value: Any) -> Any:
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) else NOT_FOUND
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else NOT_FOUND


def _float(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > _EXACT:
        return NOT_FOUND
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return NOT_FOUND
    return float(value) if isinstance(value, str | int | float) else NOT_FOUND


def _numeric(value: Any) -> Any:
    if isinstance(value, float) or (isinstance(value, str) and "." in value):
        return _float(value)
    return _integer(value)


def _boolean(value: Any) -> Any:
    if isinstance(value, int | float):
        return value != 0
    return _WORDS.get(value.lower(), NOT_FOUND) if isinstance(value, str) else NOT_FOUND


def _array(value: Any) -> Any:
    if isinstance(value, dict):
        return [list(pair) for pair in value.items()]
    return list(value) if isinstance(value, list | str) else NOT_FOUND


_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "String": _string,
    "Integer": _integer,
    "Float": _float,
    "Numeric": _numeric,
    "Boolean": _boolean,
    "Array": _array,
    "Sensitive": Sensitive,
}
