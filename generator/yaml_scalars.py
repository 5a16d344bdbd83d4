"""What an unquoted YAML value means.

YAML 1.1 (Psych, which is Puppet's reader, and PyYAML), YAML 1.2 and people disagree about many unquoted
values. Only what all of them read alike is read here; the rest is refused with its cure, a pair of quotes.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None


class Ambiguous(ValueError):
    """An unquoted value that two readers of YAML take differently; the message holds the cure."""


WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+][0-9]+)?")
#: Puppet's integers are 64 bits wide.
INTEGER_LIMIT = 2**63

#: (what an unquoted value looks like, why it is refused); only values that no rule above takes get here.
AMBIGUOUS = [
    (re.compile(r"(?:true|yes|on)", re.I), "is true to some readers: write true, or quote it if text"),
    (re.compile(r"(?:false|no|off)", re.I), "is false to some readers: write false, or quote it if text"),
    (re.compile(r"null", re.I), "is nothing to some readers: write ~, or quote it if text"),
    (re.compile(r"[-+]?\.(?:inf|nan)", re.I), "is no finite number: write a number, or quote it if text"),
    (re.compile(r"[-+]?0[0-7_,]+"), "is an octal number to some readers: quote it if text"),
    (re.compile(r"[-+]?0(?:[xX][0-9a-fA-F_,]+|o[0-7]+|b[01_,]+)"),
     "is a number in another base to some readers: write it in decimal digits, or quote it if text"),
    (re.compile(r"[-+]?[0-9][0-9_,]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
     "is a number to base sixty to some readers: quote it"),
    (re.compile(r"[-+]?(?:[0-9][0-9_,]*(?:\.[0-9_,]*)?|\.[0-9][0-9_,]*)(?:[eE][-+]?[0-9]+)?"),
     "is a number to some readers and text to others: quote it if text, "
     "else write plain digits (1000, 0.5)"),
    (re.compile(r":.+", re.S), "is a Ruby symbol to Puppet: quote it"),
    (re.compile(r"=|<<"), "has a meaning of its own in YAML: quote it"),
]  # fmt: skip


def plain_scalar(text: str) -> Scalar:
    """Read an unquoted value; dates stay text.

    Raises:
        Ambiguous: readers of YAML differ about it, or it would not be kept as written (``3.10``).

    >>> plain_scalar("7860"), plain_scalar("0.5"), plain_scalar("true"), plain_scalar("2024-01-01")
    (7860, 0.5, True, '2024-01-01')
    """
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return _integer(text)
    if FLOAT.fullmatch(text):
        return _float(text)
    for shape, reason in AMBIGUOUS:
        if shape.fullmatch(text):
            raise Ambiguous(f"{short(text)} {reason}")
    return text


def short(text: str) -> str:
    """Cut ``text`` for a message, which is one line."""
    cut = text if len(text) <= 60 else f"{text[:57]}..."
    return cut if cut.isprintable() else repr(cut)[1:-1]


def written(value: Scalar) -> str:
    """Return how a value that is no text is written, so that every reader of YAML takes it for that.

    >>> written(None), written(True), written(7), written(1e-05)
    ('~', 'true', '7', '1.0e-05')
    """
    if value is None or isinstance(value, bool):
        return "~" if value is None else str(value).lower()
    kept = str(value)
    return kept.replace("e", ".0e") if "e" in kept and "." not in kept else kept


def _integer(text: str) -> int:
    # the length goes first: int() raises on thousands of digits
    if len(text) > 20 or not -INTEGER_LIMIT <= (number := int(text)) < INTEGER_LIMIT:
        raise Ambiguous(f"{short(text)} is too big for a number of 64 bits: quote it if text")
    return number


def _float(text: str) -> float:
    number = float(text)
    kept = written(number)
    if not math.isfinite(number):
        raise Ambiguous(f"{short(text)} is too big for a number: quote it if text")
    if "e" not in text.lower() and kept != text.lstrip("+"):
        raise Ambiguous(
            f"{short(text)} would be kept as the number {kept}: quote it if text, else write {kept}"
        )
    return number
