"""What follows from a change: services that restart, commands that run, because something notifies them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from generator.diff.catalogue import Catalogue

#: Types that do something when they are notified, and notify others in turn.
VERBS = {"Service": "restarts", "Exec": "runs"}


def refreshed(catalogue: Catalogue, changed: Iterable[str]) -> list[str]:
    """List the services and commands that hear of the resources ``changed``, by name, as Puppet passes it on.

    A class or defined type that notifies or is notified stands for all that is in it.
    """
    listeners = _listeners(catalogue)
    heard: set[str] = set()
    speaking = list(changed)
    while speaking:
        new = {ref for ref in listeners[speaking.pop()] if ref not in heard and _reacts(catalogue, ref)}
        heard |= new
        speaking += new
    return sorted(heard)


def _listeners(catalogue: Catalogue) -> dict[str, set[str]]:
    """Return who is notified by each resource."""
    members = _members(catalogue)
    listeners: dict[str, set[str]] = defaultdict(set)
    for ref, parameters in catalogue.resources.items():
        for target in parameters.get("notify") or []:
            for speaker in members(ref):
                listeners[speaker] |= members(target)
        for source in parameters.get("subscribe") or []:
            for speaker in members(source):
                listeners[speaker] |= members(ref)
    return listeners


def _members(catalogue: Catalogue) -> Callable[[str], set[str]]:
    """Return a function that gives all that is in a class or defined type, or the resource itself."""
    inside: dict[str, list[str]] = defaultdict(list)
    for container, contained in catalogue.containment:
        inside[container].append(contained)

    def members(ref: str) -> set[str]:
        found: set[str] = set()
        left = [ref]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += inside[one]
        return found

    return members


def _reacts(catalogue: Catalogue, ref: str) -> bool:
    parameters = catalogue.resources.get(ref, {})
    stopped = parameters.get("ensure") in ("stopped", False, "false")
    return ref.partition("[")[0] in VERBS and not stopped
