"""Whether nothing is left to do for a service. Puppet asks at each run, so it costs as little as possible."""

from __future__ import annotations

from releases.errors import AnswerIsNo
from releases.front import FrontError
from releases.node import Node
from releases.prune import useless
from releases.state import State
from releases.steering import is_steered
from releases.switch import serves


def active(node: Node) -> list[str]:
    """Return the deployments that serve; raise AnswerIsNo where none does, or not as it should."""
    state = node.state()
    why = _closed(state) or _down(node, state)
    if why:
        raise AnswerIsNo(f"{node.description.service}: {why}")
    return sorted({serving.id for serving in state.cards.values()})


def check(node: Node, identifier: str) -> None:
    """Raise AnswerIsNo where a deployment does not serve as it was put there, or something else is to do."""
    state = node.store.read()
    if state is None or not serves(node, state, identifier):
        why: str | None = f"{identifier} does not serve as it is on the disk"
    else:
        why = (
            _edited(node, state, identifier)
            or _left(node, state)
            or _useless(node, state)
            or _closed(state)
            or _astray(node, state)
            or _down(node, state)
        )
    if why:
        raise AnswerIsNo(f"{node.description.service}: {why}")


def _units(node: Node, state: State) -> list[str]:
    return [node.description.unit(card, serving.slot) for card, serving in state.cards.items()]


def _edited(node: Node, state: State, identifier: str) -> str | None:
    units, text = _units(node, state), node.disk.deployment(identifier)
    edited = any(node.units.installed(unit) != text for unit in units)
    return f"{' '.join(units)} is not as {identifier} put it there" if edited else None


def _left(node: Node, state: State) -> str | None:
    serving = _units(node, state)
    left = [
        unit for unit in node.description.all_units() if unit not in serving and node.units.installed(unit)
    ]
    return f"{' '.join(left)} is left of a switch" if left else None


def _useless(node: Node, state: State) -> str | None:
    """Say which releases a switch deletes, such as of an install that was cut off and is wanted no more."""
    names = useless(node, state)
    return f"on the disk for nothing: {', '.join(names)}" if names else None


def _closed(state: State) -> str | None:
    return "no new job is let in, for a drain" if state.closed or state.announced else None


def _astray(node: Node, state: State) -> str | None:
    try:
        return None if is_steered(node, state) else f"{node.description.front} points elsewhere"
    except FrontError:
        return None  # it is steered when it comes up


def _down(node: Node, state: State) -> str | None:
    units = _units(node, state)
    if not units:
        return "nothing serves yet"
    found = node.units.states(units)
    return ", ".join(f"{unit} is {said}" for unit, said in found.items() if said != "active") or None
