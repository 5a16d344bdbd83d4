"""Two gateways that share an address: whichever is well has it, and clients that keep asking go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab.gateway import GATEWAYS, NODES, PORT, SHARED, UNIT, shared_address, until_taking
from tests.lab.serving import CLIENTS, PATIENCE, PAUSE, wait_for
from tests.load import Load, Result, visitor
from tests.load.wav import silence

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

FIRST, SECOND = GATEWAYS
#: Seconds without an answer: three words of the other that do not come, or two checks that fail, and what is
#: on its way then.
GAP = 20.0
#: How often keepalived took the address.
TAKEN = "journalctl --unit keepalived.service --output cat | grep -c 'Entering MASTER STATE' || :"

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module", autouse=True)
def both(fleet: Fleet) -> Iterator[None]:
    """Two gateways, of which the first has the address where both are well."""
    with shared_address(fleet, NODES):
        has(fleet, FIRST)
        yield


@pytest.fixture
def load(fleet: Fleet) -> Iterator[Load]:
    """Clients that keep asking at the shared address."""
    with Load(visitor(f"http://{SHARED}:{PORT}", silence()), PAUSE, PATIENCE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        yield load


def has(fleet: Fleet, name: str, seconds: float = 60) -> None:
    """Wait until a gateway alone has the address."""

    def alone() -> bool:
        up = [one.name for one in fleet.lab.status() if one.up and one.name in GATEWAYS]
        shown = f"ip -brief address show | grep -qF ' {SHARED}/'"
        return [one for one in up if fleet.holds(one, shown)] == [name]

    fleet.until(alone, seconds, f"{name} has {SHARED}")


def lost_nothing_new(result: Result, *moved: tuple[float, float]) -> None:
    """Hold that what failed was asked for while the address moved, or before; and that it moved soon."""
    failed = [job for job in result.jobs if job.reason is not None]
    during = [job for job in failed if any(job.ended >= begin and job.began <= end for begin, end in moved)]
    assert len(during) == len(failed), result.failures()
    assert result.longest_gap() < GAP


def test_each_knows_the_jobs_of_the_other(fleet: Fleet, load: Load) -> None:
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
    table = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/indextts2-gateway/admin.sock'); "
    )
    table += "s.sendall(b'show table jobs\\n'); print(s.makefile().readline())"
    for name in GATEWAYS:
        known = fleet.lab.exec(name, ["python3", "-c", table]).stdout
        assert int(known.rpartition("used:")[2]) >= CLIENTS, f"{name}: {known}"


def test_a_process_that_is_killed_is_back_before_the_address_moves(fleet: Fleet, load: Load) -> None:
    had = fleet.sh(SECOND, TAKEN)
    killed = load.now
    fleet.sh(FIRST, f"systemctl kill --kill-whom=all --signal=KILL {UNIT}")
    fleet.wait(FIRST, f"ss -Hltn 'sport = :{PORT}' | grep -q .", 20)
    back = load.now
    wait_for(fleet, load, 2 * CLIENTS)
    lost_nothing_new(load.stop(), (killed, back + 1))
    assert fleet.sh(SECOND, TAKEN) == had
    has(fleet, FIRST)


def test_the_address_leaves_a_gateway_that_ended_and_comes_back_to_it(fleet: Fleet, load: Load) -> None:
    ended = load.now
    fleet.sh(FIRST, f"systemctl stop {UNIT}")
    try:
        has(fleet, SECOND)
        moved = load.now
        wait_for(fleet, load, 2 * CLIENTS)
    finally:
        fleet.sh(FIRST, f"systemctl start {UNIT}")
    returns = load.now
    has(fleet, FIRST)
    back = load.now
    wait_for(fleet, load, 2 * CLIENTS)
    # what runs through a gateway when the address leaves it is cut off
    lost_nothing_new(load.stop(), (ended, moved + 1), (returns, back + 1))


def test_the_address_leaves_a_gateway_without_power(fleet: Fleet, load: Load) -> None:
    dead = load.now
    fleet.lab.cut_power(FIRST)
    try:
        has(fleet, SECOND)
        moved = load.now
        wait_for(fleet, load, 2 * CLIENTS)
    finally:
        fleet.lab.restore_power(FIRST)
    returns = load.now
    has(fleet, FIRST, seconds=120)
    until_taking(fleet, FIRST, *NODES)
    back = load.now
    wait_for(fleet, load, 2 * CLIENTS)
    lost_nothing_new(load.stop(), (dead, moved + 1), (returns, back + 1))


def test_who_has_the_address_is_nothing_to_an_agent(fleet: Fleet) -> None:
    has(fleet, FIRST)
    for name in GATEWAYS:
        fleet.converge(name, changes=False)
