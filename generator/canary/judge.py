"""What becomes of a rollout: a pure function of what is known of it.

A breach that is known counts, whatever else is not known; what is not known never takes anything back, and
never lets a rollout go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from generator.canary.checks import Check, Verdict, checks, named
from generator.canary.faults import lost_members, member_checks
from generator.canary.limits import Freeze, Limits
from generator.canary.observation import Observation, window
from generator.canary.rollout import Breach, Rollout, State


class Verb(Enum):
    """What is done with a rollout; the value is its name in a metric."""

    WAIT = "wait"
    NEXT = "next"
    HOLD = "hold"
    ABORT = "abort"
    PROMOTE = "promote"
    FINISH = "finish"


#: What a rollout waits for where who was asked did not answer, or not wholly.
BLIND = ("puppetdb", "prometheus", "numbers")


@dataclass(frozen=True)
class Decision:
    """What becomes of a rollout, and in a line why; ``what`` is the breach, or what it waits for."""

    verb: Verb
    what: str
    reason: str


def judge(
    rollout: Rollout,
    observed: Observation,
    limits: Limits,
    freezes: Sequence[Freeze],
    now: datetime,
) -> Decision:
    """Decide what becomes of a rollout; ``now`` has the clock of the freezes."""
    if rollout.state is State.HELD:
        return Decision(Verb.WAIT, "operator", f"held: {rollout.reason or 'somebody said so'}")
    if rollout.state is State.ABORTED:
        return _aborted(rollout, observed)
    return _breach(rollout, observed, limits, now) or _onward(rollout, observed, limits, freezes, now)


def _aborted(rollout: Rollout, observed: Observation) -> Decision:
    if observed.returning is None:
        return Decision(Verb.WAIT, "puppetdb", _said(observed, "PuppetDB does not answer"))
    known = {one.certname: one.back for one in observed.returning}
    away = tuple(name for name in rollout.taken_back if not known.get(name))
    if away:
        return Decision(Verb.WAIT, "return", f"taken back, and not there yet: {named(away)}")
    count = len(rollout.taken_back)
    return Decision(Verb.FINISH, "return", f"all {count} that had {rollout.revision} are back on their own")


def _breach(rollout: Rollout, observed: Observation, limits: Limits, now: datetime) -> Decision | None:
    found = [check for check in _checks(rollout, observed, limits, now) if check.verdict is Verdict.BREACH]
    if not found:
        return None
    verb = Verb.ABORT if rollout.on_breach is Breach.ABORT else Verb.HOLD
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Decision(verb, found[0].name, f"{found[0].name}: {found[0].text}{more}")


def _onward(
    rollout: Rollout, observed: Observation, limits: Limits, freezes: Sequence[Freeze], now: datetime
) -> Decision:
    members = observed.members
    if members is None:
        return Decision(Verb.WAIT, "puppetdb", _said(observed, "PuppetDB does not answer"))
    lost = lost_members(rollout, members, limits, now)
    kept = [member for member in members if member.certname not in lost]
    there = {member.certname for member in kept if member.settled}
    waiting = tuple(name for name in rollout.members if name not in there and name not in lost)
    if waiting:
        return Decision(Verb.WAIT, "arrival", f"not there yet: {named(waiting)}")
    judged = window(rollout, kept)
    if judged is None or not judged.whole:
        return Decision(Verb.WAIT, "arrival", "it has no members")
    if observed.cohort is None or (observed.stable is None and not observed.alone):
        return Decision(Verb.WAIT, "prometheus", _said(observed, "Prometheus does not answer"))
    unknown = [check for check in _checks(rollout, observed, limits, now) if check.verdict is Verdict.UNKNOWN]
    if unknown:
        return Decision(Verb.WAIT, unknown[0].name, unknown[0].text)
    return _well(rollout, freezes, judged.start, now)


def _well(rollout: Rollout, freezes: Sequence[Freeze], start: datetime, now: datetime) -> Decision:
    """Decide for a rollout whose step is well so far."""
    length = rollout.interval * rollout.windows
    over = (now - start).total_seconds()
    if over < length:
        return Decision(
            Verb.WAIT, "window", f"well for {max(0, int(over))} of {length} s at {rollout.step} %"
        )
    if freeze := next((freeze for freeze in freezes if freeze.covers(now)), None):
        return Decision(Verb.WAIT, "freeze", f"well at {rollout.step} %; nothing goes on from {freeze}")
    step = rollout.next_step
    if step is None:
        return Decision(Verb.PROMOTE, "", f"well for {length} s at {rollout.step} %, the last step")
    if step in rollout.gates and step not in rollout.approved:
        return Decision(Verb.WAIT, "gate", f"well at {rollout.step} %; somebody has to approve {step} %")
    return Decision(Verb.NEXT, "", f"well for {length} s at {rollout.step} %; {step} % come next")


def _said(observed: Observation, otherwise: str) -> str:
    return "; ".join(observed.blind) or otherwise


def _checks(rollout: Rollout, observed: Observation, limits: Limits, now: datetime) -> Iterator[Check]:
    """Yield what each check says, the record's first: what a node says itself tells most."""
    members = observed.members or ()
    lost = lost_members(rollout, members, limits, now)
    for member in members:
        if member.certname not in lost:
            yield from member_checks(rollout, member, limits, now)
    if observed.smoke is None:
        yield Check("smoke", Verdict.UNKNOWN, "the requests of the test could not be made")
    elif observed.smoke:
        yield Check("smoke", Verdict.BREACH, f"a request failed: {named(observed.smoke)}")
    if observed.cohort is None:
        return
    stable = None if observed.alone else observed.stable
    if stable is not None or observed.alone:
        yield from checks(observed.cohort, stable, limits)
    if stable is not None and stable.missing and len(stable.missing) == stable.nodes:
        yield Check("numbers", Verdict.UNKNOWN, f"Prometheus has nothing of {named(stable.missing)}")
