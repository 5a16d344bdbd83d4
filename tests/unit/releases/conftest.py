"""What tests of the command share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.releases.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a node on which nothing serves yet."""
    return Machine(tmp_path)
