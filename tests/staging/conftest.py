"""What the checks of a converged node start from: the service, and what its node says of it.

They run against any node that ssh (or testinfra's local:// and others) reaches:

    pytest tests/staging --hosts=ssh://root@tts1.example.org

``FLEET_SERVICES`` names the services to check, by commas; without it, every service that has a
definition. ``fleet verify`` asks each node which ones it has.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from testinfra.host import Host

from generator.definition import SERVICES, load_service
from generator.service import Service


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these checks out of a run that names no node: they say nothing about this machine."""
    return None if config.getoption("hosts", None) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a check that asks for ``service`` once for each service."""
    if "service" in metafunc.fixturenames:
        chosen = os.environ.get("FLEET_SERVICES", "")
        names = chosen.split(",") if chosen else sorted(path.stem for path in SERVICES.glob("*.yaml"))
        services = [load_service(SERVICES / f"{name}.yaml") for name in names]
        metafunc.parametrize("service", services, ids=names, scope="module")


@pytest.fixture(scope="module")
def front(host: Host, service: Service) -> str:
    """The name of the front's unit, whose file is there: systemd's answers on others mislead."""
    return installed(host, service.front)


@pytest.fixture(scope="module")
def unit(host: Host, service: Service, front: str) -> str:
    """The name of the unit that runs the web UI: of the slot that serves."""
    status = json.loads(host.check_output("releases %s status --json", service.name))[service.name]
    serving = [card["unit"] for card in status["cards"].values()]
    assert serving, f"nothing serves behind {front}"
    return installed(host, serving[0])


def installed(host: Host, unit: str) -> str:
    """Give the name of a unit, once its file is seen."""
    path = f"/etc/systemd/system/{unit}"
    assert host.file(path).is_file, f"{path} is missing"
    return unit


@pytest.fixture(scope="module")
def release(host: Host, service: Service) -> dict[str, Any]:
    """The release that Puppet intends: name, pin and digest."""
    path = f"/etc/{service.name}/release.json"
    assert host.file(path).is_file, f"{path} is missing"
    content: dict[str, Any] = json.loads(host.file(path).content_string)
    return content


@pytest.fixture(scope="module")
def release_dir(host: Host, unit: str) -> PurePosixPath:
    """The checkout that the unit runs in."""
    return PurePosixPath(host.check_output("systemctl show --value --property=WorkingDirectory %s", unit))


@pytest.fixture(scope="module")
def root(release_dir: PurePosixPath) -> PurePosixPath:
    """The folder that holds the service."""
    return release_dir.parent.parent


@pytest.fixture(scope="module")
def argv(host: Host, unit: str) -> list[str]:
    """The command line of the running service, as the kernel has it."""
    pid = host.check_output("systemctl show --value --property=MainPID %s", unit)
    assert pid != "0", f"{unit} has no process"
    line: str = host.file(f"/proc/{pid}/cmdline").content_string
    return line.rstrip("\0").split("\0")


@pytest.fixture(scope="module")
def front_config(host: Host, service: Service) -> str:
    """The configuration of the front."""
    text: str = host.file(f"/etc/{service.name}/front/haproxy.cfg").content_string
    return text


@pytest.fixture(scope="module")
def bind(front_config: str, front: str) -> tuple[str, int]:
    """The address and port on which the front listens."""
    found = re.search(r"^frontend web\n +bind (\S+):(\d+)", front_config, re.MULTILINE)
    assert found, f"{front} listens nowhere"
    return found[1], int(found[2])


@pytest.fixture(scope="module")
def url(bind: tuple[str, int], front_config: str) -> str:
    """Where the node itself reaches the service."""
    address, port = bind
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    scheme = "https" if " ssl crt " in front_config else "http"
    return f"{scheme}://[{here}]:{port}" if ":" in here else f"{scheme}://{here}:{port}"
