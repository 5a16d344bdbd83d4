"""How Ruby writes a value inside a text (``to_s``): what ``%{lookup('x')}`` leaves where x is no text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f", "\v": "\\v",
            "\b": "\\b", "\a": "\\a", "\x1b": "\\e"}  # fmt: skip
#: Ruby escapes a # where an interpolation of its own would begin.
_HASH = re.compile(r"#(?=[{$@])")
#: Ruby shows U+0085, the one control character that it counts as a space, as it is.
_UNPRINTABLE = {"Cc", "Cn", "Cs", "Zl", "Zp"}


def to_s(value: Any) -> str:
    """Return ``value`` as Ruby 3.1 to 3.3 put it into a text (3.4 writes hashes otherwise).

    >>> to_s({"a": [1, None, True, 1e20]})
    '{"a"=>[1, nil, true, 1.0e+20]}'
    """
    if isinstance(value, str):
        return value
    return "" if value is None else _inspect(value)


def _inspect(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return '"' + _HASH.sub(r"\\#", "".join(map(_character, value))) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_inspect, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inspect(key)}=>{_inspect(item)}" for key, item in value.items()) + "}"
    return str(value)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character == "\x85" or unicodedata.category(character) not in _UNPRINTABLE:
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\u{{{code:X}}}"


def _float(value: float) -> str:
    """Ruby's shortest float: with an exponent below 1e-4 and, where it is whole, from 1e15 on."""
    mantissa, _, power = repr(value).partition("e")
    if mantissa.endswith(".0") and 1e15 <= abs(value) < 1e16:
        # Python writes an exponent from 1e16 on
        digits = mantissa.removesuffix(".0").rstrip("0")
        point = len(digits) - len(digits.lstrip("-")) + 1
        mantissa, power = f"{digits[:point]}.{digits[point:] or '0'}", "+15"
    if not power:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power}"
