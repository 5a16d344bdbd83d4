"""A rollout goes on where all that is asked of it is known and well, and is taken back on a breach alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as clock_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.canary.checks import Verdict, checks, least_excess
from generator.canary.judge import Verb, judge
from generator.canary.limits import Freeze, Limits
from generator.canary.observation import Member, Numbers, Observation, Returning, window
from generator.canary.rollout import Breach, Rollout, State
from tests.unit.canary.observations import (
    ALL_DAY,
    EARLY,
    FREEZES,
    GOOD,
    LIMITS,
    OTHERS,
    OVER,
    ROLLOUT,
    SETTLED,
    SINCE,
    cases,
    member,
    numbers,
    well,
)

Case = tuple[Rollout, Observation, datetime]
ONWARD = (Verb.NEXT, Verb.PROMOTE)


def decided(rollout: Rollout, observed: Observation, now: datetime = OVER, *freezes: Freeze) -> str:
    decision = judge(rollout, observed, LIMITS, freezes, now)
    return f"{decision.verb.value} {decision.what}: {decision.reason}"


def test_a_step_that_was_well_for_all_its_windows_is_followed_by_the_next() -> None:
    assert decided(ROLLOUT, well(now=EARLY), EARLY) == "wait window: well for 1199 of 1200 s at 10 %"
    assert decided(ROLLOUT, well()) == "next : well for 1200 s at 10 %; 50 % come next"


def test_the_last_step_is_followed_by_a_promotion() -> None:
    last = replace(ROLLOUT, step=100)
    assert decided(last, replace(well(), stable=None, alone=True)).startswith("promote")


def test_a_gate_waits_for_somebody_to_approve() -> None:
    gated = replace(ROLLOUT, gates=(50,))
    assert decided(gated, well()) == "wait gate: well at 10 %; somebody has to approve 50 %"
    assert decided(replace(gated, approved=(50,)), well()).startswith("next")
    assert decided(replace(gated, approved=(100,)), well()).startswith("wait gate")


def test_short_jobs_that_differ_by_a_moment_are_alike() -> None:
    short = replace(well(), cohort=replace(GOOD, seconds=0.17), stable=replace(GOOD, seconds=0.1))
    assert decided(ROLLOUT, short, OVER).startswith("next")
    longer = replace(short, cohort=replace(GOOD, seconds=0.4))
    assert decided(ROLLOUT, longer, OVER).startswith("abort latency: latency: a job takes 0.4 s")


def test_nothing_goes_on_in_a_freeze_and_a_breach_is_taken_back_all_the_same() -> None:
    assert decided(ROLLOUT, well(), OVER, ALL_DAY).startswith("wait freeze: well at 10 %; nothing goes on")
    broken = replace(well(), cohort=replace(GOOD, failed=40))
    assert decided(ROLLOUT, broken, OVER, ALL_DAY).startswith("abort errors")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"failed": 40}, "errors: 40 of 400 jobs failed (10.0%), of the others' 0.5%; 2.0% more are allowed"),
        (
            {"seconds": 6.0},
            "latency: a job takes 6 s, 3.00 times the 2 s of the others (1.5 times is allowed)",
        ),
        ({"restarts": 1}, "restarts: its web UIs were restarted 1 times"),
        (
            {"memory": 6.2e9},
            "memory: a web UI has 5913 MiB, 2.00 times the 2956 MiB of the others (1.3 times is allowed)",
        ),
        (
            {"gpu_memory": 16.2e9},
            "gpu_memory: a card has 15450 MiB, 2.00 times the 7725 MiB of the others (1.3 times is allowed)",
        ),
    ],
)
def test_numbers_that_are_worse_are_a_breach_at_once_with_the_numbers(
    changed: dict[str, float], reason: str
) -> None:
    now = SETTLED + timedelta(minutes=2)
    observed = replace(well(now=now), cohort=replace(GOOD, **changed))  # type: ignore[arg-type]
    assert decided(ROLLOUT, observed, now) == f"abort {reason.split(':')[0]}: {reason}"
    held = decided(replace(ROLLOUT, on_breach=Breach.HOLD), observed, now)
    assert held == f"hold {reason.split(':')[0]}: {reason}"


def with_member(**changed: object) -> Observation:
    return replace(well(), members=(member("tts1"), replace(member("tts2"), **changed)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "decision"),
    [
        ({"fault": "its run failed", "check": "run"}, "abort run: run: tts2: its run failed"),
        (
            {"reported": OVER - timedelta(seconds=901), "interval": 300},
            "abort silent: silent: tts2 last reported at 2026-11-27T10:09:59Z, 3 of its intervals and more",
        ),
        ({"reported": OVER - timedelta(seconds=900), "interval": 300}, "next"),
        (
            {"reported": None, "interval": 300, "arrived": None},
            "abort silent: silent: tts2 never reported, 3 of its intervals and more",
        ),
        ({"arrived": None}, "wait arrival: not there yet: tts2"),
        ({"serves": None}, "wait arrival: not there yet: tts2"),
        (
            {"serves": None, "interval": 290},
            "abort arrival: arrival: tts2 does not serve v24-beta 1500 s after the step",
        ),
        ({"serves": None, "interval": 300}, "wait arrival"),
    ],
)
def test_a_member_that_is_not_well_or_not_there(changed: dict[str, object], decision: str) -> None:
    assert decided(ROLLOUT, with_member(**changed)).startswith(decision)


def test_a_member_that_was_silent_when_it_was_chosen_has_its_time() -> None:
    now = SINCE + timedelta(minutes=1)
    silent = replace(member("tts2"), reported=SINCE - timedelta(days=3), arrived=None, serves=None)
    observed = replace(well(now=now), members=(member("tts1", now), silent))
    assert decided(ROLLOUT, observed, now) == "wait arrival: not there yet: tts2"


def test_of_a_large_cohort_a_few_may_be_lost() -> None:
    names = tuple(f"tts{n:03}" for n in range(100))
    rollout, limits = replace(ROLLOUT, members=names), Limits(lost_ratio=0.02)
    bad = {"tts001": {"fault": "its run failed", "check": "run"}, "tts002": {"serves": None, "interval": 60}}
    members = [replace(member(name), **bad.get(name, {})) for name in names]  # type: ignore[arg-type]

    def verb(members: list[Member], limits: Limits, cohort: Numbers = GOOD) -> Verb:
        return judge(rollout, replace(well(), members=tuple(members), cohort=cohort), limits, (), OVER).verb

    assert verb(members, Limits()) is Verb.ABORT
    assert verb(members, limits) is Verb.NEXT
    assert verb([*members[:-1], replace(members[-1], fault="x", check="run")], limits) is Verb.ABORT
    assert verb([*members[:-1], replace(members[-1], serves=None)], limits) is Verb.WAIT
    cohort = replace(GOOD, nodes=98, missing=("tts005",))
    assert verb(members, limits, cohort) is Verb.NEXT
    assert verb(members, limits, replace(cohort, missing=("tts005", "tts006"))) is Verb.WAIT


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"members": None, "blind": ("PuppetDB at x answers 503",)}, "puppetdb: PuppetDB at x answers 503"),
        ({"cohort": None, "blind": ("Prometheus at x: refused",)}, "prometheus: Prometheus at x: refused"),
        ({"stable": None}, "prometheus: Prometheus does not answer"),
        ({"cohort": replace(GOOD, missing=("tts2",))}, "numbers: Prometheus has nothing of tts2"),
        ({"stable": Numbers(2, missing=("a", "b"))}, "numbers: Prometheus has nothing of a, b"),
        ({"cohort": replace(GOOD, jobs=19, failed=0)}, "jobs: 19 of 20 jobs that it takes to judge"),
        (
            {"cohort": replace(GOOD, jobs=20, failed=1)},
            "jobs: 1 of 20 jobs failed (5.0%), of the others' 0.5%; 2.0% more are allowed, which more jobs have to show",
        ),
        ({"cohort": replace(GOOD, seconds=None)}, "latency: nobody knows how long jobs take"),
        ({"cohort": replace(GOOD, memory=None)}, "memory: nobody knows what a web UI has"),
        (
            {
                "members": (
                    member("tts1"),
                    replace(member("tts2"), reported=SINCE, interval=60, heard=False),
                )
            },
            "puppetdb: PuppetDB has no reports of a while, tts2's among them",
        ),
        ({"smoke": None}, "smoke: the requests of the test could not be made"),
    ],
)
def test_what_is_not_known_is_waited_for(changed: dict[str, object], what: str) -> None:
    assert decided(ROLLOUT, replace(well(), **changed)).startswith(f"wait {what}")  # type: ignore[arg-type]


def test_a_breach_that_is_known_counts_whatever_else_is_not() -> None:
    failed = with_member(fault="its run failed", check="run")
    assert decided(ROLLOUT, replace(failed, cohort=None, stable=None)).startswith("abort run")
    errors = replace(well(), members=None, cohort=replace(GOOD, failed=200))
    assert decided(ROLLOUT, errors).startswith("abort errors")


def test_a_service_that_nobody_uses_goes_on_where_no_jobs_are_asked_for() -> None:
    idle = replace(well(), cohort=replace(GOOD, jobs=0, failed=0, seconds=None))
    assert judge(ROLLOUT, idle, Limits(), (), OVER).verb is Verb.WAIT
    assert judge(ROLLOUT, idle, Limits(min_jobs=0), (), OVER).verb is Verb.NEXT


def test_what_was_taken_back_is_over_when_all_are_back() -> None:
    aborted = ROLLOUT.aborted("errors: many", SINCE)
    away = Observation((), (Returning("tts1", True), Returning("tts2", False)))
    assert decided(aborted, away) == "wait return: taken back, and not there yet: tts2"
    assert decided(aborted, replace(away, returning=None)).startswith("wait puppetdb")
    assert decided(aborted, well(aborted)) == "finish return: all 2 that had v24-beta are back on their own"


def test_until_all_are_there_the_half_that_came_first_is_judged() -> None:
    there = [
        replace(member(f"tts{n}"), serves=SETTLED + timedelta(minutes=n), arrived=SETTLED) for n in range(4)
    ]
    late = Member("tts9", 1800)
    found = window(ROLLOUT, [*there, late])
    assert found and (found.start, found.members, found.whole) == (
        SETTLED + timedelta(minutes=1),
        ("tts0", "tts1"),
        False,
    )
    found = window(ROLLOUT, there)
    assert found and found.start == SETTLED + timedelta(minutes=3) and found.whole
    assert window(ROLLOUT, [late]) is None


@given(cases(), st.lists(FREEZES, max_size=2))
@settings(max_examples=400, deadline=None)
def test_nothing_goes_on_that_is_not_known_and_well(case: Case, freezes: list[Freeze]) -> None:
    rollout, observed, now = case
    decision = judge(rollout, observed, LIMITS, freezes, now)
    if decision.verb not in ONWARD:
        return
    assert rollout.state is State.RUNNING
    assert observed.members is not None and observed.cohort is not None and observed.smoke == ()
    assert observed.stable is not None or observed.alone
    assert {member.certname for member in observed.members} == set(rollout.members) != set()
    for one in observed.members:
        assert not one.fault and one.reported and one.settled
        assert now - max(one.reported, rollout.since) <= timedelta(seconds=3 * one.interval)
        assert now - one.settled >= timedelta(seconds=rollout.interval * rollout.windows)
    assert not observed.cohort.missing
    assert observed.cohort.jobs >= LIMITS.min_jobs
    assert not any(freeze.covers(now) for freeze in freezes)
    assert rollout.next_step not in rollout.gates or rollout.next_step in rollout.approved
    assert (decision.verb is Verb.PROMOTE) == (rollout.next_step is None)
    stable = None if observed.alone else observed.stable
    assert {one.verdict for one in checks(observed.cohort, stable, LIMITS)} <= {Verdict.WELL}


@given(cases())
@settings(max_examples=400, deadline=None)
def test_what_is_not_known_takes_nothing_back(case: Case) -> None:
    rollout, observed, now = case
    before = judge(rollout, observed, LIMITS, (), now)
    for unknown in (
        replace(observed, members=None, returning=None, cohort=None, stable=None, alone=False, smoke=None),
        replace(observed, members=None, returning=None, smoke=()),
        replace(observed, cohort=None),
        replace(observed, stable=None, alone=False),
        replace(observed, smoke=None),
    ):
        after = judge(rollout, unknown, LIMITS, (), now)
        assert after.verb in (Verb.WAIT, before.verb)
        assert after.verb not in ONWARD or (rollout.state is State.RUNNING and unknown == observed)
        if after.verb in (Verb.ABORT, Verb.HOLD):
            assert before.verb is after.verb


@given(cases(), st.lists(FREEZES, max_size=2))
@settings(max_examples=400, deadline=None)
def test_what_is_taken_back_has_a_breach_and_a_breach_is_taken_back(
    case: Case, freezes: list[Freeze]
) -> None:
    rollout, observed, now = case
    decision = judge(rollout, observed, LIMITS, freezes, now)
    found = set(breaches(rollout, observed, now))
    wanted = Verb.ABORT if rollout.on_breach is Breach.ABORT else Verb.HOLD
    if rollout.state is not State.RUNNING:
        assert decision.verb in (Verb.WAIT, Verb.FINISH)
    elif found:
        assert decision.verb is wanted and decision.what in found
    else:
        assert decision.verb not in (Verb.ABORT, Verb.HOLD, Verb.FINISH)


def breaches(rollout: Rollout, observed: Observation, now: datetime) -> list[str]:
    """Name the checks that are breached, by the words of the contract and not by the judge's."""
    found = []
    for one in observed.members or ():
        allowed = timedelta(seconds=3 * one.interval)
        if one.fault:
            found.append(one.check)
        if now - max(one.reported or rollout.since, rollout.since) > allowed:
            found += ["silent"] * one.heard
        elif not (one.arrived and one.serves) and now - rollout.since > allowed + timedelta(minutes=10):
            found.append("arrival")
    if observed.smoke:
        found.append("smoke")
    own, others = observed.cohort, None if observed.alone else observed.stable
    if own is None or (others is None and not observed.alone):
        return found
    if own.restarts > 0:
        found.append("restarts")
    if own.jobs >= 20:
        share, other = own.failed / own.jobs, others.failed / others.jobs if others and others.jobs else 0.0
        jobs = others.jobs if others and others.jobs else float("inf")
        if least_excess(share, own.jobs, other, jobs, LIMITS.certainty) > 0.02:
            found.append("errors")
    if others:
        pairs = (("latency", own.seconds, others.seconds, 1.5), ("memory", own.memory, others.memory, 1.3))
        for name, mine, theirs, limit in (*pairs, ("gpu_memory", own.gpu_memory, others.gpu_memory, 1.3)):
            compared = name != "latency" or min(own.jobs, others.jobs) >= 1
            if not compared or mine is None or theirs is None:
                continue
            if name == "latency" and mine - theirs <= LIMITS.latency_least:
                continue
            # what is nothing is exceeded by anything
            if (mine / theirs > limit) if theirs > 0 else mine > 0:
                found.append(name)
    return found


@given(cases(), st.lists(FREEZES, max_size=1))
def test_a_decision_depends_on_what_it_is_given_alone_and_is_a_line(
    case: Case, freezes: list[Freeze]
) -> None:
    rollout, observed, now = case
    one, other = (judge(rollout, observed, LIMITS, freezes, now) for _ in range(2))
    assert one == other
    assert one.reason and "\n" not in one.reason


@given(st.integers(0, 500), st.integers(20, 500), st.integers(0, 5000), st.integers(1, 5000))
@example(2, 20, 0, 1000)
def test_a_share_exceeds_another_by_no_more_than_it_does(
    failed: int, jobs: int, others_failed: int, others_jobs: int
) -> None:
    share, other = min(failed, jobs) / jobs, min(others_failed, others_jobs) / others_jobs
    least = least_excess(share, jobs, other, others_jobs, 2.33)
    assert least <= share - other + 1e-9
    assert least_excess(share, jobs, other, others_jobs, 1.0) >= least - 1e-9


def test_a_tenth_that_fails_is_seen_by_twenty_jobs_and_one_of_twenty_is_not() -> None:
    assert least_excess(2 / 20, 20, 0.0, float("inf"), LIMITS.certainty) > 0.02
    assert least_excess(1 / 20, 20, 0.0, float("inf"), LIMITS.certainty) < 0.02


@given(numbers())
def test_a_check_that_is_left_out_says_nothing(found: Numbers) -> None:
    none = Limits(error_ratio=None, latency_ratio=None, restarts=None, memory_ratio=None)
    assert {check.name for check in checks(found, OTHERS, none)} <= {"numbers"}


@pytest.mark.parametrize(
    ("freeze", "covered", "free"),
    [
        (Freeze(clock_time(9), clock_time(17)), ("27 09:00", "27 16:59"), ("27 08:59", "27 17:00")),
        (Freeze(clock_time(22), clock_time(6)), ("27 23:00", "27 05:59"), ("27 06:00", "27 21:59")),
        # 27 November 2026 is a Friday
        (
            Freeze(clock_time(22), clock_time(6), ("fri",)),
            ("27 22:00", "28 05:59"),
            ("27 05:00", "28 22:00"),
        ),
        (Freeze(clock_time(0), clock_time(0), ("fri",)), ("27 00:00", "27 23:59"), ("28 00:00", "26 23:59")),
        (
            Freeze(clock_time(12), clock_time(12), ("fri",)),
            ("27 12:00", "28 11:59"),
            ("27 11:59", "28 12:00"),
        ),
    ],
)
def test_a_freeze_begins_on_its_days_and_goes_over_midnight(
    freeze: Freeze, covered: tuple[str, ...], free: tuple[str, ...]
) -> None:
    def at(text: str) -> datetime:
        return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SINCE.tzinfo)

    assert [freeze.covers(at(text)) for text in covered] == [True] * len(covered)
    assert [freeze.covers(at(text)) for text in free] == [False] * len(free)
