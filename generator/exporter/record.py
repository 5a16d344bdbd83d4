"""What the exporter asks of PuppetDB: how each node is now, and where something was put right of late.

Of each node it asks for its last report alone, and of what came before for names: what it costs does not grow
with the reports that PuppetDB keeps.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from generator.puppetdb import PuppetDB
from generator.record.nodes import IS_CORRECTIVE, NodeState, node_states
from generator.record.values import text_of
from generator.table import utc

#: The fact that says when a node's certificates end: modules/profile/lib/facter/puppet_certificates.rb.
CERTIFICATES = 'facts[certname, value]{name = "puppet_certificates"}'
#: Why runs fell back on a cached catalogue is in their logs alone, which PuppetDB cannot search. A log has
#: some kilobytes: of more nodes than these at once, which is the server's trouble, not all are read.
FELL_BACK = (
    'reports[certname, logs]{latest_report? = true and cached_catalog_status = "on_failure"'
    " order by certname limit 500}"
)
#: What an agent logs where the server answered, and with no catalogue (lib/puppet/configurer.rb, and
#: lib/puppet/indirector/rest.rb for the number). One that could not ask, or not in time, has no such number,
#: and a server that is too busy answers 503.
_REFUSED = re.compile(r"Could not retrieve catalog from remote server: Error (?!503\b)\d+ on SERVER")


@dataclass(frozen=True)
class Drift:
    """In a window: how many nodes reported, and on how many something was put right that was changed."""

    window: float
    reporting: int
    corrected: int

    @property
    def ratio(self) -> float | None:
        """The part of those that reported; None where none did."""
        return self.corrected / self.reporting if self.reporting else None


@dataclass(frozen=True)
class Record:
    """What PuppetDB says; ``certificates`` maps node to certificate to its end, in seconds since 1970.

    ``refused`` are the nodes whose last run was by a cached catalogue since the server could make none.
    """

    nodes: Sequence[NodeState]
    drift: Drift
    certificates: Mapping[str, Mapping[str, float]]
    refused: Collection[str] = ()


def corrected_since(since: datetime) -> str:
    """Make the query for the nodes on which something was put right since then: what ``fleet drift`` counts.

    >>> from datetime import UTC
    >>> corrected_since(datetime(2026, 1, 2, tzinfo=UTC))[-58:]
    'timestamp >= "2026-01-02T00:00:00Z" group by certname}'
    """
    return (
        f'events[certname, count()]{{{IS_CORRECTIVE} and status = "success" and timestamp >= "{utc(since)}"'
        " group by certname}"
    )


def read_record(puppetdb: PuppetDB, window: float, now: datetime) -> Record:
    """Ask how the fleet is, with drift over the last ``window`` seconds.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    since = now - timedelta(seconds=window)
    nodes = node_states(puppetdb)
    corrected, facts, fell_back = puppetdb.queries(corrected_since(since), CERTIFICATES, FELL_BACK)
    known = {node.certname for node in nodes}
    reporting = sum(1 for node in nodes if node.run and node.run.reported > since)
    drift = Drift(window, reporting, len(known & {row.get("certname") for row in corrected}))
    return Record(nodes, drift, _certificates(facts), refused(fell_back))


def refused(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Name the nodes whose log says that the server could not make their catalogue; of rows of FELL_BACK."""
    return {str(row.get("certname")) for row in rows if any(map(_is_refusal, _entries(row.get("logs"))))}


def _entries(logs: Any) -> Sequence[Any]:
    entries = logs.get("data") if isinstance(logs, dict) else None
    return entries if isinstance(entries, list) else ()


def _is_refusal(entry: Any) -> bool:
    message = entry.get("message") if isinstance(entry, dict) else None
    return isinstance(message, str) and _REFUSED.match(message) is not None


def _certificates(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        ends = row.get("value")
        if isinstance(ends, dict):
            numbers = {text_of(name): end for name, end in ends.items() if _is_time(end)}
            found[str(row.get("certname"))] = {name: float(end) for name, end in numbers.items()}
    return found


def _is_time(end: object) -> bool:
    """Say whether a node's word for it is a time: no more than a float holds, and no truth value."""
    return isinstance(end, (int, float)) and not isinstance(end, bool) and 0 <= end < 2**53
