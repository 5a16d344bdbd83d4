"""The gateway under test, rendered with the values that a test gives."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.gateway.gateway import Gateway

RENDER = """
require 'puppet'
require 'tmpdir'
output = Dir.mktmpdir do |folder|
  Puppet.initialize_settings(['--confdir', folder, '--vardir', folder])
  Puppet[:strict] = :error
  Puppet::Pal.in_tmp_environment('gateway', modulepath: [input['modules']], facts: {}) do |pal|
    pal.with_script_compiler { |compiler| [compiler.call_function('epp', input['template'], input['values'])] }
  end
end
"""


@pytest.fixture(scope="session")
def epp(ruby: Callable[[str, Any], Any]) -> Callable[[str, dict[str, Any]], str]:
    """Return a function that renders a template of a module, each set of values once."""
    known: dict[str, str] = {}

    def render(name: str, values: dict[str, Any]) -> str:
        key = f"{name} {values!r}"
        if key not in known:
            asked = {"modules": str(REPOSITORY / "modules"), "template": name, "values": values}
            (known[key],) = ruby(RENDER, asked)
        return known[key]

    return render


@pytest.fixture
def make_gateway(epp: Callable[[str, dict[str, Any]], str]) -> Iterator[Callable[..., Gateway]]:
    """Return a function that makes a gateway; what it made is stopped at the end."""
    with ExitStack() as stack:

        def make(*weights: int) -> Gateway:
            # a socket's path has little room
            folder = Path(tempfile.mkdtemp(prefix="gateway-"))
            stack.callback(shutil.rmtree, folder)
            gateway = Gateway(folder, lambda values: epp("gateway/haproxy.cfg.epp", values), weights)
            stack.callback(gateway.stop)
            return gateway

        yield make


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    """Return a gateway to two nodes of equal weight, not started."""
    return make_gateway(1, 1)
