"""``fleet explain``: where a value comes from, layer by layer, and what cannot be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.errors import AnswerIsNo, FleetError, InputError
from tests.unit.explain.control import run, said


def test_the_first_value_found_wins(root: Path) -> None:
    assert said(root, "n1.example", "tts::revision") == """\
v2

tts::revision on n1.example (role tts, environment prod):
  this node         hieradata/nodes/n1.example.yaml  no such file
  this environment  hieradata/env/prod.yaml:1        v2 (wins)
  places            -                                no file for this node
  the whole fleet   hieradata/common.yaml:4          v1 (not seen)
merge: first (no lookup_options say otherwise)
the same from the same place: 1 of 4 known nodes (n1.example)
"""  # fmt: skip


def test_values_are_merged_where_lookup_options_say_so(root: Path) -> None:
    assert said(root, "n2.example", "tts::flags") == """\
- a
- b
- c

tts::flags on n2.example (role tts, environment prod):
  this node         hieradata/nodes/n2.example.yaml:1  ["a"] (merged)
  this environment  hieradata/env/prod.yaml:2          ["b"] (merged)
  places            -                                  no file for this node
  the whole fleet   hieradata/common.yaml:5            ["c"] (merged)
merge: unique, as lookup_options say of ^tts::flags (hieradata/common.yaml:2)
the same from the same place: 1 of 4 known nodes (n2.example)
"""  # fmt: skip


def test_no_value_is_a_no(root: Path) -> None:
    done = run(root, "n1.example", "tts::none")
    assert isinstance(done.exception, AnswerIsNo)
    assert str(done.exception) == "n1.example has no value for tts::none"
    assert done.stdout.startswith("no value: there is no module tts\n")
    done = run(root, "n1.example", "tts::ports.https")
    assert '{"http": 80} (nothing there by the rest of the key)' in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["n1.exampel", "tts::revision"],
            "n1.exampel: no node of this name is known (did you mean n1.example or n4.example or n3.example?)",
        ),
        (
            ["zzz", "tts::revision"],
            "zzz: no node of this name is known (there are: n1.example, n2.example, n3.example, n4.example)",
        ),
        (["n1.example", "lookup_options"], "lookup_options is no data (name a key that it speaks of)"),
        (["n1.example", ""], "the key is empty (name one, such as indextts2::revision)"),
        (["n1.example", " "], "the key is empty (name one, such as indextts2::revision)"),
        (["n1.example", "tts..x"], "tts..x is no key (a dot or a quote is left over)"),
    ],
)
def test_what_cannot_be_asked_is_said(root: Path, arguments: list[str], message: str) -> None:
    done = run(root, *arguments)
    assert isinstance(done.exception, FleetError)
    assert (str(done.exception), done.exception.exit_code, done.output) == (message, 2, "")


@pytest.mark.parametrize(
    "arguments", [[], ["n1.example"], ["n1.example", "tts::x", "--file", "x"], ["n", "--file", "x"]]
)
def test_half_a_question_shows_how_to_ask(root: Path, arguments: list[str]) -> None:
    done = run(root, *arguments)
    assert done.exit_code == 2
    assert "give NODE and KEY, or --file alone" in done.output


def test_a_broken_file_that_is_asked_is_named(root: Path) -> None:
    (root / "hieradata/env/prod.yaml").write_text("tts::revision: [\n")
    done = run(root, "n1.example", "tts::revision")
    assert isinstance(done.exception, InputError)
    assert done.exception.path == root / "hieradata/env/prod.yaml"
    assert run(root, "n3.example", "tts::revision").exit_code == 0, "nobody else asks that file"


def test_json_says_all_of_it(root: Path) -> None:
    found = json.loads(said(root, "n1.example", "tts::revision", "--json"))
    trail = found.pop("trail")
    assert found == {
        "node": "n1.example", "key": "tts::revision", "found": True, "value": "v2", "merge": "first",
        "otherwise": None, "encrypted": False, "convert_to": None, "converted": True, "lookup_options": None, "known": 4, "sharing": ["n1.example"],
    }  # fmt: skip
    assert [(step["path"], step["line"], step["used"]) for step in trail] == [
        ("hieradata/nodes/n1.example.yaml", None, False), ("hieradata/env/prod.yaml", 1, True), (None, None, False),
        ("hieradata/common.yaml", 4, False),
    ]  # fmt: skip
    merged = json.loads(said(root, "n1.example", "tts::flags", "--json"))
    assert merged["lookup_options"] == {"path": "hieradata/common.yaml", "line": 2, "column": 3}
    assert (merged["merge"], merged["value"]) == ("unique", ["b", "c"])
