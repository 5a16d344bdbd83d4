r"""Ruby's regular expressions, as far as Python and JSON Schema (ECMA 262) can say the same.

What comes out is spelled so that both read it alike (no ``\d``, whose meaning differs, no inline flags);
what neither can say exactly is refused. Ruby's facts: Onigmo's doc/RE, syntax "Ruby".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Range = tuple[int, int]

_DIGIT: list[Range] = [(0x30, 0x39)]
_WORD: list[Range] = [*_DIGIT, (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_SPACE: list[Range] = [(0x09, 0x0D), (0x20, 0x20)]
_HEX: list[Range] = [*_DIGIT, (0x41, 0x46), (0x61, 0x66)]
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE, "h": _HEX}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7, "e": 27, "0": 0}
#: what else Ruby takes for an ASCII letter when case does not count
_FOLDS = {ord("s"): 0x17F, ord("k"): 0x212A}
_SYNTAX = frozenset("^$\\.*+?()[]{}|")
_QUANTIFIER = re.compile(r"[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\}")
_FLAGS = re.compile(r"\(\?([mi]*)(?:-([mi]+))?([:)])")
#: without back references, names and numbers of groups are nothing to keep
_OPENING = re.compile(r"\?(?::|<?[=!]|<([A-Za-z_]\w*)>)")
MAX_DEPTH = 40


class RegexpError(ValueError):
    """The expression cannot be translated; ``offset`` counts from 0 in its text."""

    def __init__(self, offset: int, message: str) -> None:
        """Say what stands at ``offset`` and what to write instead."""
        self.offset = offset
        super().__init__(message)


def to_python(source: str) -> re.Pattern[str]:
    """Compile ``source`` for :func:`re.search`, which then finds what Ruby's ``match`` finds.

    Raises:
        RegexpError: it says something that Python and ECMA 262 cannot say.
    """
    try:
        return re.compile(_Translator(source, r"\Z").translate())
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexpError(0, f"no regular expression: {error}") from None


def to_ecma(source: str) -> str:
    """Return ``source`` for the ``pattern`` of a JSON Schema."""
    return _Translator(source, "$").translate()


def _literal(code: int, in_class: bool = False) -> str:
    char = chr(code)
    if char in _SYNTAX or (in_class and char == "-"):
        return f"\\{char}"
    # Python warns about && and ~~ in a class
    if code > 0xFFFF or (char.isprintable() and not (in_class and char in "&~")):
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _complement(ranges: list[Range]) -> list[Range]:
    holes, start = [], 0
    for low, high in sorted(ranges):
        if start < low:
            holes.append((start, low - 1))
        start = max(start, high + 1)
    return [*holes, (start, 0x10FFFF)] if start <= 0x10FFFF else holes


def _class(ranges: list[Range], negated: bool) -> str:
    body = "".join(
        _literal(low, True) if low == high else f"{_literal(low, True)}-{_literal(high, True)}"
        for low, high in dict.fromkeys(ranges)
    )
    return f"[{'^' if negated else ''}{body}]"


@dataclass
class _Translator:
    r"""Reads ``source`` from left to right; ``end`` is how the target language says ``\z``."""

    source: str
    end: str
    at: int = 0
    depth: int = 0
    ignore_case: bool = False
    dot_all: bool = False
    _out: list[str] = field(default_factory=list)

    def translate(self) -> str:
        result = self._alternatives()
        if self.at < len(self.source):
            raise self._error("this ')' closes nothing")
        return result

    def _error(self, message: str, at: int | None = None) -> RegexpError:
        return RegexpError(self.at if at is None else at, message)

    def _peek(self, length: int = 1) -> str:
        return self.source[self.at : self.at + length]

    def _take(self, length: int = 1) -> str:
        taken = self._peek(length)
        if len(taken) < length:
            raise self._error("the regular expression ends too early")
        self.at += length
        return taken

    def _alternatives(self) -> str:
        """Translate up to the ``)`` that closes this group, or to the end."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"groups nested deeper than {MAX_DEPTH}")
        parts: list[str] = []
        while (char := self._peek()) and char != ")":
            if char == "|":
                parts.append(self._take())
            else:
                parts.append(self._atom() + self._quantifier())
        self.depth -= 1
        return "".join(parts)

    def _atom(self) -> str:
        start, char = self.at, self._take()
        match char:
            case "(":
                return self._group(start)
            case "[":
                return self._bracket(start)
            case "\\":
                return self._escape(start)
            case "^":
                return r"(?:^|(?<=\n)(?=[\s\S]))"
            case "$":
                return r"(?![^\n])"
            case ".":
                return r"[\s\S]" if self.dot_all else r"[^\n]"
            case "*" | "+" | "?":
                raise self._error(f"nothing stands before this {char}", start)
            case _:
                return self._char(ord(char), start)

    def _quantifier(self) -> str:
        if not (found := _QUANTIFIER.match(self.source, self.at)):
            return ""
        self.at = found.end()
        text = found[0].replace("{,", "{0,")
        if self._peek() == "?" and not text.startswith("{"):
            text += self._take()
        if self._peek() in ("*", "+", "?") and self._peek():
            raise self._error("two quantifiers in a row mean something else elsewhere (use a group)")
        return text

    def _group(self, start: int) -> str:
        if flags := _FLAGS.match(self.source, start):
            return self._flagged(flags)
        found = _OPENING.match(self.source, self.at)
        if not found and self._peek() == "?":
            raise self._error("of groups, only (…), (?:…), (?i:…), (?m:…) and look-arounds translate", start)
        self.at = found.end() if found else self.at
        opening = f"({found[0]}" if found and not found[1] else "(?:"
        return opening + self._alternatives() + self._close(start)

    def _flagged(self, flags: re.Match[str]) -> str:
        """Translate ``(?i:…)``, or ``(?i)``, which holds to the end of the group that it stands in."""
        before = self.ignore_case, self.dot_all
        self.at = flags.end()
        on, off = flags[1], flags[2] or ""
        self.ignore_case = ("i" in on or self.ignore_case) and "i" not in off
        self.dot_all = ("m" in on or self.dot_all) and "m" not in off
        body = self._alternatives()
        self.ignore_case, self.dot_all = before
        return f"(?:{body})" if flags[3] == ")" else f"(?:{body}{self._close(flags.start())}"

    def _close(self, start: int) -> str:
        if self._peek() != ")":
            raise self._error("this '(' is never closed", start)
        return self._take()

    def _char(self, code: int, start: int) -> str:
        folded = self._fold([(code, code)], start)
        return _literal(code) if len(folded) == 1 else _class(folded, False)

    def _fold(self, ranges: list[Range], start: int) -> list[Range]:
        """Add the other case of ``ranges`` where case does not count."""
        if not self.ignore_case:
            return ranges
        folded = list(ranges)
        for low, high in ranges:
            if high > 0x7F:
                raise self._error("(?i) over letters beyond ASCII does not translate", start)
            for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
                inside = max(low, first), min(high, last)
                if inside[0] <= inside[1]:
                    folded.append((inside[0] + shift, inside[1] + shift))
                for letter, other in _FOLDS.items():
                    if inside[0] <= letter - 32 + (first - 0x41) <= inside[1]:
                        folded.append((other, other))
        return list(dict.fromkeys(folded))

    def _escape(self, start: int) -> str:
        char = self._take()
        if char.lower() in _CLASSES:
            return _class(_CLASSES[char.lower()], char.isupper())
        if char in "AzZ":
            return {"A": "^", "z": self.end, "Z": rf"(?=\n?{self.end})"}[char]
        return self._char(self._code(char, start), start)

    def _code(self, char: str, start: int) -> int:
        r"""Return the character that ``\char…`` stands for."""
        if char in _CONTROLS and not (char == "0" and self._peek().isdigit()):
            return _CONTROLS[char]
        if char in "xu":
            found = re.compile(r"([0-9a-fA-F]{2})" if char == "x" else r"([0-9a-fA-F]{4})").match(
                self.source, self.at
            )
            if found and (char == "u" or int(found[1], 16) < 0x80):
                self.at = found.end()
                return int(found[1], 16)
        if char.isalnum():
            raise self._error(f"\\{char} does not translate", start)
        return ord(char)

    def _bracket(self, start: int) -> str:
        negated = self._peek() == "^" and bool(self._take())
        ranges: list[Range] = []
        while self._peek() != "]" or not ranges:
            low = self._member(start)
            if isinstance(low, list):
                ranges += low
            elif self._peek() == "-" and self._peek(2) != "-]":
                self._take()
                high = self._member(start)
                if isinstance(high, list) or high < low:
                    raise self._error("this range has no end, or runs backwards", start)
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        self._take()
        return _class(self._fold(ranges, start), negated)

    def _member(self, start: int) -> int | list[Range]:
        """Take one character, or one class, of a bracket."""
        at, char = self.at, self._take()
        if self.source.startswith("[:xdigit:]", at):
            self._take(9)
            return list(_HEX)
        if char == "[" or (char == "&" and self._peek() == "&"):
            raise self._error("of classes in a class, only [:xdigit:] translates (write the characters)", at)
        if char != "\\":
            return ord(char)
        char = self._take()
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]
            if char.isupper() and self.ignore_case:
                raise self._error(f"\\{char} in a class under (?i) does not translate", at)
            return _complement(ranges) if char.isupper() else list(ranges)
        return 8 if char == "b" else self._code(char, at)
