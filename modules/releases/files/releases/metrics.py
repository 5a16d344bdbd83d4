"""What a node tells Prometheus of its service, in a file that the node exporter reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from releases import files
from releases.description import release_of
from releases.errors import ReleasesError
from releases.front import FrontError
from releases.node import Node

_FRONTEND, _STREAMS = "web", "streams"
_HELP = {
    "front_responses_total": "counter: answers of the front, by status, but those to a gateway's question",
    "front_jobs_total": "counter: streams of jobs that ended, and joins and streams that failed or were cut",
    "front_job_seconds": "gauge: mean of the last 1024 streams of jobs, of this release",
    "webui_restarts_total": "counter: how often systemd has started a web UI again that ended by itself",
    "webui_memory_bytes": "gauge: memory of a web UI",
    "serving_info": "gauge: which release serves on a card",
}

Sample = tuple[str, Mapping[str, str], float]


class Metrics:
    """The file of a service, written again and again by one process."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._done = _Growing()

    def tell(self, node: Node) -> None:
        """Write it; what cannot be known just now is left out, and what cannot be written comes next time."""
        path = node.description.metrics
        if path is None:
            return
        samples: list[Sample] = []
        for source in (self._of_front, _of_units, _of_state):
            # an answer cut off, or of another form, is none
            with suppress(FrontError, ReleasesError, OSError, ValueError, LookupError):
                samples += list(source(node))
        with suppress(OSError):
            files.write_passing(path, text(node.description.service, samples), 0o644)

    def _of_front(self, node: Node) -> Iterator[Sample]:
        rows = {(row["pxname"], row["svname"]): row for row in node.front.stats()}
        known = node.description
        backends = [rows[name, "BACKEND"] for name in (*known.backends, *known.idle_backends)]
        for code in ("2xx", "3xx", "4xx", "5xx", "other"):
            # what the front refuses by itself no backend counts, and a gateway's questions are no requests
            asked = [rows[_FRONTEND, "FRONTEND"]] if code == "4xx" else backends
            yield "front_responses_total", {"code": code}, sum(int(row[f"hrsp_{code}"]) for row in asked)
        name = _STREAMS if _STREAMS in known.backends else known.entrance
        jobs = rows[name, "BACKEND"]
        cut, ended = int(jobs["srv_abrt"]), int(jobs["hrsp_2xx"])
        # what the front answers by itself to who joins, as in a drain, is no job
        refused = [
            int(row["hrsp_5xx"])
            for (backend, server), row in rows.items()
            if backend == known.entrance != name and server not in ("BACKEND", "FRONTEND")
        ]
        yield "front_jobs_total", {"outcome": "done"}, self._done.at_least(ended - cut, ended)
        yield "front_jobs_total", {"outcome": "failed"}, int(jobs["hrsp_5xx"]) + cut + sum(refused)
        if ended:
            yield "front_job_seconds", {}, int(jobs["ttime"]) / 1000


class _Growing:
    """A difference of counters that are not counted at the same moment: it must not seem to begin anew."""

    _most = _total = 0

    def at_least(self, value: int, total: int) -> int:
        """Return ``value``, or what it was before, unless the ``total`` has begun anew since."""
        self._most = value if total < self._total else max(value, self._most)
        self._total = total
        return self._most


def _of_units(node: Node) -> Iterator[Sample]:
    known = node.description
    units = {card: known.unit(card, one.slot) for card, one in node.state().cards.items()}
    if not units:
        return
    facts = node.units.facts(list(units.values()), ("NRestarts", "MemoryCurrent"))
    for name, fact in (("webui_restarts_total", "NRestarts"), ("webui_memory_bytes", "MemoryCurrent")):
        for card, unit in units.items():
            said = facts.get(unit, {}).get(fact, "")
            # of one that does not run: [not set], or the largest number there is
            if said.isdigit() and int(said) < 1 << 63:
                yield name, {"card": card}, int(said)


def _of_state(node: Node) -> Iterator[Sample]:
    for card, serving in sorted(node.state().cards.items()):
        yield "serving_info", {"card": card, "release": release_of(serving.id)}, 1


def text(service: str, samples: list[Sample]) -> str:
    """Write samples in Prometheus's text format; those of one name are together."""
    lines = []
    for name, about in _HELP.items():
        found = [(labels, value) for one, labels, value in samples if one == name]
        if found:
            kind, _, doc = about.partition(": ")
            lines += [f"# HELP releases_{name} {doc}", f"# TYPE releases_{name} {kind}"]
        for labels, value in found:
            said = ",".join(f'{key}="{word}"' for key, word in {"service": service, **labels}.items())
            lines.append(f"releases_{name}{{{said}}} {value:.16g}")
    return "\n".join(lines) + "\n"
