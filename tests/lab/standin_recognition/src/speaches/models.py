"""The models that a request may name: those that the hub's client has in its cache."""

from __future__ import annotations

import json
import os
from pathlib import Path

#: Read from the working directory, as speaches does.
ALIASES = Path("model_aliases.json")


class NoSuchModel(Exception):
    """Nobody has a model of that name; the message says where it was looked for."""


def find(name: str) -> Path:
    """Find the README.md of the model ``name`` (OWNER/NAME, or an alias of one). Raises NoSuchModel."""
    full = json.loads(ALIASES.read_text()).get(name, name)
    cache = Path(os.environ.get("HF_HUB_CACHE", Path.home() / ".cache" / "huggingface" / "hub"))
    folder = cache / f"models--{full.replace('/', '--')}"
    try:
        readme = folder / "snapshots" / (folder / "refs" / "main").read_text().strip() / "README.md"
        readme.read_bytes()
    except OSError as error:
        raise NoSuchModel(f"Model '{full}' is not installed locally ({error}).") from None
    return readme
