# ruff: noqa: D102 (the methods are those of Type, which says what they are)
"""The Puppet data types that hold others: lists and mappings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generator.puppet_types.nodes import (
    UNBOUNDED,
    Bounds,
    Mismatch,
    Path,
    Schema,
    Type,
    named,
    quoted,
    show,
    suggestion,
)
from generator.puppet_types.scalars import ANY


def _first(found: Iterable[Mismatch | None]) -> Mismatch | None:
    return next((mismatch for mismatch in found if mismatch), None)


@dataclass(frozen=True)
class CollectionType(Type):
    """``Collection``: a list or a mapping."""

    size: Bounds = UNBOUNDED

    def __str__(self) -> str:
        return named("Collection", self.size.parameters)

    @property
    def words(self) -> str:
        return "a list or a mapping" + self.size.sizes("entries")

    def schema(self) -> Schema:
        sizes = self.size.schema("minItems", "maxItems") | self.size.schema("minProperties", "maxProperties")
        return {"type": ["array", "object"], **sizes}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list | dict) and len(value) in self.size


@dataclass(frozen=True)
class ArrayType(Type):
    """``Array``: a list of one type."""

    item: Type = ANY
    size: Bounds = UNBOUNDED

    def __str__(self) -> str:
        return named("Array", [str(self.item), *self.size.parameters])

    @property
    def words(self) -> str:
        return "a list" + self.size.sizes("items")

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), **self.size.schema("minItems", "maxItems")}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and len(value) in self.size and all(map(self.item.accepts, value))

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if not isinstance(value, list):
            return self.wrong(value, path)
        if len(value) not in self.size:
            return Mismatch(path, f"a list of {len(value)} items is not {self.words}")
        return _first(self.item.mismatch(item, (*path, index)) for index, item in enumerate(value))


@dataclass(frozen=True)
class TupleType(Type):
    """``Tuple``: a list with a type for each place; the last one holds for all that follow."""

    items: tuple[Type, ...]
    size: Bounds

    def __str__(self) -> str:
        fixed = Bounds(len(self.items), len(self.items))
        return named("Tuple", [*map(str, self.items), *([] if self.size == fixed else self.size.parameters)])

    @property
    def words(self) -> str:
        if self.size.low is not None and self.size.low == self.size.high:
            return f"a list with {self.size.low} items"
        return "a list" + self.size.sizes("items")

    def schema(self) -> Schema:
        items = [item.schema() for item in self.items]
        sizes = self.size.schema("minItems", "maxItems")
        return {"type": "array", "items": items, "additionalItems": items[-1], **sizes}

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, list) or len(value) not in self.size:
            return False
        return all(self._at(index).accepts(item) for index, item in enumerate(value))

    def _at(self, index: int) -> Type:
        return self.items[min(index, len(self.items) - 1)]

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if not isinstance(value, list):
            return self.wrong(value, path)
        if len(value) not in self.size:
            return Mismatch(path, f"a list of {len(value)} items is not {self.words}")
        return _first(self._at(index).mismatch(item, (*path, index)) for index, item in enumerate(value))


@dataclass(frozen=True)
class HashType(Type):
    """``Hash``: a mapping of one type to another."""

    key: Type = ANY
    value: Type = ANY
    size: Bounds = UNBOUNDED

    def __str__(self) -> str:
        return named("Hash", [str(self.key), str(self.value), *self.size.parameters])

    @property
    def words(self) -> str:
        return "a mapping" + self.size.sizes("keys")

    def schema(self) -> Schema:
        keys, sizes = self.key.schema(), self.size.schema("minProperties", "maxProperties")
        names = {"propertyNames": keys} if keys else {}
        return {"type": "object", "additionalProperties": self.value.schema(), **names, **sizes}

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, dict) or len(value) not in self.size:
            return False
        return all(self.key.accepts(key) and self.value.accepts(entry) for key, entry in value.items())

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if not isinstance(value, dict):
            return self.wrong(value, path)
        if len(value) not in self.size:
            return Mismatch(path, f"a mapping of {len(value)} keys is not {self.words}")
        for key, entry in value.items():
            if wrong := self.key.mismatch(key):
                return Mismatch((*path, key), f"the key {wrong.message}", key=True)
            if inside := self.value.mismatch(entry, (*path, key)):
                return inside
        return None


@dataclass(frozen=True)
class Member:
    """A key of a ``Struct``."""

    name: str
    value: Type
    optional: bool


@dataclass(frozen=True)
class StructType(Type):
    """``Struct``: a mapping with a type for each key, and no other keys."""

    members: tuple[Member, ...]

    def __str__(self) -> str:
        pairs = []
        for member in self.members:
            key = quoted(member.name)
            if member.optional != member.value.accepts(None):
                key = f"{'Optional' if member.optional else 'NotUndef'}[{key}]"
            pairs.append(f"{key} => {member.value}")
        return f"Struct[{{{', '.join(pairs)}}}]"

    @property
    def words(self) -> str:
        return "a mapping with the keys " + ", ".join(member.name for member in self.members)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {member.name: member.value.schema() for member in self.members},
            "required": [member.name for member in self.members if not member.optional],
            "additionalProperties": False,
        }

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        met = sum(member.name in value for member in self.members)
        return met == len(value) and all(
            member.value.accepts(value[member.name]) if member.name in value else member.optional
            for member in self.members
        )

    def mismatch(self, value: Any, path: Path = ()) -> Mismatch | None:
        if not isinstance(value, dict):
            return self.wrong(value, path)
        types = {member.name: member.value for member in self.members}
        for key, entry in value.items():
            if key not in types:
                meant = suggestion(key, types) or f" (known: {', '.join(types)})"
                return Mismatch((*path, key), f"the key {show(key)} is unknown{meant}", key=True)
            if inside := types[key].mismatch(entry, (*path, key)):
                return inside
        for member in self.members:
            if not member.optional and member.name not in value:
                return Mismatch(path, f"the key {member.name} is missing ({member.value.words})")
        return None
