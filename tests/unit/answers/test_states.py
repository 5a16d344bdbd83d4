"""What PuppetDB's rows say of a node, and what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.inventory import KnownNode
from generator.record.nodes import Failure, NodeState, Run, ServiceState, Serving, _states
from generator.record.status import assess, pick, with_invited
from generator.record.status_text import counts, room, rows
from generator.record.trouble import SEVERITY, Kind, is_behind, newest_commits, troubles
from generator.record.values import interval

NOW = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
RUN = Run(
    hash="1",
    transaction_uuid="t",
    status="unchanged",
    started=NOW - timedelta(minutes=10),
    ended=NOW - timedelta(minutes=9),
    reported=NOW - timedelta(minutes=9),
    environment="production",
    commit="c" * 40,
    has_catalogue=True,
    cached_catalogue=False,
    noop=False,
    noop_pending=False,
    corrective_changes=0,
)
OLD = {"release": "v1-aaaaaaa-0000000", "commit": "a" * 40, "since": "2026-11-01T00:00:00Z"}
WANTED = "v2-bbbbbbb-1111111"


def node(run: Run | None = RUN, *services: ServiceState, name: str = "tts-01.example") -> NodeState:
    return NodeState(name, "tts_node", "prod", 1800, run, services)


def service(wanted: str | None, *releases: str, **more: object) -> ServiceState:
    cards = {str(card): Serving(release, None, NOW) for card, release in enumerate(releases)}
    return replace(ServiceState("indextts2", wanted, cards), **more)  # type: ignore[arg-type]


def read(fact: object, target: str | None = None, switched: tuple[str, str] | None = None) -> ServiceState:
    """Read one service of a node from its fact, its catalogue, and an event of its last report."""
    name = "a.example"
    wanted = [{"certname": name, "title": f"indextts2: serve {target}.0123abcd"}] if target else []
    event = {"certname": name, "timestamp": "2026-11-27T19:51:00Z"}
    events = (
        [event | {"resource_title": f"indextts2: serve {switched[0]}.0123abcd", "status": switched[1]}]
        if switched
        else []
    )
    facts = [{"certname": name, "facts.releases": fact}]
    [state] = _states([{"certname": name}], [], facts, [], [], wanted, events)
    [found] = state.services
    return found


@pytest.mark.parametrize(
    ("run", "service_state", "kinds"),
    [
        (RUN, None, []),
        (None, None, [Kind.NEVER_REPORTED]),
        (replace(RUN, status="failed"), None, [Kind.FAILED]),
        (replace(RUN, status="failed", has_catalogue=False, commit=None), None, [Kind.NO_CATALOGUE]),
        (replace(RUN, reported=NOW - timedelta(minutes=89)), None, []),
        (replace(RUN, reported=NOW - timedelta(minutes=90)), None, [Kind.SILENT]),
        (replace(RUN, cached_catalogue=True), None, [Kind.CACHED_CATALOGUE]),
        (replace(RUN, noop=True), None, [Kind.NOOP]),
        (
            replace(RUN, noop=True, status="failed", cached_catalogue=True),
            None,
            [Kind.FAILED, Kind.CACHED_CATALOGUE, Kind.NOOP],
        ),
        (RUN, service("v2", "v2", "v2"), []),
        (RUN, service(None, "v2"), []),
        (RUN, service("v2", "v1", "v2"), [Kind.OFF_RELEASE]),
        (RUN, service("v2"), [Kind.OFF_RELEASE]),
        (RUN, service("v2", "v1", failed=Failure("v2", "no audio", NOW)), [Kind.HELD_BACK]),
        (RUN, service("v2", "v1", failed=Failure("v0", "no audio", NOW)), [Kind.OFF_RELEASE]),
        (RUN, service("v2", "v2", failed=Failure("v2", "no audio", NOW)), []),
        (RUN, service("v2", trouble="it is no JSON"), [Kind.UNKNOWN_RELEASE]),
    ],
)
def test_what_is_wrong_with_a_node(
    run: Run | None, service_state: ServiceState | None, kinds: list[Kind]
) -> None:
    state = node(run, *([service_state] if service_state else []))
    assert [trouble.kind for trouble in troubles(state, NOW)] == kinds


def test_silence_is_counted_in_runs_of_the_nodes_own_interval() -> None:
    late = replace(node(replace(RUN, reported=NOW - timedelta(minutes=30))), interval=60)
    assert [trouble.text for trouble in troubles(late, NOW)] == ["silent for 30 runs"]
    assert troubles(late, NOW, silent_runs=31) == []


def test_the_catalogue_says_what_is_wanted_and_the_fact_what_serves() -> None:
    found = read({"indextts2": {"wanted": "v1-aaaaaaa-0000000", "cards": {"0": OLD}, "failed": None}}, WANTED)
    assert (found.wanted, found.active, found.on_target) == (WANTED, "v1-aaaaaaa-0000000", False)


def test_a_switch_of_the_last_run_is_newer_than_the_fact_and_its_failure_is_none() -> None:
    fact = {"indextts2": {"wanted": WANTED, "cards": {"0": OLD, "1": OLD}, "failed": None}}
    found = read(fact, WANTED, (WANTED, "success"))
    assert [one.release for one in found.cards.values()] == [WANTED, WANTED]
    assert found.on_target
    assert not read(fact, WANTED, (WANTED, "failure")).on_target


def test_without_a_catalogue_the_fact_says_what_is_wanted() -> None:
    found = read({"indextts2": {"wanted": WANTED, "cards": {}, "failed": None}})
    assert (found.wanted, found.active) == (WANTED, None)


@pytest.mark.parametrize("fact", [None, "x", 7, {"indextts2": "x"}, {"indextts2": {"trouble": "x"}}])
def test_a_fact_of_another_kind_is_no_error(fact: object) -> None:
    assert read(fact, WANTED).wanted == WANTED


def test_an_interval_that_is_none_is_none() -> None:
    assert [interval(text) for text in ("2h", "1d", "5m", None, "soon", "", "0", "0s")] == [
        7200,
        86400,
        300,
        *[None] * 5,
    ]


@pytest.mark.parametrize("parameters", [None, [], "x", {}, {"runinterval": "soon"}, {"runinterval": "0"}])
def test_a_node_that_does_not_say_how_often_it_runs_does_so_as_usual(parameters: object) -> None:
    row = {"certname": "a", "parameters": parameters}
    [state] = _states([{"certname": "a"}], [], [], [], [row], [], [])
    assert state.interval == 1800


def test_the_newest_code_is_of_the_latest_run_and_no_cached_one() -> None:
    newer = replace(RUN, reported=NOW, commit="d" * 40)
    cached = replace(RUN, reported=NOW + timedelta(1), commit="0" * 40, cached_catalogue=True)
    states = [node(RUN, name="a"), node(newer, name="b"), node(cached, name="c"), node(None, name="d")]
    newest = newest_commits(states)
    assert newest == {"production": "d" * 40}
    assert [is_behind(state, newest) for state in states] == [True, False, True, False]


def test_who_was_invited_and_never_came_is_shown() -> None:
    invited = [
        KnownNode(name, {"extensions": {"pp_role": "tts_node", "pp_environment": "prod"}}, {})
        for name in ("a", "tts-01.example")
    ]
    states = with_invited([node()], invited)
    assert [(state.certname, state.run is None, state.role) for state in states] == [
        ("a", True, "tts_node"),
        ("tts-01.example", False, "tts_node"),
    ]


RUNS = st.builds(
    replace,
    st.just(RUN),
    status=st.sampled_from(["unchanged", "changed", "failed"]),
    has_catalogue=st.booleans(),
    cached_catalogue=st.booleans(),
    noop=st.booleans(),
    reported=st.integers(0, 10**6).map(lambda ago: NOW - timedelta(seconds=ago)),
)
FLEETS = st.lists(st.none() | RUNS, max_size=40).map(
    lambda runs: [node(run, name=f"n{place:03}") for place, run in enumerate(runs)]
)


@given(FLEETS, st.integers(0, 50))
def test_the_named_are_some_of_those_in_trouble_and_no_kind_crowds_out_another(
    fleet: list[NodeState], size: int
) -> None:
    bad = assess(fleet, NOW, 3).in_trouble
    named = pick(bad, size)
    assert len(named) == min(size, len(bad))
    assert [one.node.certname for one in named] == [one.node.certname for one in bad if one in named]
    kinds = {one.worst for one in bad}
    assert len({one.worst for one in named}) == min(size, len(kinds))
    ranks = [SEVERITY[one.worst] for one in bad if one.worst]
    assert ranks == sorted(ranks)


@given(FLEETS, st.integers(1, 60), st.integers(20, 200))
def test_the_screen_is_one(fleet: list[NodeState], height: int, width: int) -> None:
    status = assess(fleet, NOW, 3)
    lines = counts(status)
    named = pick(status.in_trouble, room(lines, height))
    below = rows(named, len(status.in_trouble), {}, width)
    assert len(lines) + len(below) < max(height, len(lines) + 6)
    assert all(len(line) <= width for line in below[1:-1])
    assert sum(status.kinds.values()) >= len(status.in_trouble)
