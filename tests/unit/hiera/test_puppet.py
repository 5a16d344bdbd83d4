"""This repository, and trees that chance draws too seldom, are looked up as Puppet does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from generator.hiera import Data, Hierarchy
from generator.inventory import known_nodes
from tests.unit.hiera.puppet import NODES, Puppet, Question, compare, write

pytestmark = pytest.mark.puppet


def test_the_repository_is_looked_up_as_puppet_does(puppet: Puppet) -> None:
    hierarchy = Hierarchy.load(REPOSITORY)
    keys = {"indextts2::releases.'v2.0.0'.flags.1", "no::such", "indextts2::packages", "lookup_options"}
    for folder in ("hieradata", "modules"):
        for path in (REPOSITORY / folder).rglob("*.yaml"):
            if "services" not in path.parts and "data" in path.as_posix():
                keys |= Data().read(path).data.keys()
    nodes = [
        {"certname": node.certname, "trusted": node.trusted, "facts": node.facts}
        for node in known_nodes(REPOSITORY)
    ]
    questions: list[Question] = [(key, merge) for key in sorted(keys) for merge in (None, "unique", "deep")]
    kinds = compare(puppet, REPOSITORY, nodes, questions)
    assert hierarchy.levels
    assert {"value", "missing"} <= set(kinds)


CONVERSIONS = [
    "String", "Integer", "Float", "Numeric", "Boolean", "Array", "Sensitive", ["Array", True], ["Array", False],
    ["Integer", 16], ["Integer"], "Integer[0, 5]", "Optional[Array]", "integer", 7, [],
]  # fmt: skip
CONVERTED = [
    "", "a", "7", "-7", "+7", "- 7", "007", "0x1F", "1.5", "-0.50", "1.", ".5", "1e3", " 7", "7\n", "-0", "Yes", "N",
    "TRUE", "falsch", "9223372036854775808", 0, 1, -3, 1.5, -1.9, 0.0, 1e20, 1e-7, True, False, None, [],
    ["a", 1], {}, {"a": 1, "b": [2]}, [["a", 1]], "%{number}", "%{facts.os.release.major}", "%{lookup('a')}",
    ["%{alias('a')}"], "%{alias('a')}",
]  # fmt: skip


@pytest.mark.parametrize("wanted", CONVERSIONS, ids=str)
def test_values_are_converted_as_puppet_does(puppet: Puppet, wanted: Any, tmp_path: Path) -> None:
    """What is not converted here is said to be so; every value is, where the type is a simple one."""
    keys = [f"k{number}" for number in range(len(CONVERTED))]
    data = dict(zip(keys, CONVERTED, strict=True)) | {"a": "12"}
    options = {"^[ak]": {"convert_to": wanted}}
    write(tmp_path, common(**data, lookup_options=options))
    kinds = Counter(compare(puppet, tmp_path, NODES[:1], [(key, None) for key in ["a", "a.x", *keys]]))
    simple = isinstance(wanted, str) and wanted.isalpha() and wanted != "integer"
    assert kinds["value"] > 10 if simple or wanted == ["Array", True] else kinds["unsure"]


def common(**data: Any) -> dict[str, Any]:
    """Make a tree with one file."""
    return {"hiera.yaml": {"version": 5}, "data/common.yaml": data}


def levels(*entries: dict[str, Any], **files: Any) -> dict[str, Any]:
    """Make a tree with these levels, and a common.yaml."""
    hierarchy = [{"name": f"level {number}", **entry} for number, entry in enumerate(entries)]
    return {"hiera.yaml": {"version": 5, "hierarchy": hierarchy}, "data/common.yaml": {"a": 1}, **files}


#: What chance draws too seldom: (a tree, a key to look up, the kind of answer).
FIXED = {
    "a wrong path below the winner": (
        levels({"path": "common.yaml"}, {"path": "%{facts.os.name.deeper}.yaml"}), "a", "error"),
    "a function in a path": (levels({"path": "%{literal('common')}.yaml"}), "a", "error"),
    "a folder where a file belongs": (levels({"path": "%{nothing}"}), "a", "error"),
    "a folder below the winner, asked for lookup_options": (levels({"path": "common.yaml"}, {"path": "%{nothing}"}), "a", "error"),
    "mapped_paths of a number": (levels({"mapped_paths": ["number", "n", "%{n}.yaml"]}), "a", "error"),
    "lookup_options that look something up": (
        common(a=1, lookup_options={"a": {"merge": "%{lookup('a')}"}}), "a", "error"),
    "lookup_options with a variable": (
        common(a=[1, 1], lookup_options={"%{nothing}a": {"merge": "unique"}}), "a", "value"),
    "lookup_options that are a list": (common(a=1, lookup_options=["a"]), "a", "error"),
    "a key whose value has its own name in it": (common(a="%{literal('a')}"), "a", "error"),
    "a key that is itself": (common(a="%{lookup('a')}"), "a", "error"),
    "a key that is itself by way of another": (common(a="%{lookup('b')}", b=["%{alias('a')}"]), "b", "error"),
    "a part of a key that is another part": (common(a={"x": 1, "y": "%{lookup('a.x')}"}), "a.y", "error"),
    "an expression in an expression's value": (common(a="%{lookup('b')}", b="%{facts.os.name}"), "a", "value"),
    "a variable that names itself": (common(a="%{flag}"), "a", "value"),
    "an alias inside a text": (common(a="x%{alias('b')}", b=1), "a", "error"),
    "an alias as a key": (common(a={"%{alias('b')}": 1}, b="x"), "a", "value"),
    "a list in a text": (common(a="x%{lookup('b')}", b=["é", 1.5, None, {"x": True}]), "a", "value"),
    "a quoted key with a dot": (common(**{"a.b": {"c": 1}}), "'a.b'.c", "value"),
    "a dot in a key": (common(**{"a.b": {"c": 1}}), "a.b.c", "missing"),
    "a key in a text": (common(a="text"), "a.b", "error"),
    "an index in a hash": (common(a={1: "one"}), "a.1", "value"),
    "nil": (common(a=None), "a", "value"),
    "lookup_options themselves": (common(lookup_options={"a": {"merge": "hash"}}), "lookup_options", "missing"),
    "a convert_to beside a merge": (
        levels({"paths": ["%{environment}.yaml", "common.yaml"]}, **{
            "data/production.yaml": {"a": 2, "lookup_options": {"a": {"merge": "unique"}}}}), "a", "value"),
    "a datadir with a variable": (
        levels({"path": "x.yaml", "datadir": "%{environment}/data"}, **{"production/data/x.yaml": {"a": 3}}),
        "a", "value"),
    "json": (levels({"path": "x.json", "data_hash": "json_data"}, **{"data/x.json": '{"a": [1e3, "%{number}"]}'}),
             "a", "value"),
    "a second level of one name": (
        {"hiera.yaml": {"version": 5, "hierarchy": [{"name": "x", "path": "a"}, {"name": "x", "path": "b"}]}},
        "a", "error"),
    "two ways to files": (levels({"path": "common.yaml", "glob": "*"}), "a", "error"),
    "a level with a key too many": (levels({"path": "common.yaml", "colour": "red"}), "a", "error"),
    "an empty list of paths": (levels({"paths": []}), "a", "error"),
    "no function to read by": (
        {"hiera.yaml": {"version": 5, "defaults": {"datadir": "data"}}, "data/common.yaml": {"a": 1}}, "a", "error"),
    "default_hierarchy outside a module": (
        {"hiera.yaml": {"version": 5, "default_hierarchy": [{"name": "x", "path": "a"}]}}, "a", "error"),
    "a module's foreign lookup_options": (
        common(**{"m::a": 1}) | {"modules/m/hiera.yaml": {"version": 5},
                                 "modules/m/data/common.yaml": {"lookup_options": {"a": {}}}}, "m::a", "error"),
    "broken YAML below the winner, asked for lookup_options": (
        levels({"paths": ["common.yaml", "x.yaml"]}, **{"data/x.yaml": "a: ["}), "a", "error"),
    "broken YAML above the winner": (
        levels({"paths": ["x.yaml", "common.yaml"]}, **{"data/x.yaml": "a: ["}), "a", "error"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_fixed_trees_are_looked_up_as_puppet_does(puppet: Puppet, name: str, tmp_path: Path) -> None:
    tree, key, kind = FIXED[name]
    write(tmp_path, tree)
    assert set(compare(puppet, tmp_path, NODES[:1], [(key, None)])) == {kind}
