"""Programs of the module nvidia, whose files have no names that Python could import."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

FILES = Path(__file__).parents[3] / "modules" / "nvidia" / "files"


def load(name: str) -> ModuleType:
    """Return a program as a module, such as gate.py."""
    specification = importlib.util.spec_from_file_location(Path(name).stem, FILES / name)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
