"""Somebody else has a port of the service: the run says who, what serves goes on, and the next run is clean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import CLIENTS, NODE, fails, serving_process, status, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

FRONT = "indextts2-front.service"


@contextmanager
def taken(fleet: Fleet, port: int) -> Iterator[str]:
    """Have another process listen on a port, and tell how a message names it."""
    server = f"python3 -m http.server --bind 127.0.0.1 {port}"
    fleet.sh(NODE, f"systemd-run --quiet --collect --unit=squatter {server}")
    try:
        fleet.wait(NODE, f"curl --silent --output /dev/null http://127.0.0.1:{port}", 10)
        process = fleet.sh(NODE, "systemctl show --property=MainPID --value squatter.service")
        yield f"{port} is taken by python3 (process {process})"
    finally:
        fleet.sh(NODE, "systemctl stop squatter.service")


def test_the_port_of_the_slot_to_switch_to_is_taken(fleet: Fleet, load: Load) -> None:
    (card,) = status(fleet)["cards"].values()
    process = serving_process(fleet)
    fleet.on_node(NODE, {"indextts2::environment": {"OF_NO_MEANING": "1"}})
    with taken(fleet, {"blue": 7862, "green": 7861}[card["slot"]]) as message:
        output = fails(fleet)
        assert f"its port {message}; {card['id']} serves" in output, output
        assert serving_process(fleet) == process, "nothing was stopped for it"
    fleet.converge(NODE)
    (after,) = status(fleet)["cards"].values()
    assert after["id"] != card["id"]
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_the_port_of_the_front_is_taken(fleet: Fleet, load: Load, old: str) -> None:
    fleet.sh(NODE, f"systemctl stop {FRONT}")
    with taken(fleet, 7860) as message:
        output = fails(fleet)
        assert f"port {message}" in output, output
    fleet.converge(NODE)
    assert fleet.release(NODE) == old
    back = load.now
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, 2 * CLIENTS)
    assert [job for job in load.stop().jobs if job.reason and job.began > back] == []
