"""The numbers of some nodes, by what their textfiles tell Prometheus (modules/releases writes them)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from generator.canary.observation import Numbers
from generator.canary.prometheus import Prometheus, Vector

#: Which part of a window a node's exporter has to have answered for its numbers to count.
ANSWERED = 0.5

_QUERIES = {
    "serving": 'releases_serving_info{{service="{service}"}}',
    "counted": 'count by (certname) (releases_front_jobs_total{{service="{service}"}})',
    "up": 'min by (certname) (avg_over_time(up{{job="node"}}[{span}s]))',
    "jobs": (
        'sum by (certname, outcome) (increase(releases_front_jobs_total{{service="{service}"}}[{span}s]))'
    ),
    "seconds": 'avg by (certname) (releases_front_job_seconds{{service="{service}"}})',
    "restarts": 'sum by (certname) (increase(releases_webui_restarts_total{{service="{service}"}}[{span}s]))',
    "memory": 'avg by (certname) (releases_webui_memory_bytes{{service="{service}"}})',
    "gpu_memory": "avg by (certname) (nvidia_card_memory_used_bytes)",
}


@dataclass(frozen=True)
class Measured:
    """What Prometheus has of all nodes with a service, over a while that ended at a moment."""

    releases: dict[str, set[str]]
    counted: set[str]
    up: dict[str, float]
    done: dict[str, float]
    failed: dict[str, float]
    seconds: dict[str, float]
    restarts: dict[str, float]
    memory: dict[str, float]
    gpu_memory: dict[str, float]

    def of(self, names: Collection[str], right: Callable[[str], bool] | None = None) -> Numbers:
        """Put together the numbers of the nodes ``names``.

        A node is missing where its exporter did not answer for the most part, where nothing is told of its
        service, or where it serves a release that is not ``right``: what it tells is of another then.
        """
        there = [name for name in sorted(names) if self._covers(name, right)]
        jobs = {name: self.done.get(name, 0.0) + self.failed.get(name, 0.0) for name in there}
        timed = [name for name in there if name in self.seconds]
        # by jobs: a node that had one weighs as much as its one
        weights = {name: jobs[name] for name in timed}
        if not any(weights.values()):
            weights = dict.fromkeys(timed, 1.0)
        seconds = sum(self.seconds[name] * weights[name] for name in timed)
        return Numbers(
            nodes=len(names),
            jobs=sum(jobs.values()),
            failed=sum(self.failed.get(name, 0.0) for name in there),
            seconds=seconds / sum(weights.values()) if timed else None,
            restarts=sum(self.restarts.get(name, 0.0) for name in there),
            memory=_mean(self.memory, there),
            gpu_memory=_mean(self.gpu_memory, there),
            missing=tuple(sorted(set(names) - set(there))),
        )

    def _covers(self, name: str, right: Callable[[str], bool] | None) -> bool:
        releases = self.releases.get(name, set())
        fits = bool(releases) and (right is None or all(map(right, releases)))
        return fits and name in self.counted and self.up.get(name, 0.0) >= ANSWERED


def measure(prometheus: Prometheus, service: str, span: int, at: datetime) -> Measured:
    """Ask for the numbers of all nodes with ``service``, over the ``span`` seconds that end at a moment.

    Raises:
        FleetError: Prometheus does not answer.
    """
    queries = [query.format(service=service, span=max(span, 1)) for query in _QUERIES.values()]
    found = dict(zip(_QUERIES, prometheus.query(queries, at), strict=True))
    releases: defaultdict[str, set[str]] = defaultdict(set)
    for labels, value in found["serving"]:
        if value == 1:
            releases[labels.get("certname", "")].add(labels.get("release", ""))
    jobs: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for labels, value in found["jobs"]:
        jobs[labels.get("outcome", "")][labels.get("certname", "")] = value
    return Measured(
        dict(releases),
        set(_by_name(found["counted"])),
        _by_name(found["up"]),
        jobs["done"],
        jobs["failed"],
        *(_by_name(found[name]) for name in ("seconds", "restarts", "memory", "gpu_memory")),
    )


def _by_name(vector: Vector) -> dict[str, float]:
    return {labels["certname"]: value for labels, value in vector if "certname" in labels}


def _mean(values: dict[str, float], names: Collection[str]) -> float | None:
    """Return the mean of those that have a value; None where none has."""
    found = [values[name] for name in names if name in values]
    return sum(found) / len(found) if found else None
