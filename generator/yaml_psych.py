"""What an unquoted YAML value is to Psych, Ruby's and so Puppet's reader.

The rules are those of ``Psych::ScalarScanner#tokenize`` (psych 4, Ruby 3.1), in its order. Puppet lets Psych
make no dates and no times, and takes no symbol for a value: see :class:`Unusable`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from generator.yaml_scalars import INTEGER_LIMIT, Ambiguous, Scalar, plain_scalar, short, written

#: Longer numbers, which nobody writes, would cost Python time that grows by the square.
_LONGEST_NUMBER = 400


class Unusable(ValueError):
    """An unquoted value with which Puppet can do nothing; the message holds the cure."""


def psych_scalar(text: str) -> Scalar:
    """Read an unquoted value as Puppet does.

    Raises:
        Unusable: it makes Puppet refuse the file, or the value.

    >>> psych_scalar("on"), psych_scalar("0777"), psych_scalar("1:30"), psych_scalar("1__0")
    (True, 511, 5400, '1__0')
    """
    if not text:
        return None
    if text[0] not in "0123456789.:+-":
        return _word(text)
    if symbol_name(text) is not None:
        raise Unusable(f"{short(text)} is a Ruby symbol to Puppet, which no value may be: quote it")
    if _DATE.fullmatch(text):
        raise Unusable(f"{short(text)} is a date to Puppet, which refuses the file: quote it")
    for shape, read in _NUMBERS:
        if shape.fullmatch(text):
            return _number(text, read)
    return text


def surprise(text: str, value: Scalar) -> str:
    """Say why a person would be surprised that Puppet takes the unquoted ``text`` for ``value``, or nothing.

    A surprise is what two readers of YAML take differently, or what is not kept as written.
    """
    try:
        if plain_scalar(text) == value:
            return ""
    except Ambiguous:
        pass
    if isinstance(value, str):
        return f"{short(text)} is text to Puppet, and something else to other readers of YAML: quote it"
    if isinstance(value, float) and text.endswith("0") and "e" not in text.lower():  # likely a version
        meant = f"quote it ('{short(text)}'), or write {written(value)} if a number is meant"
        return f"{short(text)} is {meaning(value)} to Puppet: {meant}"
    exact = value is None or math.isfinite(value)
    other = f"write {short(written(value))}, or " if exact else ""
    return f"{short(text)} is {meaning(value)} to Puppet: {other}quote it if text"


def meaning(value: Scalar) -> str:
    """Say what ``value``, which is no text, is."""
    if value is None:
        return "nothing (undef)"
    if isinstance(value, bool):
        return written(value)
    size = ", too big for 64 bits" if isinstance(value, int) and abs(value) >= INTEGER_LIMIT else ""
    return f"the number {short(written(value))}{size}"


def symbol_name(text: str) -> str | None:
    """Return the name of the Ruby symbol that the unquoted ``text`` is to Psych; None where it is none."""
    if not text.startswith(":") or len(text) == 1 or "\n" in text:
        return None
    quoted = re.match(r""":(["'])(.*)\1""", text)
    return quoted[2].removeprefix(":") if quoted else text[1:]


def _word(text: str) -> Scalar:
    """Read what does not begin as a number does: Psych looks at each line of a text, whatever the case."""
    if text == "~":
        return None
    if len(text) > 5 or _NO_WORD.search(text):
        return text
    folded = text.casefold()
    for shape, value in _WORDS:
        if shape.search(folded):
            return value
    return text


def _number(text: str, read: Callable[[str], int | float]) -> int | float:
    if len(text) > _LONGEST_NUMBER:
        raise Unusable(f"{short(text)} is too long for a number: quote it")
    try:
        return read(text)
    except ValueError:
        message = "is a number without digits to Puppet, which refuses the file"
        raise Unusable(f"{short(text)} {message}: quote it") from None


def _sixties(text: str, read: type[int] | type[float]) -> int | float:
    """Read a number to base sixty: ``1:30`` is 5400, for the first of its parts always counts 3600."""
    number = read()
    for part, unit in zip(text.split(":"), (3600, 60, 1), strict=False):
        number += read(_leading(part)) * unit
    return number


def _leading(text: str) -> str:
    """Return what Ruby's ``to_i`` and ``to_f`` read of ``text``: two ``_`` in a row end a number."""
    number = re.match(r"[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?", text)
    return number[0] if number else "0"


def _float(text: str) -> float:
    return float(text.replace(",", "").replace("_", ""))


def _integer(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    size = digits.lstrip("+-")
    base = 16 if size[:2] == "0x" else 2 if size[:2] == "0b" else 8 if size[:1] == "0" else 10
    return int(digits, base)


_NO_WORD = re.compile("^[^ytonf~]", re.M | re.I)
#: (what some line of a short text is, its value)
_WORDS: list[tuple[re.Pattern[str], Scalar]] = [
    (re.compile("^null$", re.M), None),
    (re.compile("^(?:yes|true|on)$", re.M), True),
    (re.compile("^(?:no|false|off)$", re.M), False),
]
#: A time, or a date, of whatever year.
_DATE = re.compile(
    r"-?[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}:?(?:[0-9]{2})?))?"
    r"|[0-9]{4}-(?:1[012]|0[0-9]|[0-9])-(?:[12][0-9]|3[01]|0[0-9]|[0-9])"
)
_NUMBERS: list[tuple[re.Pattern[str], Callable[[str], int | float]]] = [
    (re.compile(r"\+?\.inf", re.I), lambda text: math.inf),
    (re.compile(r"-\.inf", re.I), lambda text: -math.inf),
    (re.compile(r"\.nan", re.I), lambda text: math.nan),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}"), lambda text: _sixties(text, int)),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*"), lambda text: _sixties(text, float)),
    (re.compile(r"(?![-+]?\.\Z)[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?"), _float),
    (re.compile(r"[-+]?(?:0b[01_,]+|0[0-7_,]+|0|[1-9](?:[0-9]|,[0-9]|_[0-9])*|0x[0-9a-fA-F_,]+)"), _integer),
]
