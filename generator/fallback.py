"""What comes of a key that no data has: its class's default, or nothing, because nobody looks it up."""

from __future__ import annotations

import os
from pathlib import Path

from generator.errors import FleetError
from generator.hiera import Hierarchy, files
from generator.puppet_classes import read_code
from generator.validate.vocabulary import read_vocabulary


def without_data(root: Path, key: str) -> str | None:
    """Say what the code below ``root`` makes of a top-level ``key`` without a value, if anything."""
    owner, _, name = key.removeprefix("::").rpartition("::")
    try:
        declared = read_code(root).classes.get(owner)
        if declared is None or name not in declared.parameters:
            found = files(Hierarchy.load(root))
            data = [path.read_text(errors="replace") for path in found if path.is_file()]
            return read_vocabulary(root, data).complaint(key)
    except FleetError as error:
        return f"what its class has cannot be told ({error})"
    parameter = declared.parameters[name]
    place = f"{os.path.relpath(declared.path)}:{parameter.line}"
    if parameter.default is None:
        return f"its class demands one ({place})"
    return f"its class has a default, {parameter.default} ({place})"
