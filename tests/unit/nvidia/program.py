"""Programs of the module nvidia."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from tests.unit import program

FILES = Path(__file__).parents[3] / "modules" / "nvidia" / "files"


def load(name: str) -> ModuleType:
    """Return a program as a module, such as gate.py."""
    return program.load(FILES / name)
