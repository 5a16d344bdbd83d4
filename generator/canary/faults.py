"""What is wrong with a member of a rollout, and how many of them a rollout may lose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from generator.canary.checks import Check, Verdict
from generator.canary.limits import Limits
from generator.canary.observation import Member
from generator.canary.rollout import Rollout


def lost_members(
    rollout: Rollout, members: Sequence[Member], limits: Limits, now: datetime
) -> frozenset[str]:
    """Name the members that something is wrong with, where they are few enough to go on without them.

    Of thousands of nodes one is always broken by something else.
    """
    allowed = limits.lost(len(rollout.members))
    if not allowed:
        return frozenset()
    bad = frozenset(
        member.certname
        for member in members
        if any(check.verdict is Verdict.BREACH for check in member_checks(rollout, member, limits, now))
    )
    return bad if len(bad) <= allowed else frozenset()


def member_checks(rollout: Rollout, member: Member, limits: Limits, now: datetime) -> Iterator[Check]:
    """Yield what is wrong with a member, or not known of it."""
    name, allowed = member.certname, limits.silent_runs * member.interval
    if member.fault:
        yield Check(member.check, Verdict.BREACH, f"{name}: {member.fault}")
    # a node that was silent before it was chosen gets its time, too
    heard = max(member.reported or rollout.since, rollout.since)
    silence = now - heard
    if silence > timedelta(seconds=allowed) and not member.heard:
        yield Check("puppetdb", Verdict.UNKNOWN, f"PuppetDB has no reports of a while, {name}'s among them")
    elif silence > timedelta(seconds=allowed):
        ago = "never reported" if member.reported is None else f"last reported at {_utc(member.reported)}"
        yield Check("silent", Verdict.BREACH, f"{name} {ago}, {limits.silent_runs} of its intervals and more")
    elif member.settled is None and now - rollout.since > timedelta(seconds=allowed + limits.deploy):
        after = int((now - rollout.since).total_seconds())
        yield Check(
            "arrival", Verdict.BREACH, f"{name} does not serve {rollout.revision} {after} s after the step"
        )


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
