"""Catalogues compared: which resources changed, under which name, what that restarts, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.commands.diff import diff as command
from generator.diff.catalogue import Catalogue, Refusal, read_answer
from generator.diff.compare import Change, Changes, Difference, Uncompiled, compare
from generator.diff.effects import refreshed
from generator.diff.markdown import LIMIT, as_markdown
from generator.diff.names import find_renamed
from generator.diff.report import Report, as_data, make_report
from generator.diff.text import as_text
from generator.diff.trees import Base
from generator.diff.values import plain, show

BASE = Base("main", "0123456789abcdef0123456789abcdef01234567")
NATIVE = frozenset({"File", "Service", "Exec", "Vcsrepo", "Package"})


def catalogue(resources: dict[str, dict[str, Any]], containment: Sequence[tuple[str, str]] = ()) -> Catalogue:
    return Catalogue(resources, list(containment), NATIVE)


def changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Changes:
    found = compare(catalogue(before), catalogue(after))
    assert isinstance(found, Changes)
    return found


def test_equal_catalogues_change_nothing() -> None:
    same = {"File[/a]": {"mode": "0644", "require": ["File[/b]"]}, "File[/b]": {}}
    assert changes(same, json.loads(json.dumps(same))) == Changes((), ())
    assert changes(
        same, {**same, "File[/a]": {"mode": "0644", "require": ["File[/b]"], "owner": None}}
    ) == Changes((), ())


def test_each_kind_of_change_is_told() -> None:
    found = changes(
        {"File[/etc/a]": {"mode": "0644"}, "Package[gone]": {"ensure": "installed"}},
        {"File[/etc/a]": {"mode": "0600", "owner": "root"}, "Package[new]": {"ensure": "installed"}},
    )
    assert found.changes == (
        Change("changed", "File[/etc/a]", "File[/etc/a]", (Difference("mode", "0644", "0600"), Difference("owner", None, "root"))),
        Change("removed", "Package[gone]", "Package[gone]", (Difference("ensure", "installed", None),)),
        Change("added", "Package[new]", "Package[new]", (Difference("ensure", None, "installed"),)),
    )  # fmt: skip


def test_a_hash_is_compared_by_its_places() -> None:
    before = {"Class[A]": {"pins": {"v1": {"commit": "a", "python": "3"}, "v2": {"commit": "b"}}}}
    after = {"Class[A]": {"pins": {"v1": {"commit": "c", "python": "3"}}}}
    assert changes(before, after).changes[0].differences == (
        Difference("pins.v1.commit", "a", "c"),
        Difference("pins.v2", {"commit": "b"}, None),
    )


def bumped(release: str, commit: str) -> dict[str, dict[str, Any]]:
    folder = f"/opt/tts/releases/{release}"
    return {
        "Class[Tts]": {"revision": release.partition("-")[0]},
        f"Vcsrepo[{folder}]": {"path": folder, "revision": commit, "require": [f"Exec[fetch {commit}]"]},
        f"Exec[fetch {commit}]": {"command": f"fetch {commit}"},
        f"File[{folder}/outputs]": {"path": f"{folder}/outputs", "ensure": "directory"},
        "Service[tts]": {"ensure": "running", "subscribe": [f"Vcsrepo[{folder}]"]},
    }


def test_a_bump_reads_as_one_and_not_as_everything_gone_and_new() -> None:
    found = changes(
        bumped("v2.0.0-830f6f8", "830f6f8" + "0" * 33), bumped("v2.5.0-39207d9", "39207d9" + "0" * 33)
    )
    assert [(change.kind, change.resource.partition("[")[0]) for change in found.changes] == [
        ("changed", "Class"),
        ("renamed", "Exec"),
        ("renamed", "File"),
        ("renamed", "Vcsrepo"),
    ]
    # the folder follows from the name; the commit does not
    assert [difference.name for difference in found.changes[3].differences] == ["revision"]
    assert not found.changes[1].differences and not found.changes[2].differences
    assert found.refreshed == ("Service[tts]",)
    text = as_text(
        make_report(
            BASE,
            [f"tts-{number}" for number in range(1, 13)],
            dict.fromkeys([f"tts-{number}" for number in range(1, 13)], found),
        )
    )
    assert text.splitlines()[0] == (
        "12 nodes (tts-1 … tts-12): Class[Tts] revision v2.0.0 -> v2.5.0; "
        "Vcsrepo revision 830f6f800000… -> 39207d900000…; 1 changed, 3 renamed; Service[tts] restarts"
    )  # fmt: skip
    assert "    File[/opt/tts/releases/{v2.0.0-830f6f8 => v2.5.0-39207d9}/outputs]" in text.splitlines()


def test_only_pairs_without_a_choice_are_one_resource_renamed() -> None:
    assert find_renamed(["File[/a/x]", "File[/a/y]"], ["File[/a/z]"]) == {}
    assert find_renamed(["Package[nano]"], ["Package[vim]"]) == {}
    assert find_renamed(["File[/a/x]"], ["Exec[/a/y]"]) == {}
    assert find_renamed(["File[/a/x]"], ["File[/a/b/x]"]) == {}


NAMES = st.lists(
    st.from_regex(r"(File|Exec)\[(/[abc1]{1,2}){1,3}\]", fullmatch=True), unique=True, max_size=8
)


@given(NAMES, NAMES)
def test_renaming_pairs_one_with_one_of_its_type(gone: list[str], new: list[str]) -> None:
    gone = [ref for ref in gone if ref not in new]
    renamed = find_renamed(gone, new)
    assert renamed.keys() <= set(gone) and set(renamed.values()) <= set(new)
    assert len(set(renamed.values())) == len(renamed)
    assert all(was[:5] == now[:5] for was, now in renamed.items())


def test_what_is_notified_is_told_through_classes_and_commands() -> None:
    found = catalogue(
        {
            "Class[Config]": {"notify": ["Class[Run]"]},
            "Class[Run]": {},
            "File[/etc/a]": {},
            "Exec[reload]": {"refreshonly": True},
            "Service[a]": {"subscribe": ["Exec[reload]"]},
            "Service[b]": {},
            "File[/etc/b]": {"notify": ["Service[b]"]},
            "Service[off]": {"ensure": "stopped", "subscribe": ["File[/etc/a]"]},
        },
        [("Class[Config]", "File[/etc/a]"), ("Class[Run]", "Exec[reload]")],
    )
    assert refreshed(found, ["File[/etc/a]"]) == ["Exec[reload]", "Service[a]"]
    # a file that is notified says nothing to others
    assert refreshed(found, ["Service[off]"]) == []


def test_notifications_in_a_ring_end() -> None:
    ring = {"Service[a]": {"notify": ["Exec[b]"]}, "Exec[b]": {"notify": ["Service[a]"]}}
    assert refreshed(catalogue(ring, [("Class[A]", "Class[A]")]), ["Exec[b]"]) == ["Exec[b]", "Service[a]"]


@pytest.mark.parametrize(
    ("parameters", "restarts"),
    [
        ({"content": "b"}, True),
        ({"content": "a", "require": ["File[/b]"]}, False),
        ({"content": "a", "loglevel": "debug"}, False),
    ],
)
def test_order_alone_restarts_nothing(parameters: dict[str, Any], restarts: bool) -> None:
    before: dict[str, dict[str, Any]] = {
        "Service[s]": {"subscribe": ["File[/a]"]},
        "File[/a]": {"content": "a"},
    }
    assert bool(changes(before, {**before, "File[/a]": parameters}).refreshed) is restarts


def test_a_service_that_is_new_starts_and_does_not_restart() -> None:
    after: dict[str, dict[str, Any]] = {"File[/a]": {}, "Service[s]": {"subscribe": ["File[/a]"]}}
    assert changes({}, after).refreshed == ()


def test_a_class_does_nothing_by_itself() -> None:
    before: dict[str, dict[str, Any]] = {"Service[s]": {"subscribe": ["Class[A]"]}, "Class[A]": {"port": 1}}
    assert changes(before, {**before, "Class[A]": {"port": 2}}).refreshed == ()


def test_a_command_that_waits_for_others_is_no_news_to_them() -> None:
    before = {"Service[s]": {}, "Exec[e]": {"command": "a", "refreshonly": True, "notify": ["Service[s]"]}}
    after = {**before, "Exec[e]": {**before["Exec[e]"], "command": "b"}}
    assert changes(before, after).refreshed == ()


def test_a_secret_is_seen_to_change_and_not_seen() -> None:
    one, two = "(secret 0123456789ab)", "(secret ba9876543210)"
    before = {"Class[A]": {"password": one, "both": f"a={one}\nb=1\n"}}
    found = changes(before, {"Class[A]": {"password": two, "both": f"a={one}\nb={two}\n"}}).changes[0]
    assert found.differences == (
        Difference("both", "a=(secret)\nb=1\n", "a=(secret)\nb=(another secret)\n"),
        Difference("password", "(secret)", "(another secret)"),
    )
    assert changes({"Class[A]": {}}, before).changes[0].differences[1].after == "(secret)"


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
