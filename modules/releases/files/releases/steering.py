"""What the front is told, and asked, by what the state says."""

from __future__ import annotations

from releases.description import SLOTS
from releases.front import FrontError
from releases.node import Node
from releases.state import pointed

#: So many seconds without a job are their end: between its join and its stream a job counts as nothing.
QUIET_S = 2.0
_POLL_S = 0.2
#: Seconds that a front which does not answer gets to come back.
_FRONT_S = 3.0
#: Seconds that a front which has just been told to start or to reload may need to do so.
_RELOAD_S = 5.0


def steer(node: Node) -> None:
    """Make the front's weights say what the state says; a front that is down does so when it comes up."""
    state = node.state()
    weights = {
        f"{card}-{slot}": 100 if slot == pointed(state, card) else 0
        for card in node.description.cards
        for slot in SLOTS
    }
    try:
        node.front.steer(weights)
    except FrontError as error:
        node.say(f"{node.description.service}: the front's weights wait until it is steered again: {error}")


def steer_fresh(node: Node) -> None:
    """Steer a front that has just been told to start or to reload.

    Until the new process of a reload is ready, the old one answers, and the weights that it gets end with it.
    """
    steer(node)
    began = node.clock.elapsed()
    while node.clock.elapsed() - began < _RELOAD_S:
        try:
            # HAProxy counts whole seconds
            if node.front.age() <= node.clock.elapsed() - began + 1:
                break
        except FrontError:
            pass
        node.clock.sleep(_POLL_S)
    steer(node)


def drain(node: Node, server: str) -> int:
    """Wait until a server has had no job for a while; return how many it has when the time is up."""
    clock, silent_since = node.clock, None
    began = quiet_since = clock.elapsed()
    jobs = 0
    while True:
        now = clock.elapsed()
        try:
            jobs, silent_since = node.front.jobs(server), None
        except FrontError as error:
            silent_since = silent_since if silent_since is not None else now
            if now - silent_since >= _FRONT_S:
                node.say(f"{node.description.service}: nobody counts the jobs: {error}")
                return 0
        if jobs:
            quiet_since = now
        if now - quiet_since >= QUIET_S and silent_since is None:
            return 0
        if now - began >= node.description.drain_timeout:
            return jobs
        clock.sleep(_POLL_S)
