"""The JSON Schema of a Hiera data file, by which an editor underlines a typo while it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generator.errors import AnswerIsNo
from generator.puppet_types import PuppetTypeError, to_json_schema
from generator.validate.options import MERGE_OPTIONS, MERGES
from generator.validate.vocabulary import OPTIONS, Vocabulary, read_vocabulary
from generator.yaml_edit import write_beside

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


def write(root: Path, check: bool = False) -> bool:
    """Bring the file below ``root`` to the state of its code, and return whether it had to be written.

    Raises:
        AnswerIsNo: it had to be, and ``check`` says to write nothing.
        FleetError: the code cannot be read, or the file not written.
    """
    made = json.dumps(data_schema(read_vocabulary(root)), indent=2, ensure_ascii=False) + "\n"
    path = root / FILE
    if path.is_file() and path.read_bytes() == made.encode():
        return False
    if check:
        raise AnswerIsNo(f"{FILE} is not the schema of this code: run fleet schema")
    write_beside(path, made)
    return True


def _of(vocabulary: Vocabulary, key: str, doc: str | None) -> dict[str, Any]:
    try:
        wanted = vocabulary.type_of(key)
        # in a secret any text may be a ciphertext, however deep: whether it is one, fleet validate says
        schema = to_json_schema(wanted) if wanted and key not in vocabulary.secrets else {}
    except PuppetTypeError:
        schema = {}
    # what is interpolated or decrypted is known only when it is looked up
    either = {"anyOf": [schema, {"type": "string", "pattern": r"%\{|^\s*ENC\["}]} if schema else {}
    return either | ({"description": doc} if doc else {})


def _merge(strategies: list[str], options: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"strategy": {"enum": strategies}, **options},
        "required": ["strategy"],
        "additionalProperties": False,
    }


_KINDS = {name: "string" if name == "knockout_prefix" else "boolean" for name in MERGE_OPTIONS}
_ENTRIES: dict[str, Any] = {
    "description": "How Puppet looks keys up; a key here may be a pattern that begins with ^.",
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "merge": {
                "anyOf": [
                    {"enum": list(MERGES)},
                    _merge(list(MERGES), {}),
                    # Puppet takes null for any of them, as if it were not there
                    _merge(["deep"], {name: {"type": [kind, "null"]} for name, kind in _KINDS.items()}),
                ]
            },
            "convert_to": {},
        },
        "additionalProperties": False,
    },
}
