"""The chain of a change: commit, deploy, catalogue, report, resources."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from generator.puppetdb import PuppetDB
from generator.record.commits import Commit
from generator.record.deploys import Deploy, brought
from generator.record.values import time_of
from generator.table import utc

_REPORT = [
    "hash",
    "certname",
    "environment",
    "transaction_uuid",
    "catalog_uuid",
    "code_id",
    "configuration_version",
    "cached_catalog_status",
    "status",
    "noop",
    "start_time",
    "end_time",
    "producer_timestamp",
    "puppet_version",
]
_EVENT = [
    "report",
    "resource_type",
    "resource_title",
    "property",
    "old_value",
    "new_value",
    "status",
    "message",
    "timestamp",
    "file",
    "line",
]
#: Reports whose events are asked for at once.
CHUNK = 200


@dataclass(frozen=True)
class Asked:
    """Which runs are asked for: all that is set has to hold. ``commit`` may be the beginning of one."""

    node: str | None = None
    commit: str | None = None
    transaction: str | None = None
    since: datetime | None = None

    def condition(self) -> list[Any]:
        """Write it in PuppetDB's AST."""
        parts: list[Any] = []
        if self.node is not None:
            parts.append(["=", "certname", self.node])
        if self.commit is not None:
            # 40 digits are the whole: an index finds them
            whole = len(self.commit) == 40
            parts.append(
                ["=" if whole else "~", "configuration_version", self.commit if whole else f"^{self.commit}"]
            )
        if self.transaction is not None:
            parts.append(["=", "transaction_uuid", self.transaction])
        if self.since is not None:
            parts.append([">=", "producer_timestamp", utc(self.since)])
        return ["and", *parts]


@dataclass(frozen=True)
class Event:
    """What a run did, or would have done, to a property of a resource."""

    type: str
    title: str
    property: str | None
    old: Any
    new: Any
    status: str
    message: str
    corrective: bool
    at: datetime
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Link:
    """A run with what led to it: commit and deploy are None where they are not known here."""

    report: Mapping[str, Any]
    started: datetime
    ended: datetime
    commit: Commit | None
    deploy: Deploy | None
    #: the first error of a run that failed
    error: str | None
    events: Sequence[Event]

    @property
    def code(self) -> str | None:
        """The commit of the code, None where there was no catalogue."""
        return self.report["configuration_version"] or None

    @property
    def cohort(self) -> dict[str, str] | None:
        """The revision of each service that had the node in a rollout, by that commit; None if not known."""
        return self.commit.cohort(self.report["certname"]) if self.commit else None

    @property
    def catalogue(self) -> str:
        """What catalogue the run applied: none, a cached one and why, or a new one."""
        if self.report["catalog_uuid"] is None:
            return "none"
        cached = self.report["cached_catalog_status"]
        return "new" if cached in (None, "not_used") else f"cached ({cached})"


def reports(puppetdb: PuppetDB, asked: Asked, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Return how many runs there are, and the ``limit`` newest of them, the newest first.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    condition = asked.condition()
    counted, found = puppetdb.queries(
        json.dumps(["from", "reports", ["extract", [["function", "count"]], condition]]),
        json.dumps(
            [
                "from",
                "reports",
                ["extract", _REPORT, condition],
                ["order_by", [["producer_timestamp", "desc"], ["certname", "asc"]]],
                ["limit", limit],
            ]
        ),
    )
    try:
        return int(counted[0]["count"]), found
    except (IndexError, KeyError, TypeError, ValueError):
        raise puppetdb.stranger() from None


def events(puppetdb: PuppetDB, hashes: Sequence[str]) -> dict[str, list[Event]]:
    """Ask what the reports did, resource by resource, in the order in which they did it.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    found: dict[str, list[Event]] = defaultdict(list)
    for start in range(0, len(hashes), CHUNK):
        wanted = ["in", "report", ["array", list(hashes[start : start + CHUNK])]]
        rows = puppetdb.query(json.dumps(["from", "events", ["extract", _EVENT, wanted]]))
        try:
            for row in rows:
                found[row["report"]].append(_event(row))
        except (KeyError, TypeError, ValueError):
            raise puppetdb.stranger() from None
    for done in found.values():
        done.sort(key=lambda event: (event.at, event.type, event.title, event.property or ""))
    return found


def chain(
    rows: Sequence[Mapping[str, Any]],
    done: Mapping[str, Sequence[Event]],
    errors: Mapping[str, str],
    known: Mapping[str, Commit],
    deploys: Sequence[Deploy],
) -> list[Link]:
    """Put each run together with its commit, its deploy and its events.

    Raises:
        KeyError, TypeError, ValueError: a row is none of a report.
    """
    links = []
    for row in rows:
        started, code = time_of(row["start_time"]), row["configuration_version"]
        links.append(
            Link(
                row,
                started,
                time_of(row["end_time"]),
                known.get(code),
                brought(deploys, row["environment"], code, started),
                errors.get(row["hash"]),
                done.get(row["hash"], ()),
            )
        )
    return links


def _event(row: Mapping[str, Any]) -> Event:
    message = row["message"] or ""
    return Event(
        type=row["resource_type"],
        title=row["resource_title"],
        property=row["property"],
        old=row["old_value"],
        new=row["new_value"],
        status=row["status"],
        message=message,
        corrective=message.endswith("(corrective)"),
        at=time_of(row["timestamp"]),
        file=row["file"],
        line=row["line"],
    )
