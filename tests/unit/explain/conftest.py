"""The control repository that is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.explain.control import FILES


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a small control repository, and go there."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return Path()
