"""What a node writes of itself is its own: it takes no other's state away, and reaches no terminal and no git."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from generator.exporter.metrics import node_metrics
from generator.exporter.record import Drift, Record, _certificates
from generator.record.audit import Link
from generator.record.audit_text import text
from generator.record.commits import commits
from generator.record.nodes import NodeState, ServiceState, Serving, _states
from generator.record.status import assess
from generator.record.status_text import counts, data, rows
from generator.record.trouble import Kind, newest_commits
from tests.unit.answers.test_states import NOW, RUN
from tests.unit.watch.record import facts, report

TEXTS = st.sampled_from(
    ["", "a", "é", "\ud800", "\x1b[2J", "\n", "2026-01-01T00:00:00Z", "0001-01-01T00:00+23:59"]
)
LEAVES = st.sampled_from([None, True, 0, -1, 10**400, 0.5, float("inf"), float("nan")]) | TEXTS
JSON = (
    LEAVES
    | st.lists(LEAVES, max_size=2)
    | st.dictionaries(TEXTS, LEAVES | st.lists(LEAVES, max_size=1), max_size=2)
)
CARDS = st.dictionaries(
    st.sampled_from(["0", "1"]) | TEXTS,
    JSON | st.dictionaries(st.sampled_from(["release", "commit", "since"]), JSON),
    max_size=2,
)
SAID = st.dictionaries(st.sampled_from(["wanted", "cards", "failed", "trouble"]), JSON | CARDS)
RELEASES = JSON | st.dictionaries(st.just("indextts2") | TEXTS, JSON | SAID, max_size=2)
#: By name: what comes in each column that a node's own word may be in.
FIELDS = st.dictionaries(st.sampled_from(sorted(set(report("a")) - {"certname"})), JSON, max_size=3)


def states(fact: Any, fields: dict[str, Any], **more: Any) -> list[NodeState]:
    """Read two nodes, of which one writes what it wants."""
    bad = facts("bad") | {"facts.releases": fact} | more
    return _states(
        [{"certname": "good"}, {"certname": "bad"}],
        [report("good"), report("bad") | fields],
        [facts("good"), bad],
        [],
        [],
        [],
        [],
    )


@given(RELEASES, FIELDS, JSON, JSON)
def test_no_word_of_a_node_takes_anothers_state_away(
    fact: Any, fields: dict[str, Any], role: Any, certificates: Any
) -> None:
    bad, good = states(fact, fields, **{"trusted.extensions.pp_role": role})
    assert good == states({}, {})[1]
    assert good.run and good.services[0].on_target
    ends = _certificates(
        [{"certname": "bad", "value": certificates}, {"certname": "good", "value": {"a": 1}}]
    )
    assert ends["good"] == {"a": 1.0}

    class Told(Collector):
        def collect(self) -> Any:
            return node_metrics(Record([bad, good], Drift(1, 2, 0), ends))

    registry = CollectorRegistry()
    registry.register(Told())
    assert b'fleet_node_run_seconds{certname="good"} 42.0' in generate_latest(registry)
    status = assess([bad, good], NOW.astimezone(UTC), 3)
    said = [*counts(status), *rows(status.in_trouble, len(status.in_trouble), {}, 10**6)]
    assert all(line.isprintable() for line in said)
    json.dumps(data(status, {}), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        ({"cards": {"0": {"release": "x"}}}, "KeyError: 'commit'"),
        ({"cards": {"0": {"release": 7, "commit": None, "since": "2026-01-01T00:00:00Z"}}}, "'7' is no text"),
        ({"cards": [1]}, "has no attribute 'items'"),
        ({"failed": {"release": "x"}}, "KeyError: 'reason'"),
    ],
)
def test_a_fact_that_is_none_is_told_of_its_own_node(fact: Any, why: str) -> None:
    bad, _ = states({"indextts2": fact}, {})
    assert bad.run
    assert why in str(bad.services[0].trouble)
    [one, _] = assess([bad, bad], NOW, 10**9).nodes
    assert one.worst is Kind.UNKNOWN_RELEASE


def test_a_report_that_is_none_is_told_of_its_own_node() -> None:
    bad, good = states({}, {"end_time": "soon"})
    assert (bad.run, good.unreadable) == (None, None)
    assert str(bad.unreadable).startswith("its last report cannot be read (")
    assert [one.worst for one in assess([bad, good], NOW, 10**9).nodes] == [Kind.UNREADABLE, None]


def test_a_row_without_its_column_is_of_no_puppetdb() -> None:
    with pytest.raises(KeyError):
        _states([{"certname": "a"}], [{"certname": "a"}], [], [], [], [], [])


def test_an_agent_passes_no_option_to_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    person = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    made = ["git", "-C", str(tmp_path), *person, "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(made, check=True)
    written = tmp_path / "written"
    assert commits([tmp_path], [f"--output={written}", "HEAD", "-n0", "", "é"]) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git"]


def test_a_clock_that_is_ahead_does_not_say_what_the_code_is() -> None:
    ahead = timedelta(days=365)
    old = replace(RUN, commit="d" * 40, started=RUN.started + ahead, ended=RUN.ended + ahead)
    newer = replace(RUN, reported=RUN.reported + timedelta(minutes=1))
    nodes = [NodeState(name, "", "", 1800, run) for name, run in (("a", old), ("b", newer))]
    assert newest_commits(nodes) == {"production": RUN.commit}


def test_a_long_run_that_ends_last_is_of_the_code_that_it_began_with() -> None:
    took = timedelta(hours=2)
    long = replace(
        RUN, commit="d" * 40, started=RUN.started - took, reported=RUN.reported + timedelta(1 / 24)
    )
    nodes = [NodeState(name, "", "", 1800, run) for name, run in (("a", long), ("b", RUN))]
    assert newest_commits(nodes) == {"production": RUN.commit}


def test_no_word_of_a_report_moves_the_cursor() -> None:
    odd = "\x1b[2Jx"
    row = report("a", configuration_version=odd, environment=odd, status=odd, transaction_uuid=odd)
    row |= {"catalog_uuid": odd, "cached_catalog_status": odd, "code_id": None}
    said = text([Link(row, NOW, NOW, None, None, None, ())], 1, [])
    assert all(line.isprintable() for line in said.split("\n"))
    run = replace(RUN, commit=odd, environment=odd)
    served = ServiceState("x", odd, {"0": Serving(odd, None, NOW)})
    lines = counts(assess([NodeState("a", "", "", 1800, run, (served,))], NOW, 3))
    assert all(line.isprintable() for line in lines)
