"""The few nodes that new code is compiled for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from generator import sample as sampling
from generator.commands.sample import sample as verb
from generator.errors import FleetError, InputError
from generator.puppetdb import PuppetDB
from generator.sample import dump, load, sample, spread
from tests.unit.control_files import FACTS, write


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())), st.integers(1, 10))
def test_no_kind_comes_twice_before_another_has_come(entries: list[tuple[str, int]], most: int) -> None:
    chosen = spread(entries, most, lambda entry: entry[0])
    assert len(chosen) == min(most, len(entries))
    taken, there = Counter(kind for kind, _ in chosen), Counter(kind for kind, _ in entries)
    for number in taken.values():
        assert all(taken[other] >= min(number - 1, there[other]) for other in there)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one node, and settings of a PuppetDB."""
    inventory = "nodes:\n  own.example.org: {role: web, env: prod}\n"
    settings = {"puppetdb": {"server_urls": "https://puppetdb.example.org:8081"}}
    write(tmp_path, {"inventory.yaml": inventory, "tests/facts/debian-12.json": json.dumps(FACTS)})
    write(tmp_path, {"puppetdb.conf": json.dumps(settings), "hieradata/nodes/c2.example.org.yaml": "{}\n"})
    monkeypatch.setattr(sampling, "settings_file", lambda: tmp_path / "puppetdb.conf")
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> list[str]:
    """Have PuppetDB know nodes, whose first letter is their role; what it is asked is added to the list."""
    asked: list[str] = []

    def query(_self: PuppetDB, pql: str) -> list[dict[str, Any]]:
        asked.append(pql)
        about = {name: {"trusted": {"extensions": {"pp_role": name[0]}}, "os": FACTS["os"]} for name in names}
        if pql.startswith("facts"):
            return [
                {"certname": name, "name": fact, "value": value}
                for name, facts in about.items()
                for fact, value in facts.items()
            ]
        return [
            {"certname": name, "trusted": about[name]["trusted"], "facts": {"whole": name}}
            for name in names
            if json.dumps(name) in pql
        ]

    monkeypatch.setattr(PuppetDB, "query", query)
    return asked


def test_all_facts_are_asked_of_the_chosen_nodes_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{role}{number}.example.org" for role in "cd" for number in range(50)]
    asked = answer(monkeypatch, names)
    chosen = sample(root, 3)
    assert [node.certname for node in chosen] == ["c0.example.org", "c2.example.org", "d0.example.org"]
    assert chosen[0].facts == {"whole": "c0.example.org"} and chosen[0].role == "c"
    assert len(asked) == 2 and asked[1].count("example.org") == 3


def test_without_a_record_the_repository_says_which_nodes_there_are(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(_self: PuppetDB, _pql: str) -> list[dict[str, Any]]:
        raise FleetError("PuppetDB cannot be asked: Connection refused")

    answer(monkeypatch, [])
    assert [node.certname for node in sample(root, 5)] == ["own.example.org"]
    monkeypatch.setattr(PuppetDB, "query", away)
    assert [node.certname for node in sample(root, 5)] == ["own.example.org"]
    assert "Connection refused; the nodes of the repository have to do" in capsys.readouterr().err
    assert [node.certname for node in sample(root, 5, offline=True)] == ["own.example.org"]


def test_what_is_written_of_nodes_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, ["a1", "b1", "a2"])
    nodes = sample(root, 3)
    done = CliRunner().invoke(verb, ["--at-most", "3", "--root", str(root)])
    assert done.exit_code == 0 and done.stdout == dump(nodes) + "\n"
    assert len(nodes) == 3 and done.stdout.startswith("[") and done.stdout.count("\n") == 1
    (root / "nodes.json").write_text(done.stdout)
    assert load(root / "nodes.json") == nodes
    for text in ("", "7", "[{}]", '["a"]', '[{"certname": "a", "trusted": 1, "facts": {}}]'):
        (root / "nodes.json").write_text(text)
        with pytest.raises(InputError, match="write what `fleet sample` says"):
            load(root / "nodes.json")
