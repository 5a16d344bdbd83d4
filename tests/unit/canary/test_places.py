"""A promotion gives members the revision for good, and changes what no other node gets."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator import git_commit
from generator.canary import moves, rollout_file
from generator.canary.candidates import find
from generator.canary.places import places, promote
from generator.canary.rollout import Rollout
from generator.definition import REPOSITORY
from generator.errors import FleetError, InputError
from generator.hiera import Data, Hierarchy, Lookup, Scope
from generator.inventory import KnownNode

NEW = "v24"
ENVIRONMENTS, ROLES = ("prod", "staging"), ("tts_node", "tts_spare")
HIERA = (REPOSITORY / "hiera.yaml").read_text()


@dataclass(frozen=True)
class Fleet:
    """Nodes by number, each with its environment, role and own line; and what the layers say."""

    nodes: tuple[tuple[str, str, str | None], ...]
    layers: dict[str, str]
    chosen: frozenset[int]

    def known(self) -> list[KnownNode]:
        """Return the nodes as the compiler sees them."""
        return [
            KnownNode(
                name(number),
                {"certname": name(number), "extensions": {"pp_role": role, "pp_environment": environment}},
                {"os": {"name": "Debian", "family": "Debian", "release": {"major": "12"}}},
            )
            for number, (environment, role, _) in enumerate(self.nodes)
        ]

    def write(self, root: Path) -> None:
        """Write hiera.yaml and its data."""
        texts = {f"hieradata/{file}.yaml": revision for file, revision in self.layers.items()}
        own = {f"hieradata/nodes/{name(n)}.yaml": line for n, (_, _, line) in enumerate(self.nodes) if line}
        for file, revision in {**texts, **own}.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(f"---\ntts::port: 1\ntts::revision: {revision}\n")
        (root / "hiera.yaml").write_text(HIERA)


def name(number: int) -> str:
    return f"tts{number}.example.org"


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    lines = st.none() | st.sampled_from(["v22", NEW])
    node = st.tuples(st.sampled_from(ENVIRONMENTS), st.sampled_from(ROLES), st.none() | lines)
    nodes = tuple(draw(st.lists(node, min_size=1, max_size=6)))
    files = [
        "common",
        "os/Debian",
        *(f"env/{one}" for one in ENVIRONMENTS),
        *(f"roles/{one}" for one in ROLES),
    ]
    layers = draw(st.dictionaries(st.sampled_from(files), st.sampled_from(["v22", "v23", NEW]), max_size=5))
    chosen = draw(st.just(range(len(nodes))) | st.sets(st.integers(0, len(nodes) - 1)))
    return Fleet(nodes, layers, frozenset(chosen))


def revisions(root: Path, nodes: list[KnownNode]) -> dict[str, object]:
    hierarchy, data = Hierarchy.load(root), Data()
    found = ((node, Lookup(hierarchy, data, Scope.of(node)).find("tts::revision")) for node in nodes)
    return {node.certname: result.value for node, result in found}


@settings(max_examples=60, deadline=None)
@given(fleets())
@example(Fleet((("prod", "tts_node", None),) * 3, {"env/prod": "v23"}, frozenset({0, 1, 2})))
@example(Fleet((("prod", "tts_node", None),) * 3, {}, frozenset({0, 1})))
@example(Fleet((("prod", "tts_node", None), ("prod", "tts_node", "v22")), {"common": "v23"}, frozenset({0})))
def test_a_promotion_changes_nothing_for_anybody(
    tmp_path_factory: pytest.TempPathFactory, fleet: Fleet
) -> None:
    root = tmp_path_factory.mktemp("control")
    fleet.write(root)
    nodes = fleet.known()
    before = revisions(root, nodes)
    members = sorted({name(number) for number in fleet.chosen} & set(find(root, "tts", NEW, (), nodes)))
    assert not any(before[member] == NEW for member in members)
    rollout = Rollout("tts", NEW, (100,), 100, datetime(2026, 11, 28, tzinfo=UTC), 1800, NEW, tuple(members))
    cohort = root / rollout.file
    cohort.parent.mkdir(parents=True)
    cohort.write_text(rollout_file.dump(rollout))
    during = revisions(root, nodes)
    assert during == before | dict.fromkeys(members, NEW)

    changes = promote(root, "tts", NEW, members, places(root, "tts", nodes))
    git_commit.write(changes)
    assert revisions(root, nodes) == during
    cohort.unlink()
    assert revisions(root, nodes) == during
    shutil.rmtree(root)


def test_one_file_changes_where_all_who_read_it_are_members(tmp_path: Path) -> None:
    fleet = Fleet(
        (("prod", "tts_node", None),) * 3 + (("prod", "tts_node", "v22"),), {"env/prod": "v23"}, frozenset()
    )
    fleet.write(tmp_path)
    found = places(tmp_path, "tts", fleet.known())
    [change] = promote(tmp_path, "tts", NEW, [name(0), name(1), name(2)], found)
    assert change.path == tmp_path / "hieradata/env/prod.yaml"
    assert change.after == b"---\ntts::port: 1\ntts::revision: v24\n"
    assert {name: str(file) for name, file in found.own.items()} == {
        name(3): f"hieradata/nodes/{name(3)}.yaml"
    }


def test_where_no_file_says_it_the_fleets_does(tmp_path: Path) -> None:
    fleet = Fleet((("prod", "tts_node", None),) * 2, {}, frozenset())
    fleet.write(tmp_path)
    found = places(tmp_path, "tts", fleet.known())
    [change] = promote(tmp_path, "tts", NEW, [name(0), name(1)], found)
    assert change.path == tmp_path / "hieradata/common.yaml"


def test_where_a_file_says_it_already_nobody_gets_a_line(tmp_path: Path) -> None:
    """Somebody bumped the environment meanwhile."""
    fleet = Fleet((("prod", "tts_node", None),) * 2, {"env/prod": NEW}, frozenset())
    fleet.write(tmp_path)
    assert promote(tmp_path, "tts", NEW, [name(0)], places(tmp_path, "tts", fleet.known())) == []


def test_what_gives_the_value_to_other_keys_too_is_for_a_hand(tmp_path: Path) -> None:
    fleet = Fleet((("prod", "tts_node", None),), {}, frozenset())
    fleet.write(tmp_path)
    prod = tmp_path / "hieradata/env/prod.yaml"
    prod.parent.mkdir(parents=True)
    prod.write_text("tts::revision: &it v23\ntts::other: *it\n")
    with pytest.raises(InputError, match="the anchor &it gives this value to other keys too"):
        promote(tmp_path, "tts", NEW, [name(0)], places(tmp_path, "tts", fleet.known()))


def test_a_driver_takes_each_step_and_closes_what_was_taken_back(tmp_path: Path) -> None:
    fleet = Fleet((("prod", "tts_node", None),) * 4, {"env/prod": "v23"}, frozenset())
    fleet.write(tmp_path)
    now = datetime(2026, 11, 28, tzinfo=UTC)
    asked = [name(number) for number in range(4)]
    rollout = Rollout("tts", NEW, (25, 50, 100), 25, now, 1800, NEW, (asked[2],), gates=(100,))
    (tmp_path / rollout.file).parent.mkdir(parents=True)
    (tmp_path / rollout.file).write_text(rollout_file.dump(rollout))
    second = moves.onward(tmp_path, rollout, asked, now)
    assert second.rollout
    assert (second.rollout.step, len(second.rollout.members), second.leaves) == (50, 2, ())
    assert set(second.joins) == set(second.rollout.members) - {asked[2]}
    assert second.message.startswith(
        f"Go on with the canary of tts {NEW} at 50 %: 2 nodes\n\ngives {NEW} to 1 node"
    )
    with pytest.raises(FleetError, match="somebody has to approve 100 %"):
        moves.onward(tmp_path, second.rollout, asked, now)
    with pytest.raises(FleetError, match="is not over: is at 50 %"):
        moves.finish(tmp_path, second.rollout)
    third = moves.onward(
        tmp_path, moves.approve(tmp_path, second.rollout, now).rollout or rollout, asked, now
    )
    assert third.rollout
    assert third.rollout.members == tuple(asked)
    with pytest.raises(FleetError, match="has no step to take: is at 100 %, its last step"):
        moves.onward(tmp_path, third.rollout, asked, now)
    gone = moves.abort(tmp_path, third.rollout, "too slow", now)
    assert gone.rollout
    closed = moves.finish(tmp_path, gone.rollout)
    assert (closed.rollout, closed.joins, closed.leaves) == (None, (), ())
    assert [(change.path, change.after) for change in closed.changes] == [(tmp_path / rollout.file, None)]
    assert "Canary: finish\n" in closed.message
    assert closed.message.endswith("Reason: too slow")


def test_a_node_that_left_is_no_member_any_more(tmp_path: Path) -> None:
    fleet = Fleet((("prod", "tts_node", None),) * 4, {"env/prod": "v23"}, frozenset())
    fleet.write(tmp_path)
    now = datetime(2026, 11, 28, tzinfo=UTC)
    rollout = Rollout("tts", NEW, (50, 100), 50, now, 1800, NEW, (name(0), name(1)))
    (tmp_path / rollout.file).parent.mkdir(parents=True)
    (tmp_path / rollout.file).write_text(rollout_file.dump(rollout))
    move = moves.onward(tmp_path, rollout, [name(1), name(2), name(3)], now)
    assert (move.joins, move.leaves) == ((name(2), name(3)), (name(0),))
    assert f"takes {NEW} from 1 node: {name(0)}" in move.message
