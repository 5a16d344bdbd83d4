"""The front under test, rendered with the values that a test gives."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.front.front import RENDER, Front

MODULES = REPOSITORY / "modules"


@pytest.fixture(scope="session")
def epp(ruby: Callable[[str, Any], Any]) -> Callable[..., str]:
    """Return a function that renders a template of the module, each set of values once."""
    known: dict[str, str] = {}

    def render(name: str, values: dict[str, Any], service: str = "indextts2") -> str:
        key = f"{service} {name} {values!r}"
        if key not in known:
            template = MODULES / service / "templates" / name
            (known[key],) = ruby(RENDER, [[template.read_text(), values]])
        return known[key]

    return render


@pytest.fixture
def make_front(epp: Callable[..., str]) -> Iterator[Callable[..., Front]]:
    """Return a function that makes a front; what it made is stopped at the end."""
    with ExitStack() as stack:

        def make(service: str = "indextts2", **more: Any) -> Front:
            # a socket's path has little room
            folder = Path(tempfile.mkdtemp(prefix="front-"))
            stack.callback(shutil.rmtree, folder)
            front = Front(folder, lambda values: epp("haproxy.cfg.epp", values, service), **more)
            stack.callback(front.stop)
            return front

        yield make


@pytest.fixture
def front(make_front: Callable[..., Front]) -> Front:
    """Return a front of one card, not started."""
    return make_front()
