"""A Puppet server's machine for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.code_deploy.checker import listening
from tests.unit.code_deploy.machine import Machine, PuppetServer
from tests.unit.local_server import served


@pytest.fixture
def server() -> Iterator[PuppetServer]:
    """A Puppet server that answers."""
    with served(PuppetServer()) as server:
        yield server


@pytest.fixture
def checker() -> Iterator[Path]:
    """The socket behind which new code is checked."""
    with listening() as path:
        yield path


@pytest.fixture
def machine(tmp_path: Path, server: PuppetServer, checker: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with the branch `production`, which was never deployed."""
    machine = Machine(tmp_path, server.url, checker)
    for name, value in machine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", os.environ.get("HOME", "/nowhere"))
    machine.branch("production", "a", {"manifests/site.pp": "one"})
    return machine
