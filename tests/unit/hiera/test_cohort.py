"""The layer of cohorts: its members get a rollout's revision, as Puppet gives it, and from which line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from generator.errors import InputError
from generator.explain import explain
from generator.explain_text import text
from generator.hiera import Data, Hierarchy, Lookup, Scope, files
from generator.inventory import KnownNode
from generator.reach import reach
from tests.unit.hiera.puppet import NODES, Puppet, Question, compare, write

FUNCTION = Path("modules/releases/lib/puppet/functions/releases/cohort.rb")
KEY = "svc::revision"
HIERA = {
    "version": 5,
    "defaults": {"datadir": "data", "data_hash": "yaml_data"},
    "hierarchy": [
        {"name": "this node", "path": "nodes/%{trusted.certname}.yaml"},
        {"name": "this node's cohort", "glob": "cohorts/*.yaml", "lookup_key": "releases::cohort"},
        {"name": "all", "path": "common.yaml"},
    ],
}
ROLLOUT = """\
---
steps: [10, 100]
step: 10
revision: v2
members:
  - one.example
"""


def tree(root: Path, rollout: str | None = ROLLOUT, more: dict[str, Any] | None = None) -> Path:
    """Make a repository with the layer, and the rollout of ``svc`` where there is one."""
    files: dict[str, Any] = {
        "hiera.yaml": HIERA,
        "data/common.yaml": {KEY: "v1", "step": "common"},
        FUNCTION.as_posix(): (REPOSITORY / FUNCTION).read_text(),
    }
    if rollout is not None:
        files["data/cohorts/svc.yaml"] = rollout
    write(root, files | (more or {}))
    return root


def nodes() -> list[KnownNode]:
    return [KnownNode(str(node["certname"]), node["trusted"], node["facts"]) for node in NODES]  # type: ignore[arg-type]


def value(root: Path, number: int = 0, key: str = KEY) -> Any:
    return Lookup(Hierarchy.load(root), Data(), Scope.of(nodes()[number])).find(key).value


def test_a_member_gets_the_revision_and_the_others_what_is_below(tmp_path: Path) -> None:
    root = tree(tmp_path)
    assert [value(root, 0), value(root, 1)] == ["v2", "v1"]
    assert value(root, 0, "step") == "common", "a rollout has no other key"


def test_a_node_of_its_own_word_keeps_it(tmp_path: Path) -> None:
    assert value(tree(tmp_path, more={"data/nodes/one.example.yaml": {KEY: "v0"}})) == "v0"


def test_the_line_is_that_of_the_revision_in_the_rollouts_file(tmp_path: Path) -> None:
    root = tree(tmp_path)
    found = Lookup(Hierarchy.load(root), Data(), Scope.of(nodes()[0])).find(KEY)
    [entry] = found.used
    assert (entry.path, entry.line, entry.column) == (root / "data/cohorts/svc.yaml", 4, 1)
    shown = text(explain(root, "one.example", KEY, nodes()))
    assert "this node's cohort" in shown and "cohorts/svc.yaml:4" in shown
    assert "the same from the same place: 1 of 2" in shown


def test_a_rollout_reaches_its_members_and_hides_what_is_below(tmp_path: Path) -> None:
    root = tree(tmp_path)
    found = reach(root, root / "data/cohorts/svc.yaml", nodes=nodes())
    assert found.readers == ["one.example"]
    assert [(key.key, key.line, key.nodes) for key in found.keys] == [(KEY, 4, ["one.example"])]
    [below] = reach(root, root / "data/common.yaml", KEY, nodes()).keys
    assert below.nodes == ["two.example"]
    assert {place.path.name: (place.line, names) for place, names in below.hidden_by.items()} == {
        "svc.yaml": (4, ["one.example"])
    }


def test_the_file_is_one_of_the_layer(tmp_path: Path) -> None:
    root = tree(tmp_path)
    level = files(Hierarchy.load(root))[root / "data/cohorts/svc.yaml"]
    assert level and level.title == "this node's cohort"


BROKEN = {
    "no YAML": ("revision: [v2\n", 2),
    "a list": ("- v2\n", 1),
    "empty": ("", 1),
    "without members": ("revision: v2\n", 1),
    "members that are a text": ("revision: v2\nmembers: one.example\n", 2),
    "without a revision": ("members: [one.example]\n", 1),
    "a revision that is a number": ("revision: 2\nmembers: [one.example]\n", 1),
    "an empty revision": ("revision: ''\nmembers: [one.example]\n", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_an_error_for_its_own_key_alone(name: str, tmp_path: Path) -> None:
    written, line = BROKEN[name]
    root = tree(tmp_path, written)
    for number in (0, 1):
        with pytest.raises(InputError) as caught:
            value(root, number)
        assert str(caught.value).startswith(f"{root}/data/cohorts/svc.yaml:{line}:")
        assert value(root, number, "step") == "common"


OTHERS = {
    "nobody": "revision: v2\nmembers: []\n",
    "another": "revision: v2\nmembers: [two.example, 3, null]\n",
    "an expression": "revision: '%{facts.os.name}'\nmembers: [one.example]\n",
    "a key of its own": "revision: v2\nmembers: [one.example]\nsvc::revision: v9\nsvc::step: 1\n",
    "lookup_options": "revision: v2\nmembers: [one.example]\nlookup_options: {svc::revision: {merge: unique}}\n",
    "both": "revision: v2\nmembers: [one.example, two.example, one.example]\n",
}
QUESTIONS: list[Question] = [
    *((KEY, merge) for merge in (None, "unique")),
    *((key, None) for key in ("step", "revision", "members", "members.0", "svc::step", "lookup_options", "svc", "other::revision")),
]  # fmt: skip


@pytest.mark.puppet
@pytest.mark.parametrize("name", ["as written", "none", *BROKEN, *OTHERS])
def test_puppet_says_the_same(name: str, puppet: Puppet, tmp_path: Path) -> None:
    written = (
        {"as written": ROLLOUT, "none": None} | {key: text for key, (text, _) in BROKEN.items()} | OTHERS
    )
    root = tree(tmp_path, written[name])
    kinds = compare(puppet, root, NODES, QUESTIONS)
    assert ("error" in kinds) == (name in BROKEN)


@pytest.mark.puppet
def test_puppet_says_the_same_of_several_rollouts_and_a_line_of_the_node(
    puppet: Puppet, tmp_path: Path
) -> None:
    more: dict[str, Any] = {
        "data/cohorts/other.yaml": "revision: v7\nmembers: [two.example, one.example]\n",
        "data/cohorts/.hidden.yaml": "[",
        "data/cohorts/svc.yml": "[",
        "data/nodes/one.example.yaml": {KEY: "v0"},
        "data/common.yaml": {KEY: "v1", "lookup_options": {"other::revision": {"merge": "unique"}}},
    }
    compare(puppet, tree(tmp_path, more=more), NODES, QUESTIONS)
