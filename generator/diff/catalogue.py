"""A compiled catalogue, or why there is none, as compile.rb answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

#: Where Puppet says a place inside of a message, and the same of Psych, which is the truer one.
_PLACE = re.compile(r"\s*\(file: ([^,()]+)(?:, line: (\d+))?(?:, column: (\d+))?\)")
_YAML_PLACE = re.compile(r"\(([^()\s]+)\): (.*) at line (\d+) column (\d+)", re.DOTALL)
#: What Puppet puts before every error that a function raises.
_PREFIX = re.compile(r"^(?:Evaluation Error: )?(?:Error while evaluating a \w[\w ]*, )?")


@dataclass(frozen=True)
class Catalogue:
    """A node's catalogue: parameters by resource, such as ``File[/etc/motd]``.

    ``containment`` has pairs of a class or defined type and what is in it; ``native`` names the types that do
    something on a node.
    """

    resources: dict[str, dict[str, Any]]
    containment: list[tuple[str, str]]
    native: frozenset[str]


@dataclass(frozen=True)
class Refusal:
    """Why a node does not compile; ``path`` is relative to the repository.

    Where Puppet names no place, ``path`` is empty and ``line`` and ``column`` are 0.
    """

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Say it as every error of an input is said."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


def read_answer(text: str) -> Catalogue | Refusal:
    """Read what compile.rb answers about a node."""
    answer = json.loads(text)
    if "error" in answer:
        return _refusal(**answer["error"])
    return Catalogue(
        answer["resources"],
        [(container, contained) for container, contained in answer["containment"]],
        frozenset(answer["native"]),
    )


def _refusal(message: str, path: str | None, line: int | None, column: int | None) -> Refusal:
    if found := _YAML_PLACE.search(message):
        path, line, column = found[1], int(found[3]), int(found[4])
        message = found[2]
    elif not path and (place := _PLACE.search(message)):
        path, line, column = place[1], int(place[2] or 0), int(place[3] or 0)
    message = " ".join(_PREFIX.sub("", _PLACE.sub("", message)).split())
    return Refusal(path or "", line or 0, column or 0, message)
