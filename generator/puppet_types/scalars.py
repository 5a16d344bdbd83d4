# ruff: noqa: D102 (the methods are those of Type, which says what they are)
"""The Puppet data types of single values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator.puppet_types.nodes import (
    UNBOUNDED,
    Bounds,
    Mismatch,
    Path,
    Schema,
    Type,
    cut,
    named,
    quoted,
    show,
    suggestion,
)
from generator.puppet_types.regexp import to_ecma, to_python


@dataclass(frozen=True)
class AnyType(Type):
    """``Any``, and ``Data`` and ``RichData``: everything that YAML can say."""

    name: str = "Any"
    words = "anything"

    def __str__(self) -> str:
        return self.name

    def schema(self) -> Schema:
        return {}

    def accepts(self, value: Any) -> bool:
        return True


@dataclass(frozen=True)
class UndefType(Type):
    """``Undef``: nothing."""

    words = "nothing: ~"

    def __str__(self) -> str:
        return "Undef"

    def schema(self) -> Schema:
        return {"type": "null"}

    def accepts(self, value: Any) -> bool:
        return value is None


@dataclass(frozen=True)
class BooleanType(Type):
    """``Boolean``, or one of its two values."""

    only: bool | None = None

    def __str__(self) -> str:
        return named("Boolean", [] if self.only is None else [json.dumps(self.only)])

    @property
    def words(self) -> str:
        return "true or false" if self.only is None else json.dumps(self.only)

    def schema(self) -> Schema:
        return {"type": "boolean"} if self.only is None else {"const": self.only}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool) and self.only in (None, value)


@dataclass(frozen=True)
class NumberType(Type):
    """``Integer``, ``Float`` and ``Numeric``; JSON Schema cannot tell 1.0 from 1."""

    name: str
    bounds: Bounds = UNBOUNDED

    def __str__(self) -> str:
        return named(self.name, self.bounds.parameters)

    @property
    def words(self) -> str:
        nouns = {"Integer": "a whole number", "Float": "a number with a point", "Numeric": "a number"}
        return nouns[self.name] + self.bounds.words

    def schema(self) -> Schema:
        kind = "integer" if self.name == "Integer" else "number"
        return {"type": kind, **self.bounds.schema("minimum", "maximum")}

    def accepts(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (
            self.name in ("Numeric", "Integer" if isinstance(value, int) else "Float")
            and value in self.bounds
        )


@dataclass(frozen=True)
class StringType(Type):
    """``String``, with bounds on its characters."""

    bounds: Bounds = UNBOUNDED

    def __str__(self) -> str:
        return named("String", self.bounds.parameters)

    @property
    def words(self) -> str:
        return (
            "text that is not empty" if self.bounds == Bounds(1) else "text" + self.bounds.sizes("characters")
        )

    def schema(self) -> Schema:
        return {"type": "string", **self.bounds.schema("minLength", "maxLength")}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and len(value) in self.bounds


@dataclass(frozen=True)
class EnumType(Type):
    """``Enum``: one of some texts."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return named("Enum", [quoted(value) for value in self.values])

    @property
    def words(self) -> str:
        return "one of " + ", ".join(self.values) if len(self.values) > 1 else f"the text {self.values[0]}"

    def schema(self) -> Schema:
        return {"enum": list(dict.fromkeys(self.values))}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.values

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if self.accepts(value):
            return None
        meant = suggestion(value, self.values) if isinstance(value, str) else ""
        return Mismatch(path, f"{show(value)} is not {self.words}{meant}")


@dataclass(frozen=True)
class PatternType(Type):
    """``Pattern``: text in which one of some regular expressions of Ruby finds something."""

    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        _ = self._expressions  # refuses what does not translate while the type is read

    @cached_property
    def _expressions(self) -> tuple[Any, ...]:
        return tuple(to_python(source) for source in self.sources)

    def __str__(self) -> str:
        return named("Pattern", [f"/{source}/" for source in self.sources])

    @property
    def words(self) -> str:
        return "text that matches " + " or ".join(f"/{source}/" for source in self.sources)

    def schema(self) -> Schema:
        patterns = [to_ecma(source) for source in self.sources]
        if len(patterns) == 1:
            return {"type": "string", "pattern": patterns[0]}
        return {"type": "string", "anyOf": [{"pattern": pattern} for pattern in patterns]}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and any(found.search(value) for found in self._expressions)

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        return None if self.accepts(value) else Mismatch(path, f"{show(value)} is no {cut(self.words)}")


ANY = AnyType()
