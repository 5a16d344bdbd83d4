"""The shape of a service definition and of the pattern, as JSON Schema (draft 7)."""

from __future__ import annotations

from typing import Any

#: Puppet's own words, which cannot name a module, and modules that are not ours to render.
RESERVED_MODULES = frozenset(
    "and application attr case class consumes default define else elsif environment false function if import in"
    " inherits main module node or plan private produces profile role releases nvidia settings site stdlib true type"
    " undef unless vcsrepo".split()
)

#: Metaparameters of every class, and variables that Puppet sets in every scope.
RESERVED_PARAMETERS = frozenset(
    "alias audit before consume export facts loglevel module_name name noop notify require schedule server_facts"
    " settings stage subscribe tag title trusted caller_module_name environment_name".split()
)

_LINE = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*[^\x00-\x20\x7f\x85\u2028\u2029\\]$"}
_TEXT = {"type": "string", "pattern": r"^[^\x00-\x08\x0b-\x1f\x7f]*$"}
_FLAG = {"type": "string", "pattern": r"^--[A-Za-z0-9][A-Za-z0-9_-]*$"}
_VARIABLE = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"}
_ACCOUNT = {"type": "string", "pattern": r"^[a-z_][a-z0-9_-]{0,30}$"}
_PACKAGES = {"type": "array", "items": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$"}}
_BELOW = {
    "type": "string",
    "pattern": r"^(?!\.\.?(/|$))[A-Za-z0-9_.-]+(/(?!\.\.?(/|$))[A-Za-z0-9_.-]+)*$",
    "description": "a relative path that stays below its folder",
}
_ABSOLUTE = {"type": "string", "pattern": r"^(/(?!\.\.?(/|$))[A-Za-z0-9_.-]+)+$"}

_PARAMETER = {
    "type": "object",
    "required": ["type", "doc"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "default": {},
        "doc": {"type": "string", "pattern": r"\S"},
        "flag": _FLAG,
        "env": _VARIABLE,
    },
}

DEFINITION: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["name", "title", "summary", "source", "port", "accounts", "entry_point", "listen", "ready"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,23}$"},
        "title": _LINE,
        "summary": _LINE,
        "source": _LINE,
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "root": _ABSOLUTE,
        "gpu": {"type": "boolean"},
        "accounts": {
            "type": "object",
            "required": ["run", "build"],
            "additionalProperties": False,
            "properties": {"run": _ACCOUNT, "build": _ACCOUNT},
        },
        "entry_point": _BELOW,
        "listen": {
            "type": "object",
            "required": ["address_flag", "port_flag"],
            "additionalProperties": False,
            "properties": {"address_flag": _FLAG, "port_flag": _FLAG},
        },
        "ready": {"type": "string", "pattern": r"^/[A-Za-z0-9_./-]*$"},
        "extras": {"type": "array", "items": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"}},
        "writable": {"type": "array", "items": _BELOW, "uniqueItems": True},
        "weights": {
            "type": "object",
            "required": ["flag"],
            "additionalProperties": False,
            "properties": {"flag": _FLAG, "writable": {"type": "array", "items": _BELOW, "uniqueItems": True}},
        },
        "packages": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^(all|Debian|RedHat|(Debian|Ubuntu|RedHat)-[0-9.]+)$": _PACKAGES},
        },
        "environment": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {
                _VARIABLE["pattern"]: {
                    "oneOf": [
                        _TEXT,
                        {
                            "type": "object",
                            "minProperties": 1,
                            "maxProperties": 1,
                            "additionalProperties": False,
                            "properties": {"state": _BELOW, "cache_hub": _BELOW},
                        },
                    ]
                }
            },
        },
        "parameters": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^[a-z][a-z0-9_]*$": _PARAMETER},
        },
    },
}
