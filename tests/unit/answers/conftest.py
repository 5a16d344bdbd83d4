"""A home of its own, in which Puppet's client tools have their settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from generator import clock, fleet_nodes
from tests.unit.fake_puppetdb import write_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that says where PuppetDB is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(fleet_nodes, "SETTINGS", fleet_nodes.SETTINGS[:1])
    return lambda url: write_settings(tmp_path, url)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that says what time it is."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)
