"""What a service's node says of its releases."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from releases.description import release_of
from releases.errors import CommandFailed
from releases.node import Node
from releases.state import State, as_data, foremost


def report(node: Node) -> dict[str, Any]:
    """Return all that is known of a service, as JSON can hold it; times in seconds since 1970."""
    state = node.state()
    units = {card: node.description.unit(card, serving.slot) for card, serving in state.cards.items()}
    states = node.units.states(list(units.values())) if units else {}
    data, failure = as_data(state), foremost(state)
    cards = {
        card: {
            **serving._asdict(),
            "release": release_of(serving.id),
            "commit": node.disk.commit(serving.id),
            "unit": units[card],
            "state": states[units[card]],
        }
        for card, serving in state.cards.items()
    }
    return {
        "service": node.description.service,
        "handover": node.description.handover,
        "wanted_release": node.description.wanted_release,
        **{name: data[name] for name in ("wanted", "previous", "switch", "closed")},
        "failed": failure._asdict() if failure else None,
        "failures": data["failed"],
        "cards": cards,
        "releases": {release.name: roles(node, state, release.name) for release in node.disk.releases()},
        "weights": weights(node),
    }


def weights(node: Node) -> dict[str, Any]:
    """Return which weights are old, with the bytes that each would free, or why nobody can say."""
    try:
        return {"old": {one.path: one._asdict() for one in node.weights.old()}, "trouble": None}
    except CommandFailed as error:
        return {"old": {}, "trouble": str(error)}


def old_weights(service: str, data: Mapping[str, Any]) -> list[str]:
    """Write which weights are old for a reader, and how they are deleted."""
    cure = f"releases {service} prune --weights deletes it"
    lines = [
        f"old weights: {path}, {one['bytes'] / 2**20:.1f} MiB ({one['stays'] or cure})"
        for path, one in data["old"].items()
    ]
    return lines + ([f"old weights are not known: {data['trouble']}"] if data["trouble"] else [])


def roles(node: Node, state: State, name: str) -> list[str]:
    """Say what a release on the disk is: active, previous, wanted, failed, half-made."""
    complete = {release.name: release.complete for release in node.disk.releases()}
    ids = {
        "active": [serving.id for serving in state.cards.values()],
        "previous": [state.previous] if state.previous else [],
        "failed": list(state.failed),
    }
    found = [role for role, of in ids.items() if name in map(release_of, of)]
    found += ["wanted"] if name == node.description.wanted_release else []
    return found + ([] if complete.get(name) else ["half-made"])


def as_text(data: dict[str, Any]) -> str:
    """Write a report for a reader."""
    lines = [f"{data['service']} ({data['handover']}), wanted: {data['wanted_release']}"]
    for card, serving in data["cards"].items():
        commit = f", commit {serving['commit']}" if serving["commit"] else ""
        since = f"since {local(serving['since'])}"
        lines.append(f"  card {card}: {serving['id']} {since}{commit}, {serving['slot']}: {serving['state']}")
    if not data["cards"]:
        lines.append("  nothing serves yet")
    if data["closed"]:
        lines.append("  no new job is let in, for a drain")
    if data["switch"]:
        lines.append(f"  switching card {data['switch']['card']} to {data['switch']['id']}")
    for failed in data["failures"]:
        lines.append(f"  failed at {local(failed['at'])}: {failed['id']}: {failed['reason']}")
    lines += [f"  {line}" for line in old_weights(data["service"], data["weights"])]
    return "\n".join(lines)


def local(epoch: float) -> str:
    """Write a time for a reader on this machine."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(epoch))
