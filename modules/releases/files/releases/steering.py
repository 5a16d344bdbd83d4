"""What the front is told, and asked, by what the state says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from releases.description import SLOTS, release_of
from releases.disk import deployment_in
from releases.errors import AnswerIsNo, CommandFailed
from releases.front import COUNTED, FrontError
from releases.node import Node
from releases.state import State, pointed

#: So many seconds without a job are their end: between its join and its stream a job counts as nothing.
QUIET_S = 2.0
_POLL_S = 0.2
#: Seconds that a front which does not answer, or does not do what it is told, gets to come back.
_FRONT_S = 3.0
#: Seconds that a front which has just been told to start or to reload may need to do so.
_RELOAD_S = 5.0
#: Seconds for which the front keeps a client's connection that has no request, as its configuration says.
_KEPT_S = 6.0


def weights(node: Node, state: State) -> dict[str, int]:
    """Return the weight that the state gives each server.

    Of several cards, those whose web UI runs share the requests, and one that is switched gets none. Where
    none runs, one server gets all: requests wait at a single one that is down; of several, each would be
    tried at once, and then they would be refused.
    """
    points = {card: pointed(state, card) for card in node.description.cards}
    heavy = list(points) if len(points) == 1 else _running(node, state, points) or list(points)[:1]
    return {
        f"{card}-{slot}": 100 if card in heavy and slot == points[card] else 0
        for card in points
        for slot in SLOTS
    }


def _running(node: Node, state: State, points: Mapping[str, str]) -> list[str]:
    """List the cards to whose server requests can go just now."""
    units = {card: node.description.unit(card, slot) for card, slot in points.items()}
    states = node.units.states(list(units.values()))
    held = state.switch.card if state.switch and state.switch.held else None
    return [card for card, unit in units.items() if card != held and states[unit] == "active"]


def notice(node: Node, state: State) -> dict[str, str] | None:
    """Return what the front is to say: which release is in each slot, what a new job would meet, since when.

    It is ``taken`` at once where a web UI runs to which it would go. Else it meets a door that is ``closed``,
    or is ``held`` until one does. None where nobody can tell.
    """
    points = {card: pointed(state, card) for card in node.description.cards}
    try:
        units = {
            f"{card}-{slot}": node.units.installed(node.description.unit(card, slot))
            for card in points
            for slot in SLOTS
        }
        at_once = bool(_running(node, state, points))
    except (CommandFailed, OSError):
        return None
    there = {server: identifier for server, text in units.items() if (identifier := deployment_in(text))}
    jobs = "closed" if state.closed or state.announced else "taken" if at_once else "held"
    # of a state that was lost, only what serves is known, and not since when
    times = [serving.since for serving in state.cards.values()] if state.wanted else []
    released = {server: release_of(identifier) for server, identifier in there.items()}
    return {**released, "jobs": jobs, COUNTED: str(int(max(times, default=0)))}


def is_posted(node: Node, state: State) -> bool:
    """Say whether a front that answers says what it is to say; raises FrontError else."""
    posted = node.front.posted()
    return posted is None or notice(node, state) in (posted, None)


def post(node: Node) -> None:
    """Have the front say what it is to say, where its weights are right."""
    with suppress(FrontError), node.store.locked(), _said(node, node.state()):
        pass


def note(node: Node) -> None:
    """Have the front say from its start on what it is to say."""
    with node.store.locked():
        said = notice(node, node.state())
        if said is not None:
            node.front.note(said)


@contextmanager
def _said(node: Node, state: State) -> Iterator[None]:
    """Have the front say it before its weights change, and write it down after that: nobody waits for a disk.

    What cannot be written, because the disk is full, the next steer writes.
    """
    said = notice(node, state)
    try:
        if said is not None:
            node.front.post(said)
        yield
    finally:
        if said is not None:
            with suppress(OSError):
                node.front.note(said)


def steer(node: Node) -> str | None:
    """Make the front's weights say what the state says; return why a front that runs does not take them.

    One that is down, or on its way, is steered when it comes up.
    """
    front = node.description.front
    began = node.clock.elapsed()
    while True:
        try:
            # nobody changes the state, or sends what it said before, until this is sent
            with node.store.locked():
                state = node.state()
                with _said(node, state):
                    node.front.steer(weights(node, state), state.closed)
            return None
        except FrontError as error:
            why = f"{node.description.service}: {front} is not steered to what serves: {error}"
        runs = _runs(node)
        if not runs or node.clock.elapsed() - began >= _FRONT_S:
            node.say(why)
            return why if runs else None
        node.clock.sleep(_POLL_S)


def is_steered(node: Node, state: State) -> bool:
    """Say whether a front that answers has the weights that the state asks for; raises FrontError else."""
    return node.front.weighs(weights(node, state), state.closed)


def _runs(node: Node) -> bool:
    front = node.description.front
    return node.units.states([front])[front] in ("active", "reloading")


def steer_fresh(node: Node) -> bool:
    """Steer a front that has just been told to start or to reload; return whether a new process answers.

    Until the new process of a reload is ready, the old one answers, and the weights that it gets end with it.
    """
    steer(node)
    began = node.clock.elapsed()
    fresh = False
    while not fresh and node.clock.elapsed() - began < _RELOAD_S:
        with suppress(FrontError):
            # HAProxy counts whole seconds
            fresh = node.front.age() <= node.clock.elapsed() - began + 1
        if not fresh:
            node.clock.sleep(_POLL_S)
    steer(node)
    return fresh


def reload(node: Node, master: int) -> None:
    """Have the front's process ``master`` take its configuration, and steer what comes of it.

    Raises AnswerIsNo where no new process comes.
    """
    node.front.reload(master)
    if not steer_fresh(node):
        front = node.description.front
        raise AnswerIsNo(
            f"{front} did not take its new configuration, and serves with the one before"
            f" (journalctl -u {front} -n 20 says why)"
        )
    # Until then a request may still come to the process of before, which goes by the weights of before.
    began = node.clock.elapsed()
    left = True
    while left and node.clock.elapsed() - began < _KEPT_S:
        node.clock.sleep(_POLL_S)
        # the master is the last to answer
        with suppress(FrontError):
            left = node.front.left() > 0


def drain(node: Node, *servers: str) -> int:
    """Wait until servers have had no job for a while; return how many they have when the time is up."""
    clock, silent_since = node.clock, None
    began = quiet_since = clock.elapsed()
    jobs = 0
    ports = [port for server in servers if (port := node.description.port(server)) is not None]
    while True:
        now = clock.elapsed()
        queued = sum(map(node.queued, ports))
        try:
            jobs, silent_since = queued + sum(map(node.front.jobs, servers)), None
        except FrontError as error:
            silent_since = silent_since if silent_since is not None else now
            # one that is down has no jobs any more; one that only does not answer may have
            if now - silent_since >= _FRONT_S and not queued and not _runs(node):
                node.say(f"{node.description.service}: nobody counts the jobs: {error}")
                return 0
        if jobs:
            quiet_since = now
        if now - quiet_since >= QUIET_S and silent_since is None:
            return 0
        if now - began >= node.description.drain_timeout:
            return jobs
        clock.sleep(_POLL_S)
