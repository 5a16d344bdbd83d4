"""The texts in a value, and those that are not what a node gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from generator.yaml_source import Step

#: Texts, each with the way to it from the top of its file.
Texts = Sequence[tuple[tuple[Step, ...], str]]
#: How a text begins that Puppet, or eyaml, puts another in the place of.
_MARK = re.compile(r"%\{|^\s*(?:ENC\[|DEC\()", re.IGNORECASE)


def texts(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield every text in a value, with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*path, number))


def marked(value: Any) -> Texts:
    """Return the texts in a value in whose place Puppet, or eyaml, may put others."""
    return [(path, text) for path, text in texts(value) if _MARK.search(text)]
