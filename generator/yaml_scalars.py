"""What an unquoted YAML value means, and what libyaml's complaints mean in plain words.

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
    """Cut ``text`` for a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def _integer(text: str) -> int:
    # the length goes first: int() raises on thousands of digits
    if len(text) > 20 or not -INTEGER_LIMIT <= (number := int(text)) < INTEGER_LIMIT:
        raise Ambiguous(f"{short(text)} is too big for a number of 64 bits: quote it if text")
    return number


def _float(text: str) -> float:
    number = float(text)
    kept = repr(number)
    if not math.isfinite(number):
        raise Ambiguous(f"{short(text)} is too big for a number: quote it if text")
    if "e" not in text.lower() and kept != text.lstrip("+"):
        raise Ambiguous(
            f"{short(text)} would be kept as the number {kept}: quote it if text, else write {kept}"
        )
    return number


#: libyaml's words (and PyYAML's own scanner's) -> plain words, by the first piece of text that occurs.
PROBLEMS = [
    ("mapping values are not allowed", "a second ': ' here, or wrong indentation (quote a text with ': ')"),
    ("could not find expected ':'", "this is no 'key: value' (a ':' is missing, or wrong indentation)"),
    ("did not find expected key", "neither a key nor the end of this block (look at indentation and quotes)"),
    ("did not find expected '-' indicator", "a list goes on without '- ' (look at the indentation)"),
    ("block sequence entries are not allowed", "a list item cannot begin here (give it its own line)"),
    ("expected ',' or ']'", "',' or ']' is missing in the list in brackets"),
    ("expected ',' or '}'", "',' or '}' is missing in the mapping in braces"),
    ("unexpected end of stream", "this quoted text never ends (close the quote)"),
    ("unknown escape character", "unknown escape after '\\' (write '\\\\', or use single quotes)"),
    ("expected hexdecimal", "this escape needs hexadecimal digits (or write '\\\\')"),
    ("expected escape sequence of", "this escape needs hexadecimal digits (or write '\\\\')"),
    ("cannot start any token", "a value cannot begin with this character (quote it)"),
    ("unexpected document indicator", "'---' or '...' inside a quoted text (close the quote)"),
    ("alphabetic or numeric character", "'*' and '&' need a name after them (quote a text that begins so)"),
    ("undefined tag handle", "a tag ('!...') is not allowed here (quote a text that begins with '!')"),
    ("expected the node content", "a value is missing here"),
    ("did not find expected node content", "a value is missing here (quote a text that begins like this)"),
    ("expected <document start>", "text after the end of the data (look at the indentation)"),
    ("did not find expected <document start>", "text after the end of the data (look at the indentation)"),
    ("incompatible YAML document", "only YAML 1.1 and 1.2 are read (leave the %YAML line out)"),
]


#: Found at the end of the file, cured where the text or the key begins.
CURED_AT_START = ("unexpected end of stream", "could not find expected ':'", "unexpected document indicator")


def plain_words(problem: str) -> str:
    """Say a parser's ``problem`` in plain words."""
    return "broken YAML: " + next((plain for piece, plain in PROBLEMS if piece in problem), problem)
