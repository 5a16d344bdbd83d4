"""An endpoint, and a shipper that knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shipper.endpoint import Endpoint as Client
from shipper.endpoint import Settings
from tests.bulk import Endpoint, endpoint
from tests.unit.front.front import RENDER
from tests.unit.record.shipping import MODULE, Shipping


@pytest.fixture(scope="session")
def rendered(ruby: Callable[[str, Any], Any]) -> dict[str, str]:
    """Return the module's templates by name, for a shipper whose folder is /FOLDER; Ruby is started once for all."""
    values = {
        "rsyslog.conf": {
            "program": "/FOLDER/ship",
            "credentials": "/FOLDER/endpoint.json",
            "folder": "/FOLDER/state",
            "inputs": "/FOLDER/inputs",
            "queue_size": "64m",
            "messages": 250_000,
        },
        "journal.conf": {"pattern": "^(.*-webui@.*|.*-front[.]service)$"},
    }
    texts = {name: (MODULE / "templates" / f"{name}.epp").read_text() for name in values}
    return dict(zip(values, ruby(RENDER, [[texts[name], values[name]] for name in values]), strict=True))


@pytest.fixture
def elastic() -> Iterator[Endpoint]:
    """An endpoint that answers."""
    with endpoint() as here:
        yield here


@pytest.fixture
def client(elastic: Endpoint) -> Iterator[Client]:
    """What asks that endpoint."""
    with closing(Client(Settings(elastic.url))) as here:
        yield here


@pytest.fixture
def shipping(tmp_path: Path, elastic: Endpoint, rendered: dict[str, str]) -> Iterator[Shipping]:
    """A shipper that is not started; stopped at the end."""
    shipping = Shipping(tmp_path, elastic, rendered["rsyslog.conf"])
    yield shipping
    shipping.kill()
