"""A simulated node that switches: how one is made, and what holds afterwards."""

from __future__ import annotations

import pytest

from releases.switch import reconcile
from tests.unit.releases.simulated import OLD, World, servers_that_weigh

MODES = pytest.mark.parametrize("handover", ["hold", "overlap"])


def a_world(handover: str = "hold", wanted: str | None = OLD) -> World:
    """Return a node on which OLD serves in blue, and ``wanted`` is asked for."""
    world = World(handover)
    node = world.node()
    node.edit(wanted=OLD)
    reconcile(node)
    node.edit(wanted=wanted)
    world.trace.clear()
    return world


def serves(world: World, identifier: str, slot: str) -> None:
    """Assert that ``identifier`` serves in ``slot``, alone."""
    state = world.state()
    assert {card: (one.slot, one.id) for card, one in state.cards.items()} == {"0": (slot, identifier)}
    assert state.switch is None
    assert world.running == {world.unit(slot): identifier}
    assert not world.flapping
    assert world.unit_files == {world.unit(slot): world.deployments[identifier]}
    if world.weights is not None:
        assert list(servers_that_weigh(world)) == [("0", slot)]


def request_of(world: World, **wish: object) -> None:
    """Write down a wish, as another process does."""
    world.node().edit(**wish)
