"""What tests of the store, of locking, and of buckets, share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.weights.bucket import Buckets, buckets
from tests.unit.weights.desk import Desk
from tests.unit.weights.store_node import Node


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # sources that fail are asked again after pauses
    return Node(tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    """A server of S3; its first bucket takes it seconds."""
    with buckets(tmp_path_factory.mktemp("s3")) as server:
        yield server
