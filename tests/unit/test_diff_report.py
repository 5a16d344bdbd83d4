"""What ``fleet diff`` says: groups, refusals, and the forms in which they are told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.commands.diff import diff as command
from generator.diff.catalogue import Refusal, read_answer
from generator.diff.compare import Change, Changes, Difference, Uncompiled, compare
from generator.diff.markdown import LIMIT, as_markdown
from generator.diff.report import Report, as_data, make_report
from generator.diff.text import as_text
from generator.diff.values import plain, show
from tests.unit.catalogues import BASE, catalogue


def refusal(**error: Any) -> Refusal:
    found = read_answer(json.dumps({"error": {"path": None, "line": None, "column": None, **error}}))
    assert isinstance(found, Refusal)
    return found


def test_a_refusal_names_its_place() -> None:
    assert (
        str(refusal(message="Syntax error at 'x'", path="a.pp", line=3, column=7))
        == "a.pp:3:7: Syntax error at 'x'"
    )
    assert (
        str(
            refusal(
                message="Unable to parse (d/prod.yaml): did not find it at line 2 column 1",
                path="modules/a.pp",
                line=9,
            )
        )
        == "d/prod.yaml:2:1: did not find it"
    )
    assert (
        str(refusal(message="no parameter named 'x' (file: s.pp, line: 1) on File[/x] (file: s.pp, line: 1)"))
        == "s.pp:1: no parameter named 'x' on File[/x]"
    )
    assert (
        str(refusal(message="Evaluation Error: Error while evaluating a Function Call, not set")) == "not set"
    )


def test_what_did_not_compile_before_is_no_failure() -> None:
    broken, whole = refusal(message="bad", path="a.pp", line=1, column=1), catalogue({})
    mended = make_report(BASE, ["a", "b"], {"a": compare(broken, whole), "b": Changes((), ())})
    assert (mended.failed, mended.changed) == (0, 0)
    assert "1 node (a) did not compile before, and does now: a.pp:1:1: bad\n" in as_text(mended)
    news = Changes((Change("added", "File[/a]", "File[/a]", ()),), ())
    outcomes = {"a": compare(whole, broken), "b": compare(broken, broken), "0": news, "1": news, "2": news}
    worse = make_report(BASE, ["0", "1", "2", "a", "b"], outcomes)
    assert worse.failed == 2
    assert as_text(worse).startswith("2 nodes (a, b) do not compile: a.pp:1:1: bad\n")


def fleet(groups: int, nodes: int, lines: int) -> Report:
    """A report of many groups, each with another change of ``lines`` resources."""
    outcomes: dict[str, Changes | Uncompiled] = {}
    for group in range(groups):
        found = Changes(tuple(Change("added", f"File[/{group}/{line}]", "", ()) for line in range(lines)), ())
        outcomes |= {f"g{group}-{node}.example": found for node in range(nodes + groups - group)}
    return make_report(BASE, list(outcomes), outcomes)


def test_equal_changes_are_one_group_the_biggest_first() -> None:
    report = fleet(3, 2, 1)
    assert [len(group.nodes) for group in report.groups] == [5, 4, 3]
    assert report.groups[0].nodes == tuple(f"g0-{node}.example" for node in range(5))
    assert as_text(report).endswith("12 nodes compared with main (0123456): 12 change\n")


def test_json_has_all_of_it() -> None:
    data = as_data(fleet(2, 1, 2))
    assert json.loads(json.dumps(data)) == data
    assert data["base"] == {"revision": "main", "commit": BASE.commit}
    assert (data["nodes"], data["changed"], data["failed"]) == (5, 5, 0)
    assert data["groups"][1]["nodes"] == ["g1-0.example", "g1-1.example"]
    assert data["groups"][1]["changes"][0] == {"change": "added", "resource": "File[/1/0]", "parameters": {}}


def test_a_comment_is_no_longer_than_a_forge_takes() -> None:
    large, tight = as_markdown(fleet(100, 2, 60)), as_markdown(fleet(100, 1, 1), 4000)
    assert as_markdown(fleet(3, 2, 2)).count("<details>") == 3
    assert LIMIT * 0.9 < len(large.encode()) <= LIMIT
    # the biggest groups keep their details, and every group is told
    assert large.index("<details>") < large.index("\n<code>")
    assert "File[/0/" in large and "File[/99/" not in large and "g99-0" in large
    assert 3600 < len(tight.encode()) <= 4000
    assert "more nodes, in" in tight


@settings(max_examples=30)
@given(st.integers(400, 3000), st.integers(0, 12), st.integers(0, 9))
def test_whatever_the_limit_is_it_is_kept(limit: int, groups: int, lines: int) -> None:
    comment = as_markdown(fleet(groups, 1, lines), limit)
    assert len(comment.encode()) <= limit
    assert comment.count("<details>") == comment.count("</details>")


def test_values_cannot_leave_their_place_in_a_comment() -> None:
    nasty = "```\n</code></details> @everyone"
    found = Changes((Change("changed", "File[/<b>]", "File[/<b>]", (Difference("content", None, nasty), Difference("mode", None, "<i>"))),), ())  # fmt: skip
    comment = as_markdown(make_report(BASE, ["a"], {"a": found}))
    assert "<b>" not in comment.partition("````diff")[0] and "<i>" not in comment.partition("````diff")[0]
    assert comment.count("\n````") == 2


@given(st.text())
def test_what_is_printed_has_no_control_characters(text: str) -> None:
    assert plain(text).isprintable()
    assert all(line.isprintable() for line in show(Difference("x", None, text)))
    assert all(line.isprintable() for line in show(Difference("x", [text], {text: text})))


def test_values_are_cut_to_what_differs() -> None:
    long = "x" * 500
    assert show(Difference("a", long + "1" + long, long + "2" + long)) == [
        f"a …{'x' * 18}1{'x' * 53}… -> …{'x' * 18}2{'x' * 53}…"
    ]
    assert show(Difference("port", "7860", 7860)) == ['port "7860" -> 7860']
    assert show(Difference("l", "a\nb\n", "a\nc\n")) == ["l:", "  - b", "  + c"]
    assert show(Difference("l", None, "\n".join("abcdefghijklmnop")))[-1] == "  … 4 more"
    assert show(Difference("l", ["a"], ["a", "b"])) == ['l ["a"] -> ["a", "b"]']


@pytest.mark.parametrize("forms", [["--json", "--markdown"], ["--markdown", "--json"]])
def test_one_form_at_a_time(forms: list[str]) -> None:
    told = CliRunner().invoke(command, [*forms, "--base", "no-such-branch"])
    assert told.exit_code == 2
    assert "give --json or --markdown, not both" in told.stderr
