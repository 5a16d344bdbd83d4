"""A desk whose Puppet is asked nothing, but where a test says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.validate import Report
from tests.unit.new_service.desk import Desk
from tests.unit.origin import own_git


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Desk:
    own_git(monkeypatch, tmp_path)
    if not request.node.get_closest_marker("puppet"):
        monkeypatch.setattr("generator.new_service.write.validate", lambda root: Report(1, 1, []))
        monkeypatch.setattr("generator.new_service.write.data_schema.write", lambda root: False)
    return Desk(tmp_path)
