# ruff: noqa: D102 (the methods are those of Type, which says what they are)
"""The Puppet data types that are made of others: choices, secrets, and types under another name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.puppet_types.nodes import Mismatch, Path, Schema, Type, named
from generator.puppet_types.scalars import BooleanType, NumberType, StringType


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
    """``Sensitive``: no value of YAML is one, but Hiera makes one of a whole value; no message holds it."""

    inner: Type

    def __str__(self) -> str:
        return f"Sensitive[{self.inner}]"

    @property
    def words(self) -> str:
        return f"a secret: {self.inner.words}"

    def schema(self) -> Schema:
        return self.inner.schema()

    def accepts(self, value: Any) -> bool:
        return False

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if path:
            cure = "the class has to want all of it as Sensitive"
            return Mismatch(path, f"nothing makes a part of a value {self} ({cure})")
        return self.wrong(value, path)

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


SCALAR = VariantType((StringType(), NumberType("Numeric"), BooleanType()))
