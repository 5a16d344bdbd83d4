"""``fleet explain`` of a fleet drawn by chance says what lookups of every node say."""

from __future__ import annotations

from pathlib import Path

from generator.explain import explain
from generator.hiera import Data, Hierarchy, Lookup, Scope
from generator.hiera.values import identity
from generator.inventory import known_nodes
from generator.reach import reach
from tests.bench.fleet_data import make


class Fleet:
    """A made fleet, and what looking a key up says for every node of it."""

    def __init__(self, root: Path) -> None:
        """Make it at ``root``."""
        self.root = root
        make(root, 24, 6, 20)
        hierarchy, data = Hierarchy.load(root), Data()
        self.lookups = {node.certname: Lookup(hierarchy, data, Scope.of(node)) for node in known_nodes(root)}

    def outcome(self, node: str, key: str) -> object:
        """Return a value and where it is from."""
        result = self.lookups[node].find(key)
        return result.found, identity(result.value), [(entry.path, entry.line) for entry in result.used]

    def users(self, path: Path, key: str) -> list[str]:
        """Name the nodes whose value of ``key`` is from ``path``, wholly or in part."""
        found = {node: lookup.find(key).used for node, lookup in self.lookups.items()}
        return [node for node, used in found.items() if path in [entry.path for entry in used]]


def test_a_made_fleet_shares_what_lookups_of_every_node_say(tmp_path: Path) -> None:
    """What is worked out from files alone agrees with looking every key up for every node."""
    fleet = Fleet(tmp_path)
    sizes = set()
    for key in ["load::none", *(f"load::key_{number:03}" for number in range(20))]:
        for node in list(fleet.lookups)[::7]:
            mine = fleet.outcome(node, key)
            expected = [other for other in fleet.lookups if fleet.outcome(other, key) == mine]
            assert explain(tmp_path, node, key).sharing == expected
            sizes.add(len(expected))
    assert {1, 24} < sizes


def test_a_made_fleets_file_reaches_what_lookups_of_every_node_say(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    for name in ("common.yaml", "env/prod.yaml", "roles/role_03.yaml"):
        path = tmp_path / "hieradata" / name
        for found in reach(tmp_path, path).keys:
            assert found.nodes == fleet.users(path, found.key), found.key


def test_a_fleet_is_made_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(tmp_path / name, 30, 12, 20)
    one, two = (
        {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert one == two
    assert len(Hierarchy.load(tmp_path / "one").levels) == 12
