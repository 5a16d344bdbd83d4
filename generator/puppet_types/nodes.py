"""What every Puppet data type is once it is read: verdicts, a JSON Schema, and plain words.

Values are those of YAML: text, whole numbers, numbers with a point, booleans, None, lists, and mappings
whose keys are text. Verdicts are Puppet's (``instance?``): 1 is no Float, true is no Integer.
"""

from __future__ import annotations

import difflib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generator.puppet_text import literal

Path = tuple[str | int, ...]
Schema = dict[str, Any]


@dataclass(frozen=True)
class Mismatch:
    """Where in a value a type was not met, and how; ``key`` where it is a key that is wrong."""

    path: Path
    message: str
    key: bool = False

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(
            "."
        )
        return f"{where}: {self.message}" if where else self.message


class Type(ABC):
    """A data type; ``str()`` gives Puppet's notation."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What an operator writes for it."""

    @abstractmethod
    def schema(self) -> Schema:
        """Return its JSON Schema (draft 7), which never refuses what the type accepts."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Tell whether ``value`` is one."""

    @property
    def secret(self) -> bool:
        """Whether no message may hold a value."""
        return False

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        """Return what is wrong with ``value``, which is found at ``path``; None where nothing is."""
        return None if self.accepts(value) else self.wrong(value, path)

    def wrong(self, value: Any, path: Path) -> Mismatch:
        """Say that ``value`` as a whole is not one."""
        shown = "this secret" if self.secret else show(value)
        return Mismatch(path, f"{shown} is no {cut(str(self))} ({self.words}{_cure(self, value)})")


def show(value: Any) -> str:
    """Name ``value`` in a message, cut where it is long."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing (~)" if value is None else cut(json.dumps(value, ensure_ascii=False))


def cut(text: str) -> str:
    """Cut a text for a message."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def _cure(wanted: Type, value: Any) -> str:
    """Say how ``value`` becomes right where only its spelling is wrong."""
    if isinstance(value, bool | int | float) and wanted.accepts(json.dumps(value)):
        return ": quote it"
    if isinstance(value, str) and value in ("true", "false") and wanted.accepts(value == "true"):
        return ": write it without quotes"
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return ": write it without quotes" if wanted.accepts(int(value)) else ""
    if isinstance(value, int) and not isinstance(value, bool) and wanted.accepts(float(value)):
        return f": write {value}.0"
    return ""


@dataclass(frozen=True)
class Bounds:
    """From ``low`` to ``high``, both included; None is no bound."""

    low: float | None = None
    high: float | None = None

    def __contains__(self, number: float) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    @property
    def parameters(self) -> list[str]:
        """Its parameters in Puppet's notation."""
        if self.low is None and self.high is None:
            return []
        both = ["default" if bound is None else str(bound) for bound in (self.low, self.high)]
        return both[:1] if self.high is None else both

    @property
    def words(self) -> str:
        """It in words, with a space before; nothing where there is no bound."""
        if self.high is None:
            return "" if self.low is None else f" of at least {self.low}"
        return f" of at most {self.high}" if self.low is None else f" from {self.low} to {self.high}"

    def sizes(self, thing: str) -> str:
        """Say how many of a ``thing``, with a space before."""
        return (
            self.words.replace(" from ", " with ").replace(" of ", " with ") + f" {thing}"
            if self.words
            else ""
        )

    def schema(self, low: str, high: str) -> Schema:
        """Return it under the schema's names for the two bounds."""
        return {name: bound for name, bound in ((low, self.low), (high, self.high)) if bound is not None}


UNBOUNDED = Bounds()


def named(name: str, parameters: list[str]) -> str:
    """Write a type in Puppet's notation."""
    return f"{name}[{', '.join(parameters)}]" if parameters else name


def quoted(text: str) -> str:
    """Write a text in Puppet's notation."""
    return literal(text)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` where something known looks like ``word``."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
