"""What may be known of a rollout, drawn; and one that is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

from hypothesis import strategies as st

from generator.canary.limits import DAYS, Freeze, Limits
from generator.canary.observation import Member, Numbers, Observation, Returning
from generator.canary.rollout import Breach, Rollout, State
from tests.unit.canary.conftest import rollouts

SINCE = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
LIMITS = Limits()

ROLLOUT = Rollout(
    service="indextts2",
    revision="v24-beta",
    steps=(10, 50, 100),
    step=10,
    since=SINCE,
    interval=600,
    salt="salt",
    members=("tts1", "tts2"),
    windows=2,
)
#: The members are there five minutes after the step.
SETTLED = SINCE + timedelta(minutes=5)
#: When the windows are over, and a second before.
OVER = SETTLED + timedelta(seconds=1200)
EARLY = OVER - timedelta(seconds=1)

GOOD = Numbers(2, jobs=400, failed=2, seconds=1.9, restarts=0, memory=3e9, gpu_memory=8e9)
OTHERS = Numbers(18, jobs=3600, failed=18, seconds=2.0, restarts=1, memory=3.1e9, gpu_memory=8.1e9)


def member(name: str, now: datetime = OVER) -> Member:
    """Return a member that is well."""
    return Member(name, 1800, reported=now - timedelta(minutes=3), arrived=SETTLED, serves=SETTLED)


def well(rollout: Rollout = ROLLOUT, now: datetime = OVER) -> Observation:
    """Return what is known of a rollout that is well."""
    members = tuple(member(name, now) for name in rollout.members)
    return Observation(
        members, tuple(Returning(name, True) for name in rollout.taken_back), cohort=GOOD, stable=OTHERS
    )


TIMES = st.integers(-90, 400).map(lambda minutes: SINCE + timedelta(minutes=minutes))
CHECKS = st.sampled_from(("run", "catalogue", "release"))
FREEZES = st.builds(
    Freeze,
    st.times().map(lambda time: time.replace(microsecond=0)),
    st.times().map(lambda time: time.replace(microsecond=0)),
    st.sets(st.sampled_from(DAYS), min_size=1).map(tuple),
)
NEVER_FROZEN: tuple[Freeze, ...] = ()
ALL_DAY = Freeze(clock_time(0, 0), clock_time(0, 0))


@st.composite
def drawn_members(draw: st.DrawFn, name: str) -> Member:
    """Draw what is known of a member: mostly that it is well."""
    if draw(st.integers(0, 3)):
        return member(name)
    fault = draw(st.just("") | st.just("its run failed"))
    return Member(
        name,
        draw(st.sampled_from((60, 1800, 7200))),
        reported=draw(st.none() | TIMES),
        arrived=draw(st.none() | TIMES),
        serves=draw(st.none() | TIMES),
        check=draw(CHECKS) if fault else "",
        fault=fault,
        heard=draw(st.booleans()),
    )


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    """Draw what Prometheus has of some nodes: mostly that they are well."""
    found = draw(st.sampled_from((GOOD, OTHERS)))
    if not draw(st.booleans()):
        return found
    jobs = draw(st.integers(0, 2000))
    return replace(
        found,
        jobs=float(jobs),
        failed=float(draw(st.integers(0, jobs))),
        seconds=draw(st.none() | st.floats(0, 9)),
        restarts=float(draw(st.integers(0, 2))),
        memory=draw(st.none() | st.floats(0, 1e10)),
        gpu_memory=draw(st.none() | st.floats(0, 1e10)),
        missing=draw(st.just(()) | st.just(("tts1",))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Rollout, Observation, datetime]:
    """Draw a rollout, what is known of it, and the time."""
    rollout = replace(
        draw(rollouts()),
        since=SINCE,
        interval=draw(st.sampled_from((60, 600, 3600))),
        windows=draw(st.integers(1, 3)),
    )
    members = tuple(draw(drawn_members(name)) for name in rollout.members)
    observed = Observation(
        members=draw(st.just(members) | st.just(members) | st.none() | st.just(members[1:])),
        returning=draw(
            st.none() | st.just(tuple(Returning(name, draw(st.booleans())) for name in rollout.taken_back))
        ),
        cohort=draw(st.none() | numbers() | numbers()),
        stable=draw(st.none() | numbers() | numbers()),
        alone=draw(st.booleans()),
        smoke=draw(st.sampled_from(((), (), None, ("tts1 answers 500",)))),
    )
    return rollout, observed, draw(TIMES)


RUNNING = cases().filter(lambda case: case[0].state is State.RUNNING)
BREACHES = {Breach.ABORT: "abort", Breach.HOLD: "hold"}
