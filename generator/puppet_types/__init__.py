"""Puppet data types: read from Puppet's notation, held against values, and made JSON Schema.

One reader for all: the parameters of a service definition and the classes written by hand.

>>> str(check(parse("Struct[{port => Stdlib::Port}]"), {"port": 99999}))
'port: 99999 is no Stdlib::Port (a port: a whole number from 0 to 65535)'
>>> to_json_schema(parse("Optional[String[1]]"))
{'anyOf': [{'type': 'string', 'minLength': 1}, {'type': 'null'}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.puppet_types.builders import PuppetTypeError
from generator.puppet_types.nodes import Mismatch, Schema, Type
from generator.puppet_types.reader import Reader

__all__ = ["Mismatch", "PuppetTypeError", "Type", "check", "parse", "to_json_schema"]


def parse(text: str, aliases: Mapping[str, str] | None = None) -> Type:
    """Read a Puppet data type.

    Args:
        text: the type in Puppet's notation.
        aliases: modules' own types, by name, each in Puppet's notation.

    Raises:
        PuppetTypeError: it is no type, or one that no value of YAML can have.
    """
    aliases = aliases or {}
    return Reader(text, aliases, {name.lower(): name for name in aliases}).read()


def check(wanted: Type, value: Any) -> Mismatch | None:
    """Return where and how ``value`` is not of the ``wanted`` type; None where it is.

    The verdict is Puppet's own.
    """
    return wanted.mismatch(value)


def to_json_schema(wanted: Type) -> Schema:
    """Return a JSON Schema (draft 7) for editors.

    It accepts all that the type accepts. It cannot tell 1 from 1.0; :func:`check` can.
    """
    return wanted.schema()
