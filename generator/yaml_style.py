"""Values as YAML text in the style of hieradata/: block style, two spaces, quotes only where needed."""

from __future__ import annotations

import re
from typing import Any

import yaml

from generator.yaml_psych import Unusable, psych_scalar, surprise
from generator.yaml_scalars import Scalar, written

#: What every reader of YAML takes for a text without quotes, wherever it stands, except for the words and
#: numbers that :func:`_is_plain` sorts out.
_PLAIN = re.compile(r"(?:--)?[A-Za-z_][\w.+/-]*(?:::?[\w.+/-]+)*|[0-9a-f]*[a-df][0-9a-f]*", re.ASCII)


def block(value: dict[str, Any] | list[Any], indent: int) -> list[str]:
    """Write a list or mapping that is not empty as lines without line ends, ``indent`` spaces deep.

    >>> block({'python': '3.11', 'flags': ['--host', '--port']}, 2)
    ["  python: '3.11'", '  flags:', '    - --host', '    - --port']
    """
    pad = " " * indent
    if isinstance(value, dict):
        return [
            line for key, child in value.items() for line in _entry(f"{pad}{scalar(key)}:", child, indent)
        ]
    lines = []
    for item in value:
        if isinstance(item, dict | list) and item:
            first, *rest = block(item, indent + 2)
            lines += [f"{pad}- {first[indent + 2 :]}", *rest]
        else:
            lines.append(f"{pad}- {inline(item)}")
    return lines


def _entry(key: str, value: Any, indent: int) -> list[str]:
    if isinstance(value, dict | list) and value:
        return [key, *block(value, indent + 2)]
    return [f"{key} {inline(value)}"]


def inline(value: Any, quote: str = "") -> str:
    """Write a value on one line, lists and mappings in brackets; a text gets ``quote`` if it can."""
    if isinstance(value, dict):
        return "{" + pairs(value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return scalar(value, quote)


def pairs(mapping: dict[str, Any]) -> str:
    """Write what stands between the braces of a mapping."""
    return ", ".join(f"{scalar(key)}: {inline(value)}" for key, value in mapping.items())


def scalar(value: Scalar, quote: str = "") -> str:
    """Write a text, in ``quote`` (``'``, ``"`` or nothing) if that can carry it, or another scalar.

    >>> scalar('v2.0.0'), scalar('3.10'), scalar('no'), scalar('v2', quote='"')
    ('v2.0.0', "'3.10'", "'no'", '"v2"')
    """
    if not isinstance(value, str):
        return written(value)
    if not quote and _is_plain(value):
        return value
    if quote != '"' and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    # the emitter ends a document of a single scalar with a line end, and would wrap at its width
    double: str = yaml.dump(value, default_style='"', allow_unicode=True, width=2**31)
    return double.rstrip("\n")


def _is_plain(text: str) -> bool:
    try:
        return bool(_PLAIN.fullmatch(text)) and psych_scalar(text) == text and not surprise(text, text)
    except Unusable:
        return False
