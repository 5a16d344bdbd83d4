"""Looks at a rollout: asks PuppetDB how its nodes are, and Prometheus what their numbers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from generator.canary.arrival import is_of
from generator.canary.checks import Verdict, checks
from generator.canary.faults import lost_members
from generator.canary.limits import Limits
from generator.canary.measure import Measured, measure
from generator.canary.members import Code, members, returning
from generator.canary.observation import Member, Numbers, Observation, Window, window
from generator.canary.prometheus import Prometheus
from generator.canary.rollout import Rollout, State
from generator.errors import FleetError
from generator.puppetdb import PuppetDB
from generator.record.nodes import NodeState


@dataclass(frozen=True)
class Eyes:
    """Who is asked; ``states`` is what PuppetDB says of all nodes, once a pass, or why it says nothing."""

    puppetdb: PuppetDB
    prometheus: Prometheus
    states: Sequence[NodeState] | FleetError
    #: Asks members of a service for a test: those that fail, with why; none where no test is wanted.
    smoke: Callable[[str, Sequence[str]], tuple[str, ...]] = lambda _service, _names: ()


def observe(eyes: Eyes, rollout: Rollout, code: Code, limits: Limits, now: datetime) -> Observation:
    """Look at a rollout; who does not answer is said in what is returned."""
    if isinstance(eyes.states, FleetError):
        return Observation(None, None, blind=(str(eyes.states),))
    if rollout.state is State.ABORTED:
        return Observation((), returning(rollout, eyes.states, code))
    if rollout.state is State.HELD:
        return Observation(())
    try:
        found = members(eyes.puppetdb, rollout, eyes.states, code, limits.silent_runs, now)
    except FleetError as error:
        return Observation(None, None, blind=(str(error),))
    lost = lost_members(rollout, found, limits, now)
    judged = window(rollout, [member for member in found if member.certname not in lost])
    if judged is None:
        return Observation(found)
    smoke = eyes.smoke(rollout.service, judged.members)
    try:
        cohort, stable = _numbers(eyes, rollout, code, judged, found, limits, now)
    except FleetError as error:
        return Observation(found, smoke=smoke, blind=(str(error),))
    return Observation(found, (), cohort, stable, alone=stable is None, smoke=smoke)


def _numbers(
    eyes: Eyes,
    rollout: Rollout,
    code: Code,
    judged: Window,
    found: Sequence[Member],
    limits: Limits,
    now: datetime,
) -> tuple[Numbers, Numbers | None]:
    """Return the numbers of the members that are judged, and of those that they are compared to, if any.

    What is judged is the last ``windows`` intervals; where their jobs are too few, all since the step.
    """
    assert not isinstance(eyes.states, FleetError)

    def right(release: str) -> bool:
        return is_of(release, code.base)

    since = max(1, int((now - judged.start).total_seconds()))
    span = min(since, rollout.interval * rollout.windows)
    others = _others(rollout, eyes.states, code)
    before = None if others else _before(eyes, rollout, found)

    def over(seconds: int) -> tuple[Numbers, Numbers | None]:
        measured = measure(eyes.prometheus, rollout.service, seconds, now)
        return measured.of(judged.members, right), measured.of(others) if others else before

    cohort, stable = over(span)
    unclear = any(
        check.name == "jobs" and check.verdict is Verdict.UNKNOWN for check in checks(cohort, stable, limits)
    )
    return over(since) if unclear and since > span else (cohort, stable)


def _others(rollout: Rollout, states: Sequence[NodeState], code: Code) -> list[str]:
    """Name the nodes with another release of the service: those that are asked of, where there are any."""
    names = [
        state.certname
        for state in states
        if state.certname not in rollout.members
        for service in state.services
        if service.service == rollout.service and service.active and not is_of(service.active, code.base)
    ]
    asked = [name for name in names if any(fnmatchcase(name, glob) for glob in rollout.only)]
    return asked or names


def _before(eyes: Eyes, rollout: Rollout, found: Sequence[Member]) -> Numbers | None:
    """Return what those had before the step that had another release then; None where that is not known."""
    joined = [one.certname for one in found if one.serves and one.serves > rollout.since]
    if not joined:
        return None
    length = rollout.interval * rollout.windows
    measured: Measured = measure(eyes.prometheus, rollout.service, length, rollout.since)
    numbers = measured.of(joined)
    return None if len(numbers.missing) == numbers.nodes else numbers
