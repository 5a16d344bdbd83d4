"""What was put right where: what somebody keeps changing by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from generator.puppetdb import PuppetDB
from generator.record.nodes import IS_CORRECTIVE
from generator.record.values import time_of, written
from generator.table import utc

#: Changes whose last values are asked for at once.
CHUNK = 50


class Changed(NamedTuple):
    """What was changed: a property of a resource, None where the resource as a whole was."""

    type: str
    title: str
    property: str | None


@dataclass(frozen=True)
class Drift:
    """How often it was put right, the times on each node, and when last, there and from what to what."""

    changed: Changed
    times: int
    nodes: Mapping[str, int]
    last: datetime
    node: str
    #: as Puppet wrote them; a Sensitive one is [redacted]
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True)
class Drifts:
    """All since a time, the most frequent first; ``reported`` nodes reported since then."""

    since: datetime
    reported: int
    drifts: Sequence[Drift]

    @property
    def nodes(self) -> int:
        """On how many nodes something was put right."""
        return len({name for drift in self.drifts for name in drift.nodes})

    @property
    def times(self) -> int:
        """How often something was put right."""
        return sum(drift.times for drift in self.drifts)


def drifts(puppetdb: PuppetDB, since: datetime) -> Drifts:
    """Ask what was put right since a time; without the values (:func:`with_values` asks for those).

    What a noop run would have put right, or a run could not, is none of it.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    counted, reported = puppetdb.queries(
        "events[resource_type, resource_title, property, certname, count(), max(timestamp)]"
        f'{{{IS_CORRECTIVE} and status = "success" and timestamp >= "{utc(since)}"'
        " group by resource_type, resource_title, property, certname}",
        f'nodes[count()]{{node_state = "any" and report_timestamp >= "{utc(since)}"}}',
    )
    try:
        return Drifts(since, int(reported[0]["count"]), grouped(counted))
    except (IndexError, KeyError, TypeError, ValueError):
        raise puppetdb.stranger() from None


def grouped(rows: Iterable[Mapping[str, Any]]) -> list[Drift]:
    """Put together what was counted on each node, the most frequent first."""
    nodes: dict[Changed, dict[str, int]] = {}
    last: dict[Changed, tuple[str, str]] = {}
    for row in rows:
        changed = Changed(row["resource_type"], row["resource_title"], row["property"])
        nodes.setdefault(changed, {})[row["certname"]] = int(row["count"])
        last[changed] = max(last.get(changed, ("", "")), (row["max"], row["certname"]))
    found = [
        Drift(
            changed, sum(on.values()), dict(sorted(on.items())), time_of(last[changed][0]), last[changed][1]
        )
        for changed, on in nodes.items()
    ]
    return sorted(found, key=lambda drift: (-drift.times, -len(drift.nodes), _name(drift.changed)))


def with_values(puppetdb: PuppetDB, found: Sequence[Drift]) -> list[Drift]:
    """Ask for the values of the last change of each.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    valued: list[Drift] = []
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        rows = puppetdb.query(_last_of(part))
        try:
            values = {
                (Changed(row["resource_type"], row["resource_title"], row["property"]), row["certname"]): row
                for row in sorted(rows, key=lambda row: str(row["timestamp"]))
            }
            for drift in part:
                row = values.get((drift.changed, drift.node), {})
                old, new = written(row.get("old_value")), written(row.get("new_value"))
                valued.append(
                    Drift(drift.changed, drift.times, drift.nodes, drift.last, drift.node, old, new)
                )
        except (KeyError, TypeError):
            raise puppetdb.stranger() from None
    return valued


def _last_of(found: Sequence[Drift]) -> str:
    """Write the query for the last event of each; in PuppetDB's AST, in which any title can be quoted."""
    fields = [
        "resource_type",
        "resource_title",
        "property",
        "certname",
        "timestamp",
        "old_value",
        "new_value",
    ]
    return json.dumps(["from", "events", ["extract", fields, ["or", *map(_event, found)]]])


def _event(drift: Drift) -> list[Any]:
    changed = drift.changed
    name = ["=", "property", changed.property] if changed.property else ["null?", "property", True]
    return [
        "and",
        ["=", "certname", drift.node],
        ["=", "resource_type", changed.type],
        ["=", "resource_title", changed.title],
        name,
        [">=", "timestamp", drift.last.isoformat()],
    ]


def _name(changed: Changed) -> tuple[str, str, str]:
    return changed.type, changed.title, changed.property or ""
