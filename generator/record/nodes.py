"""How each node is: its last run, what it is told to serve, and what serves.

A handful of queries, whatever the size of the fleet. Facts are of a run's start and a catalogue is of its
middle, so that no single one of them says what serves after it:

- *wanted* is what the node's last catalogue brings to serve: its resource ``Exec[SERVICE: serve ID]``.
  The fact ``releases`` has what the run before wanted, and is taken where no catalogue has such a resource.
- *active* is what the fact says, unless the last report says that this Exec succeeded: then all cards went
  over.
- What Hiera wants meanwhile is not in the record before the node asks for a catalogue: a node is *behind* by
  its report's code commit (:func:`generator.record.trouble.newest_commits`), not by its release.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from generator.puppetdb import PuppetDB
from generator.record.values import INTERVAL, UNREADABLE, interval, text_of, text_or_none, time_of

#: The class whose parameter says so, as Puppet writes it in a catalogue.
AGENT_CLASS = "Profile::Puppet_agent"

#: One that was silent for PuppetDB's node-ttl is expired, and still a node of the fleet.
_NODES = 'nodes[certname]{node_state = "any" and deactivated is null}'
_REPORTS = (
    "reports[certname, hash, transaction_uuid, catalog_uuid, configuration_version, environment, status,"
    " start_time, end_time, producer_timestamp, noop, noop_pending, cached_catalog_status]"
    "{latest_report? = true}"
)
_FACTS = (
    "inventory[certname, facts.releases, trusted.extensions.pp_role, trusted.extensions.pp_environment]{}"
)
#: What was put back to how Puppet had left it. PuppetDB 8.4.1 stores the flag ``corrective_change`` in its
#: commercial edition only (``store-corrective-change?`` of scf/storage.clj), but each event's message, at
#: whose end the agent says it (lib/puppet/transaction/resource_harness.rb).
_PUT_BACK = 'message ~ "[(]corrective[)]$"'
#: Puppet calls a guarded Exec corrective whenever it runs again. One that runs for what the same run has
#: changed on purpose (a reload after new settings) puts nothing right.
IS_CORRECTIVE = (
    f'{_PUT_BACK} and !(resource_type = "Exec" and report in events[report]'
    f'{{resource_type != "Exec" and status = "success" and !({_PUT_BACK})}})'
)
_CORRECTIVE = f"events[certname, count()]{{latest_report? = true and {IS_CORRECTIVE} group by certname}}"
#: How often each agent is to run, as its catalogue has it.
INTERVALS = f'resources[certname, parameters]{{type = "Class" and title = "{AGENT_CLASS}"}}'
#: A title of a regular expression is looked for among the Execs only.
_IS_SWITCH = '~ "^[a-z][a-z0-9_]*: serve "'
_WANTED = f'resources[certname, title]{{type = "Exec" and title {_IS_SWITCH}}}'
_SWITCHES = (
    "events[certname, resource_title, status, timestamp]"
    f'{{latest_report? = true and resource_type = "Exec" and resource_title {_IS_SWITCH}}}'
)

_SWITCH = re.compile(r"([a-z][a-z0-9_]*): serve (\S+)\.[0-9a-f]{8}")


class Serving(NamedTuple):
    """What a card serves; ``commit`` is the source's, where the node could read it."""

    release: str
    commit: str | None
    since: datetime


class Failure(NamedTuple):
    """Why a release that is wanted does not serve, and is not tried again at once."""

    release: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service of a node; ``trouble`` is why nothing is known: the fact says so, or is no such fact."""

    service: str
    wanted: str | None
    cards: Mapping[str, Serving]
    failed: Failure | None = None
    trouble: str | None = None

    @property
    def active(self) -> str | None:
        """The release that serves; of several, which are there during a switch, the first but ``wanted``."""
        releases = sorted(
            {serving.release for serving in self.cards.values()}, key=lambda one: (one == self.wanted, one)
        )
        return releases[0] if releases else None

    @property
    def on_target(self) -> bool:
        """Whether every card serves what is wanted."""
        return self.trouble is None and self.wanted is not None and self.active == self.wanted


@dataclass(frozen=True, slots=True)
class Run:
    """The last report of a node; ``commit`` is the code's, None where there was no catalogue.

    ``reported`` is by the clock of the server that took the report, ``started`` and ``ended`` by the node's.
    """

    hash: str
    transaction_uuid: str | None
    status: str
    started: datetime
    ended: datetime
    reported: datetime
    environment: str
    commit: str | None
    has_catalogue: bool
    cached_catalogue: bool
    noop: bool
    noop_pending: bool
    corrective_changes: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()

    @property
    def began(self) -> datetime:
        """When it began by the server's clock: by what it took before its report, whatever the node says."""
        return self.reported - max(self.ended - self.started, timedelta(0))


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as the record has it; ``run`` is None where it never reported, ``interval`` is in seconds.

    ``unreadable`` is why there is no run where its last report is none: what a node writes is its own.
    ``role`` and ``environment`` are what its certificate says (``pp_role``, ``pp_environment``), empty where
    it says nothing.
    """

    certname: str
    role: str
    environment: str
    interval: int
    run: Run | None
    services: tuple[ServiceState, ...] = ()
    unreadable: str | None = None

    def age(self, now: datetime) -> float | None:
        """Return the seconds since its last report; None where it never reported."""
        return (now - self.run.reported).total_seconds() if self.run else None


def node_states(puppetdb: PuppetDB) -> list[NodeState]:
    """Ask how each node is that is not deactivated, by name; empty where PuppetDB knows none.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    answers = puppetdb.queries(_NODES, _REPORTS, _FACTS, _CORRECTIVE, INTERVALS, _WANTED, _SWITCHES)
    try:
        return _states(*answers)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise puppetdb.stranger() from None


def _states(
    nodes: Iterable[Any],
    reports: Iterable[Any],
    facts: Iterable[Any],
    corrective: Iterable[Any],
    intervals: Iterable[Any],
    wanted: Iterable[Any],
    switches: Iterable[Any],
) -> list[NodeState]:
    corrections = {row["certname"]: row["count"] for row in corrective}
    runs = {row["certname"]: _run(row, corrections.get(row["certname"], 0)) for row in reports}
    said = {row["certname"]: row for row in facts}
    paces = {row["certname"]: _pace(row["parameters"]) for row in intervals}
    targets = _targets(wanted)
    switched = _switched(switches)
    found = []
    for name in sorted(str(row["certname"]) for row in nodes):
        row, run = said.get(name, {}), runs.get(name)
        found.append(
            NodeState(
                certname=name,
                role=_extension(row, "pp_role"),
                environment=_extension(row, "pp_environment"),
                interval=paces.get(name, INTERVAL),
                run=run if isinstance(run, Run) else None,
                services=_services(row.get("facts.releases"), targets.get(name, {}), switched.get(name, {})),
                unreadable=run if isinstance(run, str) else None,
            )
        )
    return found


def _pace(parameters: Any) -> int:
    said = parameters.get("runinterval") if isinstance(parameters, dict) else None
    return interval(said) or INTERVAL


def _extension(row: Mapping[str, Any], name: str) -> str:
    value = row.get(f"trusted.extensions.{name}")
    return text_of(value) if isinstance(value, str) else ""


def _run(row: Mapping[str, Any], corrective_changes: Any) -> Run | str:
    """Read a report, or say why it cannot be read.

    Raises:
        KeyError: a row without a column is none of PuppetDB's.
    """
    try:
        return Run(
            hash=text_of(row["hash"]),
            transaction_uuid=text_or_none(row["transaction_uuid"]),
            status=text_of(row["status"]),
            started=time_of(row["start_time"]),
            ended=time_of(row["end_time"]),
            reported=time_of(row["producer_timestamp"]),
            environment=text_or_none(row["environment"]) or "",
            commit=text_or_none(row["configuration_version"]),
            has_catalogue=row["catalog_uuid"] is not None,
            cached_catalogue=row["cached_catalog_status"] in ("on_failure", "explicitly_requested"),
            noop=bool(row["noop"]),
            noop_pending=bool(row["noop_pending"]),
            corrective_changes=int(corrective_changes),
        )
    except UNREADABLE as error:
        return f"its last report cannot be read ({error})"


def _targets(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Map node to service to the release that its catalogue brings to serve."""
    targets: dict[str, dict[str, str]] = {}
    for row in rows:
        if switch := _SWITCH.fullmatch(str(row["title"])):
            targets.setdefault(row["certname"], {})[switch[1]] = switch[2]
    return targets


def _switched(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Serving]]:
    """Map node to service to what its last run brought to serve."""
    switched: dict[str, dict[str, Serving]] = {}
    for row in rows:
        switch = _SWITCH.fullmatch(str(row["resource_title"]))
        if not switch or row["status"] != "success":
            continue
        with suppress(*UNREADABLE):  # the fact of the next run says it, too
            serving = Serving(switch[2], None, time_of(row["timestamp"]))
            switched.setdefault(row["certname"], {})[switch[1]] = serving
    return switched


def _services(
    fact: Any, targets: Mapping[str, str], switched: Mapping[str, Serving]
) -> tuple[ServiceState, ...]:
    said = {text_of(name): one for name, one in fact.items()} if isinstance(fact, dict) else {}
    return tuple(
        _service(name, said.get(name), targets.get(name), switched.get(name))
        for name in sorted({*said, *targets})
    )


def _service(name: str, fact: Any, target: str | None, switched: Serving | None) -> ServiceState:
    """Read what a node says of a service; where that is nothing that it can be, this alone is in trouble."""
    said = fact if isinstance(fact, dict) else {}
    try:
        return _told(name, said, target, switched)
    except (KeyError, *UNREADABLE) as error:
        return ServiceState(
            name, target, {}, trouble=f"its fact `releases` cannot be read ({type(error).__name__}: {error})"
        )


def _told(name: str, said: Mapping[str, Any], target: str | None, switched: Serving | None) -> ServiceState:
    wanted = target or text_or_none(said.get("wanted"))
    cards = {
        text_of(card): Serving(text_of(one["release"]), text_or_none(one["commit"]), time_of(one["since"]))
        for card, one in (said.get("cards") or {}).items()
    }
    if switched:
        cards = {card: _after(serving, switched) for card, serving in (cards or {"0": switched}).items()}
        return ServiceState(name, wanted, cards)
    failed = said.get("failed")
    failure = (
        Failure(text_of(failed["release"]), text_of(failed["reason"]), time_of(failed["at"]))
        if failed
        else None
    )
    return ServiceState(name, wanted, cards, failure, text_or_none(said.get("trouble")))


def _after(serving: Serving, switched: Serving) -> Serving:
    """Return what serves after a switch: a deployment of the same release keeps its commit."""
    return switched._replace(commit=serving.commit) if serving.release == switched.release else switched
