"""What a Puppet data type is once it is read: what it accepts, its JSON Schema, and its plain words.

Values are those of YAML: text, whole numbers, numbers with a point, booleans, None, lists, and mappings
whose keys are text. Verdicts are Puppet's (``instance?``): 1 is no Float, true is no Integer.
"""

from __future__ import annotations

import difflib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator.puppet_types.regexp import to_ecma, to_python

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
        return Mismatch(path, f"{shown} is no {_cut(str(self))} ({self.words}{_cure(self, value)})")


def show(value: Any) -> str:
    """Name ``value`` in a message, cut where it is long."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing (~)" if value is None else _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
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
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


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
        kinds = {"Integer": (int,), "Float": (float,), "Numeric": (int, float)}[self.name]
        return isinstance(value, kinds) and not isinstance(value, bool) and value in self.bounds


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
        return None if self.accepts(value) else Mismatch(path, f"{show(value)} is no {_cut(self.words)}")


@dataclass(frozen=True)
class VariantType(Type):
    """``Variant``, and ``Optional``, which is a choice between a type and nothing."""

    choices: tuple[Type, ...]
    optional: bool = False

    def __str__(self) -> str:
        if self.optional:
            return f"Optional[{self.choices[0]}]"
        return named("Variant", [str(choice) for choice in self.choices])

    @property
    def words(self) -> str:
        return ", or ".join(choice.words for choice in self.choices)

    def schema(self) -> Schema:
        return {"anyOf": [choice.schema() for choice in self.choices]}

    def accepts(self, value: Any) -> bool:
        return any(choice.accepts(value) for choice in self.choices)

    @property
    def secret(self) -> bool:
        return any(choice.secret for choice in self.choices)

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if self.accepts(value):
            return None
        tries = [found for choice in self.choices if (found := choice.mismatch(value, path))]
        deep = [found for found in tries if len(found.path) > len(path)]
        if self.optional or len(deep) == 1:
            return deep[0] if deep else tries[0]
        return self.wrong(value, path)


@dataclass(frozen=True)
class NotUndefType(Type):
    """``NotUndef``: anything but nothing, or a type less nothing."""

    inner: Type

    def __str__(self) -> str:
        return f"NotUndef[{self.inner}]"

    @property
    def words(self) -> str:
        return self.inner.words

    def schema(self) -> Schema:
        return {"allOf": [self.inner.schema(), {"not": {"type": "null"}}]}

    def accepts(self, value: Any) -> bool:
        return value is not None and self.inner.accepts(value)

    @property
    def secret(self) -> bool:
        return self.inner.secret


@dataclass(frozen=True)
class SensitiveType(Type):
    """``Sensitive``: on the desk the value is still plain, and is judged so; messages never hold it."""

    inner: Type

    def __str__(self) -> str:
        return f"Sensitive[{self.inner}]"

    @property
    def words(self) -> str:
        return f"a secret: {self.inner.words}"

    def schema(self) -> Schema:
        return self.inner.schema()

    def accepts(self, value: Any) -> bool:
        return self.inner.accepts(value)

    @property
    def secret(self) -> bool:
        return True


@dataclass(frozen=True)
class AliasType(Type):
    """A type under another name, stdlib's or a module's own."""

    name: str
    target: Type
    meaning: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        return self.meaning or self.target.words

    def schema(self) -> Schema:
        return {"title": self.name, "description": self.words, **self.target.schema()}

    def accepts(self, value: Any) -> bool:
        return self.target.accepts(value)

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if self.accepts(value):
            return None
        found = self.target.mismatch(value, path)
        return found if found and found.path != path else self.wrong(value, path)

    @property
    def secret(self) -> bool:
        return self.target.secret


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` where something known looks like ``word``."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


ANY = AnyType()
SCALAR = VariantType((StringType(), NumberType("Numeric"), BooleanType()))
