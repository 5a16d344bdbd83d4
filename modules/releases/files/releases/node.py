"""A node as the switch sees it: every effect that it has goes through one of these."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from releases.description import SLOTS, Description
from releases.disk import Disk, deployment_in
from releases.front import Front
from releases.state import Serving, State
from releases.store import Store
from releases.units import Units
from releases.weights import Weights


class Clock:
    """The machine's clocks."""

    #: seconds since 1970, of a clock that may be set
    now = staticmethod(time.time)
    #: seconds of a clock that only goes forward
    elapsed = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


class Node(NamedTuple):
    """One service on its node."""

    description: Description
    store: Store
    units: Units
    front: Front
    disk: Disk
    weights: Weights
    clock: Clock
    #: tells the operator what happens
    say: Callable[[str], None]
    #: says why a web UI that is ready, on this loopback port, must not serve
    smoke: Callable[[int], str | None]
    #: counts the jobs of a web UI on this loopback port that the front does not see
    queued: Callable[[int], int]
    #: says why no web UI could start on this card just now
    gate: Callable[[str], str | None]
    #: begins to look whether this card is lost
    look: Callable[[str], None]
    #: says of cards that they are lost, as the looks found that ended since
    lost: Callable[[], Mapping[str, str]]
    #: names the process that listens at a place, such as 127.0.0.1:7861, and is not of a unit
    holder: Callable[[str, str], str | None]
    #: reads the service's description again: Puppet may have written another one while a switch went on
    anew: Callable[[], Node]

    def state(self) -> State:
        """Return what is remembered, or what can be told from what runs."""
        return self.store.read() or recovered(self)

    def edit(self, **changes: Any) -> State:
        """Change what is remembered."""
        return self.change(lambda before: before._replace(**changes))

    def change(self, change: Callable[[State], State]) -> State:
        """Put what ``change`` makes of what is remembered in its place; nobody else changes it meanwhile."""
        return self.store.edit(lambda before: change(before or recovered(self)))


def runs(state: str) -> bool:
    """Say whether a unit in this state has, or may soon have, a process."""
    return state not in ("inactive", "failed", "unknown")


def recovered(node: Node) -> State:
    """Tell from what is installed and runs what the lost state said; what was wanted stays unknown."""
    cards = {}
    for card in node.description.cards:
        units = {slot: node.description.unit(card, slot) for slot in SLOTS}
        found = {slot: deployment_in(node.units.installed(unit)) for slot, unit in units.items()}
        states = node.units.states(list(units.values()))
        # A slot that neither runs nor has a unit is no candidate; of two, the one that runs serves.
        likely = sorted(found, key=lambda slot: not runs(states[units[slot]]))
        for slot in likely:
            identifier = found[slot]
            if identifier:
                stamps = node.disk.stamps(identifier)
                cards[card] = Serving(slot, identifier, node.clock.now(), stamps)
                break
    return State(cards=cards)
