"""From the name of a Puppet data type and its parameters to the type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from generator.puppet_types.choices import SCALAR, AliasType, NotUndefType, SensitiveType, VariantType
from generator.puppet_types.containers import (
    ArrayType,
    CollectionType,
    HashType,
    Member,
    StructType,
    TupleType,
)
from generator.puppet_types.nodes import Bounds, Type
from generator.puppet_types.scalars import (
    ANY,
    AnyType,
    BooleanType,
    EnumType,
    NumberType,
    PatternType,
    StringType,
    UndefType,
)


class PuppetTypeError(ValueError):
    """A text is no Puppet data type, or one that cannot be expressed; ``offset`` counts from 0."""

    def __init__(self, offset: int, message: str) -> None:
        """Say what stands at ``offset`` and what would be right."""
        self.offset = offset
        super().__init__(message)


@dataclass(frozen=True)
class Regexp:
    """A literal ``/…/`` among parameters."""

    source: str


class Default:
    """The word ``default`` among parameters."""


@dataclass(frozen=True)
class Argument:
    """A parameter: a type, text, a :class:`Regexp`, a number, a boolean, ``default``, or a hash's pairs."""

    offset: int
    value: Any


@dataclass(frozen=True)
class Call:
    """A type's name with its parameters; ``arguments`` is empty where there are no brackets."""

    name: str
    offset: int
    arguments: tuple[Argument, ...]

    def fail(self, message: str, argument: Argument | None = None) -> NoReturn:
        """Refuse the type, or one of its parameters."""
        raise PuppetTypeError(argument.offset if argument else self.offset, f"{self.name} {message}")

    def none(self) -> None:
        """Take no parameters."""
        if self.arguments:
            self.fail("takes no parameters", self.arguments[0])

    def only(self, what: str) -> Argument:
        """Take one parameter."""
        if len(self.arguments) != 1:
            self.fail(f"takes one parameter: {what}")
        return self.arguments[0]

    def inner(self, argument: Argument) -> Type:
        """Take a type."""
        if not isinstance(argument.value, Type):
            self.fail("takes a type here", argument)
        return argument.value

    def text(self, argument: Argument) -> str:
        """Take a text that is not empty."""
        if not isinstance(argument.value, str) or not argument.value:
            self.fail("takes a text here", argument)
        return argument.value

    def bounds(
        self, arguments: Sequence[Argument], kinds: tuple[type, ...] = (int,), least: float = 0
    ) -> Bounds:
        """Take at most two bounds, the first of them not below ``least``."""
        if len(arguments) > 2:
            self.fail("takes at most two bounds", arguments[2])
        numbers = []
        for argument in arguments:
            number = None if isinstance(argument.value, Default) else argument.value
            if number is not None and type(number) not in kinds:
                self.fail("takes a number or default here", argument)
            if number is not None and number < least:
                self.fail(f"takes no bound below {least}", argument)
            numbers.append(number)
        low, high = numbers + [None] * (2 - len(numbers))
        if low is not None and high is not None and low > high:
            self.fail(f"has its bounds the wrong way round ({low}, {high})", arguments[0])
        return Bounds(low, high)


def _boolean(call: Call) -> Type:
    if not call.arguments:
        return BooleanType()
    argument = call.only("true or false")
    if not isinstance(argument.value, bool):
        call.fail("takes true or false", argument)
    return BooleanType(argument.value)


def _number(call: Call) -> Type:
    kinds = (int,) if call.name == "Integer" else (int, float)
    return NumberType(call.name, call.bounds(call.arguments, kinds, least=float("-inf")))


def _numeric(call: Call) -> Type:
    call.none()
    return NumberType("Numeric")


def _any(call: Call) -> Type:
    call.none()
    return AnyType(call.name)


def _undef(call: Call) -> Type:
    call.none()
    return UndefType()


def _scalar(call: Call) -> Type:
    call.none()
    return AliasType(call.name, SCALAR, "text, a number, true or false")


def _enum(call: Call) -> Type:
    if not call.arguments:
        call.fail("takes the texts to choose from, such as Enum['hold', 'overlap']")
    for argument in call.arguments:
        if not isinstance(argument.value, str):
            call.fail("takes texts only (for any case, write Pattern[/(?i:\\A…\\z)/])", argument)
    return EnumType(tuple(argument.value for argument in call.arguments))


def _pattern(call: Call) -> Type:
    sources = []
    for argument in call.arguments:
        if not isinstance(argument.value, Regexp | str):
            call.fail("takes regular expressions, such as Pattern[/\\A[a-z]+\\z/]", argument)
        sources.append(argument.value if isinstance(argument.value, str) else argument.value.source)
    if not sources:
        call.fail("takes regular expressions, such as Pattern[/\\A[a-z]+\\z/]")
    return PatternType(tuple(sources))


def _array(call: Call) -> Type:
    # Puppet reads Array[0, 5] too, as lists that hold nothing: nobody means that
    return (
        ArrayType(call.inner(call.arguments[0]), call.bounds(call.arguments[1:]))
        if call.arguments
        else ArrayType()
    )


def _hash(call: Call) -> Type:
    if not call.arguments:
        return HashType()
    if len(call.arguments) == 1:
        call.fail("takes a type for keys and one for values, such as Hash[String, Integer]")
    key, value = (call.inner(argument) for argument in call.arguments[:2])
    return HashType(key, value, call.bounds(call.arguments[2:]))


def _tuple(call: Call) -> Type:
    types = [argument for argument in call.arguments if isinstance(argument.value, Type)]
    if not types or tuple(types) != call.arguments[: len(types)]:
        call.fail("takes types, then bounds")
    sizes = call.arguments[len(types) :]
    size = call.bounds(sizes) if sizes else Bounds(len(types), len(types))
    return TupleType(tuple(argument.value for argument in types), size)


def _struct(call: Call) -> Type:
    argument = call.only("a hash of keys and types, such as Struct[{port => Integer}]")
    if not isinstance(argument.value, list):
        call.fail("takes a hash of keys and types, such as Struct[{port => Integer}]", argument)
    members: dict[str, Member] = {}
    for key, value in argument.value:
        member = _member(call, key, call.inner(value))
        if member.name in members:
            call.fail(f"names the key {member.name} twice", key)
        members[member.name] = member
    return StructType(tuple(members.values()))


def _member(call: Call, key: Argument, value: Type) -> Member:
    """Read ``key``, ``Optional[key]`` or ``NotUndef[key]``; bare, it is as optional as its value."""
    match key.value:
        case VariantType(choices=(EnumType(values=(name,)), _), optional=True):
            return Member(name, value, optional=True)
        case NotUndefType(inner=EnumType(values=(name,))):
            return Member(name, value, optional=False)
    return Member(call.text(key), value, optional=value.accepts(None))


def _optional(call: Call) -> Type:
    argument = call.only("a type")
    inner = EnumType((argument.value,)) if isinstance(argument.value, str) else call.inner(argument)
    return VariantType((inner, UndefType()), optional=True)


def _not_undef(call: Call) -> Type:
    if not call.arguments:
        return NotUndefType(ANY)
    argument = call.only("a type")
    inner = EnumType((argument.value,)) if isinstance(argument.value, str) else call.inner(argument)
    return NotUndefType(inner)


def _variant(call: Call) -> Type:
    if not call.arguments:
        call.fail("takes the types to choose from, such as Variant[Integer, String]")
    return VariantType(tuple(call.inner(argument) for argument in call.arguments))


def _sensitive(call: Call) -> Type:
    return SensitiveType(call.inner(call.only("a type")) if call.arguments else ANY)


BUILDERS: dict[str, Callable[[Call], Type]] = {
    "Any": _any,
    "Data": _any,
    "RichData": _any,
    "Undef": _undef,
    "Boolean": _boolean,
    "Integer": _number,
    "Float": _number,
    "Numeric": _numeric,
    "Scalar": _scalar,
    "ScalarData": _scalar,
    "String": lambda call: StringType(call.bounds(call.arguments)),
    "Enum": _enum,
    "Pattern": _pattern,
    "Collection": lambda call: CollectionType(call.bounds(call.arguments)),
    "Array": _array,
    "Hash": _hash,
    "Tuple": _tuple,
    "Struct": _struct,
    "Optional": _optional,
    "NotUndef": _not_undef,
    "Variant": _variant,
    "Sensitive": _sensitive,
}

#: Puppet's types whose values YAML does not have -> what to write instead
INEXPRESSIBLE = dict.fromkeys(
    "Callable CatalogEntry Class Default Deferred Error Init Iterable Iterator Object Regexp Resource "
    "Runtime SemVerRange Target Type TypeAlias TypeReference TypeSet".split(),
    "write the type of what stands in the YAML",
) | dict.fromkeys(
    "Binary SemVer Timespan Timestamp URI".split(),
    "in YAML it is text: write String[1], or a Pattern",
)
