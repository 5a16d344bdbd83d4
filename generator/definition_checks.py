"""What can be wrong with a service definition, each with its place; nothing is read or written here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from generator import puppet_types
from generator.definition_schema import INIT_VARIABLES, RESERVED_MODULES, RESERVED_PARAMETERS, TEXT
from generator.errors import InputError
from generator.puppet_types.choices import AliasType, NotUndefType, VariantType
from generator.puppet_types.scalars import (
    BooleanType,
    EnumType,
    NumberType,
    PatternType,
    StringType,
    UndefType,
)
from generator.service import Service
from generator.yaml_source import Document, Step

Place = tuple[Step, ...]

_KINDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false"}

#: What fits into one word of a command line.
_ONE_WORD = (UndefType, BooleanType, NumberType, StringType, EnumType, PatternType)


def shape_error(document: Document, error: Any) -> InputError:
    """What the validator of the shape found, in an operator's words."""
    place = _place(error, document.data)
    extra = _unknown_key(error, document.data, place)
    if extra is None:
        return document.error(place, _plain(error))
    known = error.definition.get("propertyNames", {}).get("description") or ", ".join(
        sorted(error.definition["properties"])
    )
    return document.error((*place, extra), f"{extra!r} is no key here (known: {known})", key=True)


def _place(error: Any, data: Any) -> Place:
    """Where ``error`` is. The validator splits keys at their dots, and numbers list items in text."""
    place: list[Step] = []
    pending = ""
    # the path starts with the root's name, 'data'
    for word in error.path[1:]:
        if isinstance(data, list):
            place.append(int(word))
        elif (pending := f"{pending}.{word}" if pending else word) in data:
            place.append(pending)
        else:
            continue
        data, pending = data[place[-1]], ""
    return tuple(place)


def _unknown_key(error: Any, data: Any, place: Place) -> str | None:
    """The first key that a mapping must not have, where that is what ``error`` is about."""
    if error.rule != "additionalProperties":
        return None
    for step in place:
        data = data[step]
    shapes = [shape.replace("$", r"\Z") for shape in error.definition.get("patternProperties", {})]
    return next(
        str(key)
        for key in data
        if key not in error.definition.get("properties", {})
        and not any(re.search(shape, key) for shape in shapes)
    )


def _plain(error: Any) -> str:
    """The validator's message without its name for the root, and with the words of the schema."""
    name, _, rest = error.message.partition(" ")
    subject = name.removeprefix("data").lstrip(".") or "the definition"
    if error.rule == "required":
        missing = [key for key in error.rule_definition if key not in error.value]
        return f"{subject} lacks {', '.join(missing)}"
    if error.rule == "type" and error.rule_definition in _KINDS:
        rest = f"must be {_KINDS[error.rule_definition]}"
    elif description := error.definition.get("description"):
        rest = f"must be {description}"
    if isinstance(error.value, dict | list):
        return f"{subject} {rest}"
    return f"{subject} {rest} (it is {_short(error.value)})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def name_errors(document: Document, pattern: dict[str, Any]) -> Iterator[InputError]:
    """Names that are taken, or that name nothing."""
    data = document.data
    name = data["name"]
    if name in RESERVED_MODULES:
        yield document.error(("name",), f"{name} is Puppet's or another module's; choose another name")
    elif name != document.path.stem:
        message = f"{name} must be the file's name ({document.path.stem}): rename one of the two"
        yield document.error(("name",), message)
    for role, account in data["accounts"].items():
        if account == "root":
            message = "root runs and builds nothing; name an account of its own"
            yield document.error(("accounts", role), message)
    if data["accounts"]["run"] == data["accounts"]["build"]:
        message = "what runs the service must not build it, or it could change its code; name another account"
        yield document.error(("accounts", "build"), message)
    for parameter in data.get("parameters", {}):
        if owner := _owner_of(parameter, pattern):
            message = f"{parameter} is {owner}; rename it"
            yield document.error(("parameters", parameter), message, key=True)
    # packages differ between versions of Ubuntu more than between it and Debian, whose family it is
    known = {"all", "Debian", "RedHat", *pattern["systems"]}
    for system in data.get("packages", {}):
        if system not in known:
            message = f"{system} is no supported system (known: {', '.join(sorted(known))})"
            yield document.error(("packages", system), message, key=True)


def _owner_of(parameter: str, pattern: dict[str, Any]) -> str:
    if parameter in RESERVED_PARAMETERS:
        return "Puppet's own"
    if parameter in pattern["parameters"]:
        return "every service's already"
    return "a variable of the class itself" if parameter in INIT_VARIABLES else ""


def jobs_errors(document: Document) -> Iterator[InputError]:
    """Jobs of two kinds at once: the front sends each request to one backend."""
    if "jobs" in document.data and "requests" in document.data:
        message = (
            "jobs of Gradio's queue and requests of an HTTP API are two kinds of jobs;"
            " take one of the two out"
        )
        yield document.error(("requests",), message, key=True)


def claim_errors(document: Document, pattern: dict[str, Any]) -> Iterator[InputError]:
    """Flags and environment variables that two would set."""
    data = document.data
    owners = {
        entry[carrier]: f"every service's {name}"
        for name, entry in pattern["parameters"].items()
        for carrier in ("flag", "env")
        if carrier in entry
    }
    for place, value, owner, is_key in _claims(data):
        first = owners.setdefault(value, owner)
        if first != owner:
            message = f"{value} is set by {first} already; take one of the two out"
            yield document.error(place, message, key=is_key)


def _claims(data: dict[str, Any]) -> Iterator[tuple[Place, str, str, bool]]:
    """Place, flag or variable, who sets it, and whether the place is that of a key."""
    for key, flag in data["listen"].items():
        yield ("listen", key), flag, f"listen.{key}", False
    if "flag" in data.get("weights", {}):
        yield ("weights", "flag"), data["weights"]["flag"], "weights.flag", False
    for variable in data.get("environment", {}):
        yield ("environment", variable), variable, "environment", True
    for name, entry in data.get("parameters", {}).items():
        for carrier in ("flag", "env"):
            if carrier in entry:
                yield ("parameters", name, carrier), entry[carrier], f"the parameter {name}", False


def parameter_errors(document: Document, aliases: dict[str, str]) -> Iterator[InputError]:
    """Types that cannot be expressed or carried, and defaults that their own type forbids."""
    for name, entry in document.data.get("parameters", {}).items():
        place = ("parameters", name)
        try:
            kind = puppet_types.parse(entry["type"], aliases)
            written_as(kind, aliases)
        except puppet_types.PuppetTypeError as error:
            yield document.error((*place, "type"), str(error))
            continue
        if not _fits_one_word(kind):
            message = (
                f"{kind} fits into no flag or variable (take text, a number, a boolean, or Optional of it)"
            )
            yield document.error((*place, "type"), message)
        if "default" not in entry:
            continue
        default = entry["default"]
        if wrong := puppet_types.check(kind, default):
            message = f"the default of {name} is not of its type: {wrong}"
            yield document.error((*place, "default", *wrong.path), message)
        elif isinstance(default, str) and not re.search(TEXT.replace("$", r"\Z"), default):
            message = f"the default of {name} has a control character, which no unit can hold (take it out)"
            yield document.error((*place, "default"), message)


def written_as(kind: puppet_types.Type, aliases: dict[str, str]) -> str:
    """The notation of ``kind`` for the class: one line, the same however it was spelled in the definition.

    Raises PuppetTypeError where Puppet would not read it as the same type.
    """
    text = str(kind)
    try:
        same = text.isprintable() and str(puppet_types.parse(text, aliases)) == text
    except puppet_types.PuppetTypeError:
        same = False
    if not same:
        raise puppet_types.PuppetTypeError(
            0, f"{text!r} is no type that one line can hold (write it simpler)"
        )
    return text


def _fits_one_word(kind: puppet_types.Type) -> bool:
    match kind:
        case AliasType():
            return _fits_one_word(kind.target)
        case NotUndefType():
            return _fits_one_word(kind.inner)
        case VariantType():
            return all(_fits_one_word(choice) for choice in kind.choices)
        case _:
            return isinstance(kind, _ONE_WORD)


def neighbour_errors(document: Document, service: Service, others: list[Service]) -> Iterator[InputError]:
    """What ``service`` claims although one of ``others`` has it: accounts, the port, the folder."""
    for other in others:
        taken = {other.accounts.run, other.accounts.build}
        for role, account in (("run", service.accounts.run), ("build", service.accounts.build)):
            if account in taken:
                yield _taken(document, ("accounts", role), f"the account {account}", other)
        if service.port == other.port:
            yield _taken(document, ("port",), f"the port {service.port}", other)
        if f"{service.root}/".startswith(f"{other.root}/") or f"{other.root}/".startswith(f"{service.root}/"):
            yield _taken(document, ("root",), f"the folder {service.root}", other)


def _taken(document: Document, place: Place, what: str, other: Service) -> InputError:
    return document.error(place, f"{what} is {other.name}'s already (give {document.data['name']} another)")
