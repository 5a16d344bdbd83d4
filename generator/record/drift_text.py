"""What was put right, for a reader and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generator.record.drift import Changed, Drift, Drifts
from generator.record.first_error import one_line
from generator.table import table, utc

#: Characters of a value; a file's content is a digest.
_LONGEST = 40


def text(found: Drifts, named: Sequence[Drift]) -> str:
    """Return a head and a row for each that is ``named``."""
    share = f"{found.nodes:,} of the {found.reported:,} nodes that reported"
    percent = f" ({100 * found.nodes / found.reported:.1f} %)" if found.reported else ""
    head = f"since {utc(found.since)}: something was put right {found.times:,} times on {share}{percent}"
    if not named:
        return (
            f"since {utc(found.since)}: nothing was put right on the {found.reported:,} nodes that reported"
        )
    lines = table([("times", "nodes", "last", "what", "from what to what"), *map(_row, named)], right={0, 1})
    more = len(found.drifts) - len(named)
    return "\n".join([head, "", *lines, *([f"and {more:,} more: --json has all"] if more else [])])


def data(found: Drifts, valued: Sequence[Drift]) -> dict[str, Any]:
    """Return the same for ``--json``, with the times on each node."""
    return {
        "since": utc(found.since),
        "nodes_reported": found.reported,
        "nodes_with_drift": found.nodes,
        "times": found.times,
        "drifts": [
            {
                "type": drift.changed.type,
                "title": drift.changed.title,
                "property": drift.changed.property,
                "times": drift.times,
                "nodes": drift.nodes,
                "last": {"at": utc(drift.last), "node": drift.node, "old": drift.old, "new": drift.new},
            }
            for drift in valued
        ],
    }


def name(changed: Changed) -> str:
    """Write a resource and its property as Puppet's logs do."""
    resource = f"{one_line(changed.type)}[{one_line(changed.title)}]"
    return f"{resource}/{one_line(changed.property)}" if changed.property else resource


def short(value: str | None) -> str:
    """Write a value in one line of bounded length."""
    said = "nothing" if value is None else one_line(value) or "''"
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _row(drift: Drift) -> tuple[str, ...]:
    where = f"{utc(drift.last)} {drift.node}"
    change = f"{short(drift.old)} -> {short(drift.new)}"
    return f"{drift.times:,}", f"{len(drift.nodes):,}", where, name(drift.changed), change
