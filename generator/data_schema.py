"""The JSON Schema of a Hiera data file, by which an editor underlines a typo while it is typed."""

from __future__ import annotations

from typing import Any

from generator.puppet_types import PuppetTypeError, to_json_schema
from generator.validate.options import MERGES
from generator.validate.vocabulary import OPTIONS, Vocabulary

#: Where it stands in the repository, and which files .vscode/settings.json has editors hold against it.
FILE = "hieradata.schema.json"


def data_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """Make it (draft 7) of all keys that code looks up."""
    docs = {
        f"{service.name}::{parameter.name}": parameter.doc
        for service in vocabulary.services
        for parameter in service.parameters
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Hiera data of this repository",
        "type": "object",
        "properties": {
            OPTIONS: _ENTRIES,
            **{key: _of(vocabulary, key, docs.get(key)) for key in sorted(vocabulary.types)},
            **{key: {} for key in sorted(vocabulary.plain - vocabulary.types.keys())},
        },
        "patternProperties": {f"^{module}::": {} for module in sorted(vocabulary.foreign)},
        "additionalProperties": False,
    }


def _of(vocabulary: Vocabulary, key: str, doc: str | None) -> dict[str, Any]:
    try:
        wanted = vocabulary.type_of(key)
        schema = to_json_schema(wanted) if wanted else {}
    except PuppetTypeError:
        schema = {}
    # what is interpolated or decrypted is known only when it is looked up
    either = {"anyOf": [schema, {"type": "string", "pattern": r"%\{|^\s*ENC\["}]} if schema else {}
    return either | ({"description": doc} if doc else {})


_ENTRIES: dict[str, Any] = {
    "description": "How Puppet looks keys up; a key here may be a pattern that begins with ^.",
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "merge": {
                "anyOf": [
                    {"enum": list(MERGES)},
                    {
                        "type": "object",
                        "properties": {"strategy": {"enum": list(MERGES)}},
                        "required": ["strategy"],
                    },
                ]
            },
            "convert_to": {},
        },
        "additionalProperties": False,
    },
}
