"""Programs of the modules, whose files have no names that Python could import."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def load(program: Path) -> ModuleType:
    """Return a program as a module."""
    specification = importlib.util.spec_from_file_location(program.stem, program)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
