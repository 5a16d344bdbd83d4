"""A lab that something cut short is whole again after the next `up`."""

from __future__ import annotations

import subprocess

import pytest

from generator.lab import Lab
from tests.lab.conftest import FLEET, Fleet


def test_up_mends_a_node_that_lost_its_power(lab: Lab, fleet: Fleet) -> None:
    lab.cut_power("tts2")
    assert {node.name: node.up for node in lab.status()} == {"puppet": True, "tts1": True, "tts2": False}
    lab.up(nodes=2)
    assert fleet.release("tts2") == "v23"


@pytest.mark.parametrize(
    "kills",
    [[2, 15], pytest.param([0.2, 0.5, 1, 3, 5, 8, 12, 20, 30], marks=pytest.mark.faults)],
    ids=["twice", "often"],
)
def test_up_completes_a_node_whose_making_was_killed(lab: Lab, fleet: Fleet, kills: list[float]) -> None:
    """Killed with -9 while it makes a third node, each time a little later."""
    for seconds in kills:
        up = subprocess.Popen([FLEET, "lab", "up", "--nodes", "3"], stdin=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            up.wait(seconds)
        up.kill()
        up.wait()
    lab.up(nodes=3)
    assert [(node.name, node.up, node.finished) for node in lab.status()] == [
        (name, True, True) for name in ("puppet", "tts1", "tts2", "tts3")
    ]
    assert fleet.release("tts3") == "v23"
