"""The checks of numbers: each says whether the cohort is well, is not, or cannot be judged yet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from generator.canary.limits import Limits
from generator.canary.observation import Numbers


class Verdict(Enum):
    """What a check says."""

    WELL = "well"
    BREACH = "breach"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """What the check ``name`` says, in a clause with its numbers."""

    name: str
    verdict: Verdict
    text: str


def checks(cohort: Numbers, stable: Numbers | None, limits: Limits) -> list[Check]:
    """Judge the cohort's numbers beside those of the others; without others only by what needs none."""
    return [
        *_presence(cohort, limits),
        *_errors(cohort, stable, limits),
        *_latency(cohort, stable, limits),
        *_restarts(cohort, limits),
        *_memory(cohort, stable, limits),
    ]


def _presence(cohort: Numbers, limits: Limits) -> Iterator[Check]:
    if len(cohort.missing) > limits.lost(cohort.nodes):
        yield Check("numbers", Verdict.UNKNOWN, f"Prometheus has nothing of {named(cohort.missing)}")


def _errors(cohort: Numbers, stable: Numbers | None, limits: Limits) -> Iterator[Check]:
    if limits.error_ratio is None:
        return
    name = "errors"
    few = f"{round(cohort.jobs)} of {limits.min_jobs} jobs that it takes to judge"
    if cohort.jobs < max(limits.min_jobs, 1):
        # none is needed where none is asked for: a service that nobody uses at night
        verdict = Verdict.UNKNOWN if limits.min_jobs else Verdict.WELL
        yield Check("jobs", verdict, few)
        return
    share = cohort.failed / cohort.jobs
    text = f"{round(cohort.failed)} of {round(cohort.jobs)} jobs failed ({share:.1%})"
    if stable is None:
        other, others_jobs = 0.0, math.inf
    elif stable.jobs < 1:
        # who has no jobs has no failed ones; it is not known how many it would have had
        other, others_jobs = 0.0, math.inf
        text += ", the others have no jobs"
    else:
        other, others_jobs = stable.failed / stable.jobs, stable.jobs
        text += f", of the others' {other:.1%}"
    text += f"; {limits.error_ratio:.1%} more are allowed"
    if share - other <= limits.error_ratio:
        yield Check(name, Verdict.WELL, text)
    elif least_excess(share, cohort.jobs, other, others_jobs, limits.certainty) > limits.error_ratio:
        yield Check(name, Verdict.BREACH, text)
    else:
        yield Check("jobs", Verdict.UNKNOWN, f"{text}, which more jobs have to show")


def least_excess(share: float, jobs: float, other: float, others_jobs: float, certainty: float) -> float:
    """Return by how much a share at least exceeds another, that sure (in standard deviations).

    Newcombe's interval of a difference of two shares, of Wilson's of each ("Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17, 1998, method 10).
    """
    least = _wilson(share, jobs, certainty, -1)
    most = other if math.isinf(others_jobs) else _wilson(other, others_jobs, certainty, +1)
    return share - other - math.hypot(share - least, most - other)


def _wilson(share: float, jobs: float, certainty: float, side: int) -> float:
    square = certainty**2
    spread = certainty * math.sqrt(share * (1 - share) / jobs + square / (4 * jobs**2))
    return (share + square / (2 * jobs) + side * spread) / (1 + square / jobs)


def _latency(cohort: Numbers, stable: Numbers | None, limits: Limits) -> Iterator[Check]:
    own = cohort.seconds
    if limits.latency is not None and own is not None and own > limits.latency:
        yield Check("latency", Verdict.BREACH, f"a job takes {own:.3g} s, more than {limits.latency:g} s")
        return
    if limits.latency_ratio is None or stable is None or min(cohort.jobs, stable.jobs) < 1:
        return  # there is nobody to compare with, or nothing to compare
    if own is None or stable.seconds is None:
        yield Check("latency", Verdict.UNKNOWN, "nobody knows how long jobs take")
        return
    found = _times("latency", "a job takes", own, stable.seconds, limits.latency_ratio, "{:.3g} s")
    differ = own - stable.seconds > limits.latency_least
    yield found if differ else replace(found, verdict=Verdict.WELL)


def _restarts(cohort: Numbers, limits: Limits) -> Iterator[Check]:
    if limits.restarts is None:
        return
    restarts = round(cohort.restarts)
    verdict = Verdict.BREACH if restarts > limits.restarts else Verdict.WELL
    yield Check("restarts", verdict, f"its web UIs were restarted {restarts} times")


def _memory(cohort: Numbers, stable: Numbers | None, limits: Limits) -> Iterator[Check]:
    if limits.memory_ratio is None or stable is None:
        return
    for name, what, own, other in (
        ("memory", "a web UI has", cohort.memory, stable.memory),
        ("gpu_memory", "a card has", cohort.gpu_memory, stable.gpu_memory),
    ):
        if other is None:
            continue
        if own is None:
            yield Check(name, Verdict.UNKNOWN, f"nobody knows what {what}, and of the others one does")
        else:
            yield _times(name, what, own / 2**20, other / 2**20, limits.memory_ratio, "{:.0f} MiB")


def _times(name: str, what: str, own: float, other: float, limit: float, form: str) -> Check:
    ratio = own / other if other > 0 else (math.inf if own > 0 else 1.0)
    text = f"{what} {form.format(own)}, {ratio:.2f} times the {form.format(other)} of the others"
    verdict = Verdict.BREACH if ratio > limit else Verdict.WELL
    return Check(name, verdict, f"{text} ({limit:g} times is allowed)")


def named(names: tuple[str, ...], most: int = 3) -> str:
    """Name some nodes, and count the rest.

    >>> named(("a", "b", "c", "d", "e"))
    'a, b, c and 2 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
