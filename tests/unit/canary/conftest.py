"""Rollouts that tests draw."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from generator.canary.rollout import Breach, Rollout, State

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1)).map(
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    """Draw a rollout that ``fleet canary`` could write."""
    steps = tuple(sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5))))
    some_steps = st.sets(st.sampled_from(steps)).map(lambda found: tuple(sorted(found)))
    state = draw(st.sampled_from(State))
    names = st.sets(NAMES, max_size=5).map(lambda found: tuple(sorted(found)))
    return Rollout(
        service=draw(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)),
        revision=draw(st.from_regex(r"v[0-9]{1,3}(-beta)?", fullmatch=True)),
        steps=steps,
        step=draw(st.sampled_from(steps)),
        since=draw(TIMES),
        interval=draw(st.integers(1, 90_000)),
        salt=draw(LINES),
        members=() if state is State.ABORTED else draw(names),
        windows=draw(st.integers(1, 9)),
        state=state,
        on_breach=draw(st.sampled_from(Breach)),
        gates=draw(some_steps),
        approved=draw(some_steps),
        only=tuple(draw(st.lists(st.from_regex(r"[a-z*?.\[\]-]{1,9}", fullmatch=True), max_size=3))),
        traffic=draw(st.none() | st.integers(1, 100)),
        taken_back=draw(names),
        reason=draw(st.none() | LINES),
    )
