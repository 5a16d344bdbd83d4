"""A lab that something cut short is whole again after the next `up`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.lab import Lab, network
from tests.lab.conftest import Fleet
from tests.lab.desk import FLEET


@pytest.mark.faults
def test_up_mends_a_node_that_lost_its_power(lab: Lab, fleet: Fleet) -> None:
    lab.cut_power("tts2")
    assert {node.name: node.up for node in lab.status()} == {"puppet": True, "tts1": True, "tts2": False}
    lab.up(nodes=2)
    assert fleet.release("tts2") == "v23"


@pytest.mark.faults
@pytest.mark.parametrize(
    ("nodes", "kills"),
    [(3, [2, 15]), (4, [0.2, 0.5, 1, 3, 5, 8, 12, 20, 30])],
    ids=["twice", "often"],
)
def test_up_completes_a_node_whose_making_was_killed(
    lab: Lab, fleet: Fleet, nodes: int, kills: list[float]
) -> None:
    """Killed with -9 while it makes one more node, each time a little later."""
    for seconds in kills:
        up = subprocess.Popen([FLEET, "lab", "up", "--nodes", str(nodes)], stdin=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            up.wait(seconds)
        up.kill()
        up.wait()
    lab.up(nodes)
    names = [f"tts{number}" for number in range(1, nodes + 1)]
    assert [(node.name, node.up, node.finished) for node in lab.status()] == [
        (name, True, True) for name in ("puppet", *names)
    ]
    assert fleet.release(names[-1]) == "v23"


def test_the_bridge_has_an_address_of_its_own_whichever_nodes_come_and_go(lab: Lab) -> None:
    # else it would take a port's, and the nodes that know it go on sending to one that is gone
    assigned = Path("/sys/class/net", network.BRIDGE, "addr_assign_type").read_text().strip()
    assert assigned == "3", "set by somebody (netdevice.h, NET_ADDR_SET)"
