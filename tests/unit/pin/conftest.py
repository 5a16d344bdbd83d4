"""A desk with a catalogue, and a source with releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.origin import own_git
from tests.unit.pin.desk import Desk


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_git(monkeypatch, tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
