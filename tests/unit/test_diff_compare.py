"""Two catalogues compared: what changes, what is renamed, and what restarts of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.diff.compare import Change, Changes, Difference
from generator.diff.effects import refreshed
from generator.diff.names import find_renamed
from generator.diff.report import make_report
from generator.diff.text import as_text
from tests.unit.catalogues import BASE, catalogue, changes


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
