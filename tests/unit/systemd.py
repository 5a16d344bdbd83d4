"""What systemd makes of the text of a unit, by systemd.syntax(7), systemd.service(5) and its own parser.

Strict where systemd guesses: what it would expand, drop or warn about is an error here.
"""

from __future__ import annotations

import re
from collections import defaultdict

_NAMED = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " ",
    "\\": "\\", '"': '"', "'": "'",
}  # fmt: skip
_NUMBERED = re.compile(r"x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})", re.IGNORECASE)


def read_unit(text: str) -> dict[str, list[str]]:
    """The settings of a unit, whatever their section, in their order.

    Carriage returns and NUL end a line too (read_line in basic/fileio.c).
    """
    # unichar_is_valid in basic/utf8.c: a line with one of these is left out
    odd = [
        hex(ord(letter))
        for letter in text
        if 0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE
    ]
    assert not odd, f"noncharacters: {odd}"
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in re.split("[\n\r\0]", text):
        line = line.strip(" \t")
        if not line or line[0] in "#;[":
            continue
        assert not line.endswith("\\"), f"goes on in the next line: {line}"
        name, equals, value = line.partition("=")
        assert equals and re.fullmatch("[A-Za-z]+", name), f"no setting: {line}"
        found[name].append(value.strip(" \t"))
    return dict(found)


def words(text: str) -> list[str]:
    """The words of a line, unquoted (extract_first_word, EXTRACT_UNQUOTE | EXTRACT_CUNESCAPE)."""
    found: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at] in " \t":
            at += 1
        if at == len(text):
            return found
        word, at = _word(text, at)
        found.append(word)


def _word(text: str, at: int) -> tuple[str, int]:
    word, quote = "", ""
    while at < len(text) and (quote or text[at] not in " \t"):
        character = text[at]
        if character == "\\":
            unescaped, at = _escape(text, at + 1)
            word += unescaped
            continue
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        else:
            word += character
        at += 1
    assert not quote, f"a quote without an end: {text}"
    return word, at


def _escape(text: str, at: int) -> tuple[str, int]:
    assert at < len(text), f"nothing to escape: {text}"
    if text[at] in _NAMED:
        return _NAMED[text[at]], at + 1
    number = _NUMBERED.match(text, at)
    assert number, f"no escape: {text[at - 1 : at + 2]}"
    return chr(int(number[0][1:], 16)), number.end()


def specifiers(text: str) -> str:
    """``text`` with its only allowed specifier, ``%%``, resolved."""
    assert re.fullmatch("([^%]|%%)*", text, re.DOTALL), f"a specifier: {text}"
    return text.replace("%%", "%")


def variables(text: str) -> str:
    """A word of a command line with ``$$`` resolved; any other ``$`` would be expanded (replace_env_argv)."""
    assert re.fullmatch(r"([^$]|\$\$)*", text, re.DOTALL), f"a variable: {text}"
    return text.replace("$$", "$")


def command_line(text: str) -> list[str]:
    """The argv that ExecStart= makes."""
    assert text[0] not in "@-:+!", f"a prefix: {text}"
    assert ";" not in re.sub(r'"([^"\\]|\\.)*"', "", text), f"two commands: {text}"
    return [variables(specifiers(word)) for word in words(text)]


def environment_of(text: str) -> tuple[str, str]:
    """The name and the value of an Environment= with one assignment (env_assignment_is_valid)."""
    (assignment,) = words(text)
    name, equals, value = specifiers(assignment).partition("=")
    assert equals and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name), f"no assignment: {text}"
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", value), (
        f"systemd drops what has control characters: {text!r}"
    )
    return name, value
