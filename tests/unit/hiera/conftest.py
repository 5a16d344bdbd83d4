"""Puppet's own lookup, in one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.hiera.puppet import Puppet, Ruby


@pytest.fixture(scope="module")
def puppet(ruby: Ruby) -> Iterator[Puppet]:
    """Start Puppet; ``ruby`` skips where there is none."""
    server = Puppet()
    yield server
    assert server.process.stdin and server.process.stdout
    server.process.stdin.close()
    server.process.wait(30)
    server.process.stdout.close()
