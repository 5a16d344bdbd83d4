"""Who is behind, and why: what a node's state says to an operator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from generator.record.nodes import NodeState, ServiceState

#: Runs that a node may miss before it counts as silent.
SILENT_RUNS = 3


class Kind(Enum):
    """What is wrong with a node, the worst first; the value is its name in JSON."""

    NO_CATALOGUE = "no_catalogue"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    SILENT = "silent"
    NEVER_REPORTED = "never_reported"
    HELD_BACK = "held_back"
    CACHED_CATALOGUE = "cached_catalogue"
    OFF_RELEASE = "off_release"
    UNKNOWN_RELEASE = "unknown_release"
    NOOP = "noop"


#: The order of the kinds.
SEVERITY = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a node, in a clause for a reader."""

    kind: Kind
    text: str


def troubles(state: NodeState, now: datetime, silent_runs: int = SILENT_RUNS) -> list[Trouble]:
    """Say what is wrong with a node, the worst first; empty where it is well.

    ``now`` is by the clock that PuppetDB's times are of. A node that is well and runs older code than others
    is not in trouble: it is told at its next run.
    """
    run = state.run
    if state.unreadable is not None:
        return [Trouble(Kind.UNREADABLE, state.unreadable)]
    if run is None:
        return [Trouble(Kind.NEVER_REPORTED, "never reported")]
    found = []
    if run.status == "failed" and not run.has_catalogue:
        found.append(Trouble(Kind.NO_CATALOGUE, "got no catalogue"))
    elif run.status == "failed":
        found.append(Trouble(Kind.FAILED, "its run failed"))
    missed = int((now - run.reported).total_seconds() // state.interval)
    if missed >= silent_runs:
        found.append(Trouble(Kind.SILENT, f"silent for {missed} runs"))
    if run.cached_catalogue:
        found.append(Trouble(Kind.CACHED_CATALOGUE, "runs a cached catalogue"))
    found += [trouble for service in state.services if (trouble := _of_service(service))]
    if run.noop:
        found.append(Trouble(Kind.NOOP, "noop" + (", with changes pending" if run.noop_pending else "")))
    return sorted(found, key=lambda trouble: SEVERITY[trouble.kind])


def _of_service(service: ServiceState) -> Trouble | None:
    if service.trouble is not None:
        return Trouble(Kind.UNKNOWN_RELEASE, f"{service.service}: {service.trouble}")
    if service.wanted is None or service.on_target:
        return None
    serves = f"{service.service} serves {service.active or 'nothing'}, not {service.wanted}"
    if service.failed and service.failed.release == service.wanted:
        return Trouble(Kind.HELD_BACK, f"{serves}: {service.failed.reason}")
    return Trouble(Kind.OFF_RELEASE, serves)


def newest_commits(states: Iterable[NodeState]) -> Mapping[str, str]:
    """Map each Puppet environment to the code commit of its latest run that had one.

    A server compiles all catalogues of an environment from one commit, so that what a run got last is what
    every other node gets next. A cached catalogue is of no such commit. What ran last is told by the
    server's clock: a node's may go wrong, and one that is ahead would say for all what the code is.
    """
    newest: dict[str, tuple[datetime, str]] = {}
    for state in states:
        run = state.run
        if run and run.commit and not run.cached_catalogue:
            newest[run.environment] = max(
                newest.get(run.environment, (run.began, "")), (run.began, run.commit)
            )
    return {environment: commit for environment, (_, commit) in newest.items()}


def is_behind(state: NodeState, newest: Mapping[str, str]) -> bool:
    """Say whether a node's last run had older code than the newest run of its environment."""
    run = state.run
    return (
        run is not None and run.commit is not None and run.commit != newest.get(run.environment, run.commit)
    )
