"""How the nodes of a rollout are, of what PuppetDB has of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from generator.canary.arrival import is_of
from generator.canary.observation import Member, Returning
from generator.canary.rollout import Rollout
from generator.puppetdb import PuppetDB
from generator.record.first_error import first_errors, one_line
from generator.record.nodes import NodeState, ServiceState
from generator.record.values import INTERVAL, UNREADABLE, time_of
from generator.table import utc

#: Members by name in a query; of more, all nodes are asked for.
_NAMED = 500


@dataclass(frozen=True)
class Code:
    """The commits that have what the rollout's last one says, and how the names of its releases begin."""

    commits: Collection[str]
    base: str


def members(
    puppetdb: PuppetDB,
    rollout: Rollout,
    states: Sequence[NodeState],
    code: Code,
    silent_runs: int,
    now: datetime,
) -> tuple[Member, ...]:
    """Say of each member of a rollout how it is; one is silent after ``silent_runs`` of its intervals.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    known = {state.certname: state for state in states}
    arrived = _arrivals(puppetdb, rollout, known, code)
    failed = [
        state.run.hash
        for name in rollout.members
        if (state := known.get(name)) and state.run and state.run.status == "failed"
    ]
    errors = first_errors(puppetdb, failed) if failed else {}
    found = [
        _member(rollout, name, known.get(name), arrived.get(name), code, errors) for name in rollout.members
    ]
    silent = {
        one.interval
        for one in found
        if (now - max(one.reported or rollout.since, rollout.since)).total_seconds()
        > silent_runs * one.interval
    }
    deaf = {interval for interval in silent if not _hears(puppetdb, interval, now)}
    return tuple(replace(one, heard=one.interval not in deaf) for one in found)


def _hears(puppetdb: PuppetDB, interval: int, now: datetime) -> bool:
    """Whether the record has a report of anybody's from before one interval, and no more than two.

    Where it has none it was away itself, and what was reported then is lost: a node that seems silent has had
    no interval since in which to report.
    """
    first, last = (utc(now - timedelta(seconds=runs * interval)) for runs in (2, 1))
    times = f'producer_timestamp >= "{first}" and producer_timestamp < "{last}"'
    return bool(puppetdb.query(f"reports[certname]{{{times} limit 1}}"))


def returning(rollout: Rollout, states: Sequence[NodeState], code: Code) -> tuple[Returning, ...]:
    """Say of each node that a rollout was taken back from whether it is back on its own release.

    One that PuppetDB knows no more has left the fleet, if it knows any other.
    """
    known = {state.certname: state for state in states}
    return tuple(
        Returning(name, bool(known) if name not in known else _is_back(rollout, known[name], code))
        for name in rollout.taken_back
    )


def _is_back(rollout: Rollout, state: NodeState, code: Code) -> bool:
    service = _service(state, rollout.service)
    # on target it may serve the same revision, by a line of its own
    return _has_code(state, code) and (service is None or service.wanted is None or service.on_target)


def _has_code(state: NodeState, code: Code) -> bool:
    run = state.run
    return bool(run and run.commit in code.commits and not run.cached_catalogue)


def _service(state: NodeState, name: str) -> ServiceState | None:
    return next((service for service in state.services if service.service == name), None)


def _member(
    rollout: Rollout,
    name: str,
    state: NodeState | None,
    arrived: datetime | None,
    code: Code,
    errors: Mapping[str, str],
) -> Member:
    if state is None:
        return Member(name, INTERVAL)
    run, service = state.run, _service(state, rollout.service)
    serves = None
    if service and service.on_target and is_of(service.active, code.base):
        serves = max(serving.since for serving in service.cards.values())
    check, fault = _fault(rollout, state, service, code, errors)
    there = arrived if _has_code(state, code) else None
    return Member(name, state.interval, run.reported if run else None, there, serves, check, fault)


def _fault(
    rollout: Rollout,
    state: NodeState,
    service: ServiceState | None,
    code: Code,
    errors: Mapping[str, str],
) -> tuple[str, str]:
    """Say which check the last report is a breach of, and why; what a run did before the step is none."""
    run = state.run
    if run is None or run.reported <= rollout.since:
        return "", ""
    because = f": {error}" if (error := errors.get(run.hash)) else ""
    if run.status == "failed" and not run.has_catalogue:
        return "catalogue", f"it got no catalogue{because}"
    if run.cached_catalogue:
        return "catalogue", "it ran with the catalogue of an earlier run"
    if run.commit not in code.commits:
        return "", ""
    failed = service.failed if service else None
    if failed and is_of(failed.release, code.base) and service and service.active != failed.release:
        return "release", one_line(f"{failed.release} does not serve: {failed.reason}")
    if run.status == "failed":
        return "run", f"its run failed{because}"
    return "", ""


def _arrivals(
    puppetdb: PuppetDB, rollout: Rollout, known: Mapping[str, NodeState], code: Code
) -> dict[str, datetime]:
    """Map each member whose last run had the step's commit to when it first reported with it."""
    there = [name for name in rollout.members if name in known and _has_code(known[name], code)]
    if not there:
        return {}
    named = f"certname in {json.dumps(there)} and " if len(there) <= _NAMED else ""
    rows = puppetdb.query(
        "reports[certname, configuration_version, producer_timestamp, cached_catalog_status]"
        f'{{{named}producer_timestamp >= "{utc(rollout.since)}"}}'
    )
    found: dict[str, datetime] = {}
    for row in rows:
        try:
            name, at = str(row["certname"]), time_of(row["producer_timestamp"])
            commit, cached = row["configuration_version"], row["cached_catalog_status"]
        except KeyError:
            raise puppetdb.stranger() from None
        except UNREADABLE:
            continue  # a report that says nothing that can be read is of no arrival
        if commit in code.commits and cached not in ("on_failure", "explicitly_requested"):
            found[name] = min(at, found.get(name, at))
    # by the node's own last report, where none of these could be read
    return {name: found.get(name) or _reported(known[name]) for name in there}


def _reported(state: NodeState) -> datetime:
    assert state.run
    return state.run.reported
