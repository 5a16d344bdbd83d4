"""The nodes that are known at a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import FleetError, InputError
from generator.inventory import choose, known_nodes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two systems, two roles and two environments."""
    for path, text in {
        "tests/facts/debian-12.json": '{"os": {"name": "Debian"}, "networking": {"ip": "10.77.0.11"}}',
        "tests/facts/debian-13.json": '{"os": {"name": "Debian"}}',
        "hieradata/env/prod.yaml": "",
        "hieradata/env/staging.yaml": "",
        "modules/role/manifests/tts_node.pp": "",
        "modules/role/manifests/puppet_server.pp": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_node_is_what_the_inventory_says_of_its_certificate(root: Path) -> None:
    (root / "inventory.yaml").write_text("nodes: {a-1.example.org: {role: tts_node, env: prod}}\n")
    [node] = known_nodes(root)
    assert node.trusted["certname"] == "a-1.example.org"
    assert (node.trusted["hostname"], node.trusted["domain"]) == ("a-1", "example.org")
    assert node.trusted["extensions"] == {"pp_role": "tts_node", "pp_environment": "prod"}
    assert node.facts["networking"] == {
        "ip": "10.77.0.11",
        "hostname": "a-1",
        "domain": "example.org",
        "fqdn": "a-1.example.org",
    }


def test_without_an_inventory_one_node_stands_for_each_role_in_each_environment(root: Path) -> None:
    assert [(node.role, node.environment) for node in known_nodes(root)] == [
        ("puppet_server", "prod"),
        ("puppet_server", "staging"),
        ("tts_node", "prod"),
        ("tts_node", "staging"),
    ]


def test_an_inventory_may_say_that_there_is_no_node_yet(root: Path) -> None:
    (root / "inventory.yaml").write_text("nodes: {}\n")
    assert known_nodes(root) == []
    with pytest.raises(FleetError, match=r"^a\.example: no node of this name is known \(there are none\)$"):
        choose([], ["a.example"])


def test_nodes_are_chosen_by_name(root: Path) -> None:
    nodes = known_nodes(root)
    names = [node.certname for node in nodes]
    assert choose(nodes, reversed(names[1:])) == nodes[1:], "in their own order"
    near = names[0].replace("puppet", "pupet")
    with pytest.raises(
        FleetError, match=rf"^{near}: no node of this name is known \(did you mean {names[0]} or"
    ):
        choose(nodes, [names[1], near])


@pytest.mark.parametrize(("facts", "said"), [("{bad", "this is no JSON"), ('{"networking": [1]}', "mapping")])
def test_broken_facts_are_told_with_their_file(root: Path, facts: str, said: str) -> None:
    (root / "tests" / "facts" / "odd.json").write_text(facts)
    (root / "inventory.yaml").write_text("nodes: {a.example: {role: a, env: b, facts: odd}}\n")
    with pytest.raises(InputError, match=f"odd.json:1:1: .*{said}"):
        known_nodes(root)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nodes: []",
            "1:8: nodes is a mapping (nodes: {tts-01.example.org: {role: tts_node, env: prod}}; nodes: {} ",
        ),
        ("nodes:", "1:7: nodes is a mapping"),
        ("{}", "1:1: nodes is missing (nodes: {tts-01.example.org: {role: "),
        ("nods: {}", "1:1: nods means nothing here (there is one key: nodes)"),
        ("nodes: {}\nroles: {}", "2:1: roles means nothing here (there is one key: nodes)"),
        ("nodes: {A.example: {role: a, env: b}}", "1:9: A.example is no name that a certificate could have"),
        ("nodes: {a.example: {role: a}}", "1:20: a node has role, env and"),
        ("nodes: {a.example: {role: a, env: b, system: c}}", "1:20: a node has role, env and"),
        ("nodes: {a.example: {role: a, env: 3}}", "1:20: role, env and facts are texts"),
        ("nodes: {a.example: {role: ../a, env: b}}", "1:27: role is a plain name"),
        ("nodes: {a.example: {role: a, env: b, facts: beos}}", "tests/facts/beos.json is missing (there are"),
        ("nodes: {a.example: {role: a, env: b, facts: ../../etc/x}}", "1:45: facts names a file"),
    ],
)
def test_a_wrong_inventory_is_told_with_its_place(root: Path, text: str, said: str) -> None:
    (root / "inventory.yaml").write_text(f"{text}\n")
    with pytest.raises(InputError) as caught:
        known_nodes(root)
    assert said in str(caught.value)
