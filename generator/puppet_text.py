"""Text for rendered files: Puppet literals, and comments that cannot break out of themselves."""

from __future__ import annotations

import re
import textwrap
from typing import Any

#: What a double-quoted Puppet string escapes by name.
_NAMED = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\t": "\\t"}
_PLAIN = re.compile(r"[^\x00-\x1f\x7f'\\$]*\Z")
_MUST_ESCAPE = re.compile(r'[\x00-\x1f\x7f\\"$]')


def literal(value: Any) -> str:
    r"""``value`` as a Puppet literal: what Puppet reads is what went in.

    Hashes and arrays come out on one line. Raises TypeError for what Puppet has no literal for.

    >>> literal('50 $')
    '"50 \\$"'
    """
    if value is None:
        return "undef"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # Puppet reads the sign and the digits apart, and has no + in exponents
        return "-9223372036854775807 - 1" if value == -(2**63) else repr(value).replace("e+", "e")
    if isinstance(value, str):
        if _PLAIN.match(value):
            return f"'{value}'"
        return '"' + _MUST_ESCAPE.sub(_escape, value) + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)} => {literal(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"Puppet has no literal for {value!r}")


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _NAMED.get(character, f"\\u{{{ord(character):x}}}")


def comment(text: str, prefix: str = "# ", width: int = 110) -> str:
    """``text`` as comment lines, each with ``prefix``."""
    return "\n".join(
        prefix + line
        for line in textwrap.wrap(text, width - len(prefix), break_long_words=False, break_on_hyphens=False)
    )


def cell(text: str) -> str:
    """``text`` for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def gecos(text: str) -> str:
    """``text`` for the comment field of an account, which has no colons and commas."""
    return "".join(character for character in text if character not in ":,\\")


def specifier(text: str) -> str:
    """``text`` for a systemd setting that is not quoted but expands specifiers."""
    return text.replace("%", "%%")


def epp(text: str) -> str:
    """``text`` for the text of an EPP template, where nothing of it is a tag."""
    return re.sub("<%|%>", lambda tag: "<%%" if tag[0] == "<%" else "%%>", text)


def with_parents(paths: list[str] | tuple[str, ...]) -> list[str]:
    """Relative ``paths`` and every folder above them, each once, parents first."""
    folders = set()
    for path in paths:
        steps = path.split("/")
        folders |= {"/".join(steps[: count + 1]) for count in range(len(steps))}
    return sorted(folders)
