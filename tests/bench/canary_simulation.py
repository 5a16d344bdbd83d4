"""Rollouts over a fleet of 5,000 made-up nodes, judged by the real judge: how often it is wrong, by threshold.

Jobs come by chance and fail by chance. Each node has a background of failures of its own, which has nothing to
do with the release; a bad release adds to it on the nodes that have it. `python -m tests.bench.canary_simulation`
draws docs/canary-threshold.svg.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

from generator import REPOSITORY
from generator.canary.judge import Verb, judge
from generator.canary.limits import Limits
from generator.canary.observation import Member, Numbers, Observation
from generator.canary.rollout import Rollout
from tests.bench.plot import Line, plot

PICTURE = REPOSITORY / "docs" / "canary-threshold.svg"
NODES = 5000
STEPS = (1, 10, 50, 100)
BEGUN = datetime(2026, 11, 28, tzinfo=UTC)
#: Seconds of a window, of a pass of the driver's, and until all nodes of a step are there.
WINDOW, PASS, ARRIVAL = 1800, 450, 300
#: Jobs of a node in a window: a quiet night, in which a first step of 50 nodes has two hundred.
JOBS = 4.0
#: Which part of a node's jobs fails whatever its release: the mean over nodes, and how far they are apart.
BACKGROUND, SPREAD = 0.005, 1.0
THRESHOLDS = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
#: By how much a bad release exceeds the background.
BAD = (0.02, 0.05, 0.1)
#: Which part of the nodes something else breaks while a step lasts: a disk, a cable, somebody's hand.
BROKEN = 0.001
#: Windows after which somebody who is told that it waits has ended it (CanaryWaits).
LONGEST = 24
ROLLOUTS = 60
DEFAULT = Limits()


@dataclass(frozen=True)
class Outcome:
    """How a rollout ended, and which part of the fleet's jobs the new release had by then."""

    verb: Verb
    windows: float
    served: float


def measure(rollouts: int = ROLLOUTS) -> dict[str, float]:
    """Wrong aborts and wrong promotions of the defaults, in percent, and what a bad release gets until then."""
    random_ = random.Random(1)
    good = [simulate(random_, 0.0, DEFAULT) for _ in range(rollouts)]
    found = {"canary.sim_wrong_aborts_pct": _percent(good, Verb.ABORT)}
    for error in BAD:
        bad = [simulate(random_, error, DEFAULT) for _ in range(rollouts)]
        name = f"canary.sim_bad_{round(error * 100)}pct"
        found[f"{name}_promoted_pct"] = _percent(bad, Verb.PROMOTE)
        found[f"{name}_windows"] = sum(one.windows for one in bad) / len(bad)
        found[f"{name}_served_pct"] = 100 * sum(one.served for one in bad) / len(bad)
    for name, lost in (("none", 0.0), ("1pct", 0.01)):
        limits = replace(DEFAULT, lost_ratio=lost)
        some = [simulate(random_, 0.0, limits, BROKEN) for _ in range(max(1, rollouts // 4))]
        found[f"canary.sim_broken_lost_{name}_aborts_pct"] = _percent(some, Verb.ABORT)
    return found


def simulate(random_: random.Random, error: float, limits: Limits, broken: float = 0.0) -> Outcome:
    """Roll out a release whose jobs fail by ``error`` more, until it is promoted or taken back."""
    rates = list(accumulate((_background(random_) for _ in range(NODES)), initial=0.0))
    at, since, step, served, jobs = 0, 0, STEPS[0], 0.0, 0.0
    counts = [0.0] * 4  # jobs and failed ones of the cohort and of the others, in the window
    breaks = {node for node in range(NODES) if random_.random() < broken}
    before: Numbers | None = None
    while True:
        at += PASS
        members = math.ceil(NODES * step / 100)
        part = JOBS * PASS / WINDOW
        judged = at - since > ARRIVAL
        own = (rates[members] + members * error) * part
        theirs = (rates[NODES] - rates[members]) * part
        drawn = (
            _poisson(random_, members * part),
            _poisson(random_, own),
            _poisson(random_, (NODES - members) * part),
            _poisson(random_, theirs),
        )
        served, jobs = served + drawn[0], jobs + drawn[0] + drawn[2]
        if judged:
            counts = [sum(pair) for pair in zip(counts, drawn, strict=True)]
        now = BEGUN + timedelta(seconds=at)
        rollout = _rollout(step, since)
        cohort = Numbers(members, counts[0], min(counts[1], counts[0]))
        stable = Numbers(NODES - members, counts[2], min(counts[3], counts[2])) if members < NODES else before
        observed = Observation(_members(members, since, at), (), _told(cohort), _told(stable), stable is None)
        if breaks and judged:
            observed = replace(observed, members=_broken(observed.members or (), breaks))
        verb = judge(rollout, observed, limits, (), now).verb
        if verb in (Verb.ABORT, Verb.PROMOTE):
            return Outcome(verb, at / WINDOW, served / jobs)
        if at >= LONGEST * WINDOW:
            return Outcome(Verb.WAIT, at / WINDOW, served / jobs)
        if verb is Verb.NEXT:
            # at the last step there are no others: they are compared to what these had before
            before = stable
            step, since, counts = rollout.next_step or step, at, [0.0] * 4


def _background(random_: random.Random) -> float:
    return BACKGROUND * random_.lognormvariate(-(SPREAD**2) / 2, SPREAD)


def _poisson(random_: random.Random, mean: float) -> float:
    """Draw how many come by chance."""
    if mean > 50:
        return max(0.0, round(random_.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random_.random(), 0
    while product > limit:
        product, count = product * random_.random(), count + 1
    return float(count)


def _told(numbers: Numbers | None) -> Numbers | None:
    """Add what a release that only fails has in common with the other."""
    return numbers and replace(numbers, seconds=2.0, memory=3e9, gpu_memory=8e9)


def _names(count: int) -> list[str]:
    return [f"tts{number:04}" for number in range(count)]


@cache
def _rollout(step: int, since: int) -> Rollout:
    return Rollout(
        service="indextts2",
        revision="v24",
        steps=STEPS,
        step=step,
        since=BEGUN + timedelta(seconds=since),
        interval=WINDOW,
        salt="",
        members=tuple(_names(math.ceil(NODES * step / 100))),
    )


@cache
def _members(count: int, since: int, at: int) -> tuple[Member, ...]:
    there = BEGUN + timedelta(seconds=since + ARRIVAL)
    seen = BEGUN + timedelta(seconds=at)
    return tuple(Member(name, WINDOW, seen, there, there) for name in _names(count))


def _broken(members: Sequence[Member], breaks: set[int]) -> tuple[Member, ...]:
    return tuple(
        replace(member, check="run", fault="its run failed") if number in breaks else member
        for number, member in enumerate(members)
    )


def _percent(outcomes: Sequence[Outcome], verb: Verb) -> float:
    return 100 * sum(one.verb is verb for one in outcomes) / len(outcomes)


def curves(rollouts: int) -> list[Line]:
    """Return the lines of the plot: percents of rollouts that end wrongly, by threshold."""

    def line(label: str, colour: str, error: float, wrong: Verb, certainty: float) -> Line:
        values = []
        for threshold in THRESHOLDS:
            limits = replace(DEFAULT, error_ratio=threshold, certainty=certainty)
            # the same chance for each threshold
            ends = [simulate(random.Random(seed), error, limits) for seed in range(rollouts)]
            values.append(_percent(ends, wrong))
        return Line(label, values, colour)

    sure = DEFAULT.certainty
    return [
        line("good, taken back, were the share enough", "#b0b0b0", 0.0, Verb.ABORT, 0.0),
        line(f"good, taken back (sure by {sure:g} deviations)", "#1f77b4", 0.0, Verb.ABORT, sure),
        *(
            line(f"bad by {error:.0%}, promoted", colour, error, Verb.PROMOTE, sure)
            for error, colour in zip(BAD, ("#ff9e4a", "#d62728", "#7b1e1e"), strict=True)
        ),
    ]


def draw(path: Path, rollouts: int) -> None:
    """Draw the plot."""
    path.write_text(
        plot(
            curves(rollouts),
            [
                f"{one:.2%}".replace(".00%", "%").replace("0%", "%") if one < 0.1 else "10%"
                for one in THRESHOLDS
            ],
            title=f"Rollouts that end wrongly, of {rollouts} each, over {NODES:,} nodes",
            across="limits.error_ratio: by how much more jobs may fail than on the other nodes",
            up="% of rollouts",
            mark=THRESHOLDS.index(DEFAULT.error_ratio or 0),
        )
    )


if __name__ == "__main__":
    draw(PICTURE, int(sys.argv[1]) if len(sys.argv) > 1 else 100)
