"""``fleet canary status``: what is said of a rollout, by its file, by git, and by the record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator.canary import history, rollout_file
from generator.canary.arrival import release_base
from generator.canary.rollout import Rollout
from generator.canary.status import Status, status
from generator.canary.status_text import data, lines
from generator.record.nodes import NodeState, Run, ServiceState, Serving
from tests.unit.canary.control import COHORT, PIN, git, make, moved, run, said
from tests.unit.fake_puppetdb import write_settings

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
FIRST = ("start", "indextts2", "v24-beta", "--name", "tts*")
NEW = f"{release_base('v24-beta', PIN)}-0123456"
OLD = f"{release_base('v23', PIN)}-0123456"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with six nodes of production."""
    monkeypatch.setattr("generator.clock.now", lambda: NOW)
    return make(tmp_path / "control", 6, monkeypatch)


def there(root: Path) -> Rollout:
    rollout = rollout_file.read(root, "indextts2")
    assert rollout
    return rollout


def state(
    name: str, commit: str | None, serves: str, wanted: str | None = None, *, cached: bool = False
) -> NodeState:
    """Return a node that reported a minute ago."""
    at = NOW - timedelta(minutes=1)
    ran = Run(
        hash="0" * 40, transaction_uuid=None, status="unchanged", started=at, ended=at, reported=at,
        environment="production", commit=commit, has_catalogue=commit is not None, cached_catalogue=cached,
        noop=False, noop_pending=False, corrective_changes=0,
    )  # fmt: skip
    service = ServiceState("indextts2", wanted or serves, {"0": Serving(serves, PIN, at)})
    return NodeState(name, "tts_node", "prod", 1800, ran, (service,))


def look(root: Path, *states: NodeState, later: int = 0) -> Status:
    return status(root, "indextts2", states, NOW + timedelta(seconds=later))


def text(found: Status, height: int = 40) -> str:
    return "\n".join(lines(found, height, 200))


def arrived(found: Status) -> dict[str, bool | None]:
    return {node.certname.partition(".")[0]: node.arrived for node in found.standings[0].nodes}


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD").strip()


def test_a_node_has_arrived_with_the_commit_or_a_later_one_and_the_release(root: Path) -> None:
    before = head(root)
    moved(*FIRST, "--steps", "100")
    step = head(root)
    git(root, "commit", "--quiet", "--allow-empty", "--message=another")
    later = head(root)
    found = look(
        root,
        state("tts1.example.org", step, NEW),
        state("tts2.example.org", later, NEW),
        state("tts3.example.org", before, OLD),
        state("tts4.example.org", step, OLD, NEW),
        state("tts5.example.org", later, NEW, cached=True),
    )
    assert arrived(found) == {
        "tts1": True,
        "tts2": True,
        **dict.fromkeys(("tts3", "tts4", "tts5", "tts6"), False),
    }
    assert found.standings[0].away == 4
    printed = text(found)
    assert (
        f"waits for 4 of 6 nodes to report with {step[:7]} and to serve v24-beta, then 30m to go well"
        in printed
    )
    assert "then promotion" in printed
    assert re.search(f"^tts4.example.org  no  *{OLD}  *indextts2 serves {OLD}, not {NEW}$", printed, re.M)
    assert re.search(f"^tts5.example.org  no  *{NEW}  *runs a cached catalogue$", printed, re.M)
    assert printed.index("tts6.example.org") < printed.index("tts1.example.org"), "who is missing comes first"
    assert "never reported" in printed


def test_code_that_this_clone_does_not_have_is_not_known(root: Path) -> None:
    moved(*FIRST)
    [member] = there(root).members
    for strange in ("f" * 40, "--help", ""):
        found = look(root, state(member, strange or None, NEW))
        assert arrived(found)[member.partition(".")[0]] is (None if strange else False)
    found = look(root, state(member, "f" * 40, NEW))
    assert found.standings[0].away is None
    assert "?        " in text(found)
    assert "runs code that this clone does not have (git pull)" in text(found)


def test_another_release_of_an_older_name_is_not_the_same(root: Path) -> None:
    moved(*FIRST)
    [member] = there(root).members
    for other in (f"v24-{PIN[:7]}", f"v24-beta-{PIN[:7]}f-0123456"):
        assert list(arrived(look(root, state(member, head(root), other))).values()) == [False]
    assert list(arrived(look(root, state(member, head(root), release_base("v24-beta", PIN)))).values()) == [
        True
    ]


def test_it_waits_for_its_window_for_a_gate_and_for_somebody(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(*FIRST, "--steps", "10,50,100", "--gate", "50", "--windows", "2")
    [member] = there(root).members
    there_now = state(member, head(root), NEW)
    assert "waits for 1h to go well, then for somebody (fleet canary approve indextts2), then 50 %" in text(
        look(root, there_now)
    )
    assert "waits for 1h to go well, which may be over, then for somebody" in text(
        look(root, there_now, later=3601)
    )
    moved("approve", "indextts2")
    printed = text(look(root, there_now))
    assert "waits for 1h to go well, then 50 %" in printed, (
        "what was approved moves no node, and none has to run"
    )
    assert "Approve 50 % for the canary of indextts2" in printed
    monkeypatch.setattr("generator.clock.now", lambda: NOW + timedelta(hours=1))
    moved("hold", "indextts2", "--because", "wait for Monday")
    printed = text(look(root, there_now))
    assert "is held at 10 %: wait for Monday\n" in printed
    assert "waits for somebody: fleet canary approve indextts2 lets it go on" in printed
    assert "last: A Tester at 20" in printed
    assert f", {head(root)[:7]}: Hold the canary of indextts2 v24-beta at 10 %: 1 node\n" in printed


def test_what_was_taken_back_waits_until_all_are_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(*FIRST, "--steps", "50")
    during = head(root)
    members = there(root).members
    monkeypatch.setattr("generator.clock.now", lambda: NOW + timedelta(minutes=5))
    moved("abort", "indextts2", "--because", "too slow")
    after = head(root)
    states = [state(name, after, OLD) for name in members[:2]]
    found = look(root, *states, state(members[2], during, NEW))
    assert "was taken back at 50 %: too slow\n" in text(found)
    assert "waits for 1 of 3 nodes to go back\n" in text(found)
    assert "  back  serves" in text(found)
    left = look(root, *states)
    assert left.standings[0].away == 0
    assert f"{members[2]}  yes   -  " in text(left)
    back = look(root, *states, state(members[2], after, OLD))
    assert f"waits for its driver, which removes the file; where none runs: git rm {COHORT}\n" in text(back)


def test_those_that_are_over_are_told_with_how_and_why(root: Path) -> None:
    moved(*FIRST)
    moved("abort", "indextts2", "--because", "too slow")
    git(root, "rm", "--quiet", str(COHORT))
    git(root, "commit", "--quiet", "--message=clean up")
    moved(*FIRST)
    moved("promote", "indextts2", "--now")
    moved("start", "indextts2", "v22")
    git(root, "rm", "--quiet", str(COHORT))
    git(root, "commit", "--quiet", "--message=I do not like it")
    printed = run("status", "indextts2").output
    first, over, *rows = printed.replace("\n\n", "\n").splitlines()
    assert (first, over) == ("no canary is under way", "over:")
    assert [" ".join(row.split()[1:]) for row in rows] == [
        "indextts2 v22 removed by hand at 10 % (1 node) by A Tester",
        "indextts2 v24-beta promoted at 10 % (1 node) by A Tester",
        "indextts2 v24-beta taken back at 10 % (1 node) by A Tester: too slow",
    ]
    ended = json.loads(run("status", "--json").output)["ended"]
    assert [(one["how"], one["move"]) for one in ended] == [
        ("removed_by_hand", None), ("promoted", "promote"), ("taken_back", "abort")
    ]  # fmt: skip


def test_a_merge_does_not_hide_one_that_is_over(root: Path) -> None:
    branch = git(root, "branch", "--show-current").strip()
    git(root, "checkout", "--quiet", "-b", "side")
    moved(*FIRST)
    moved("promote", "indextts2", "--now")
    git(root, "checkout", "--quiet", branch)
    git(root, "commit", "--quiet", "--allow-empty", "--message=meanwhile")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert [one.how for one in history.ended(root)] == ["promoted"]


def test_what_is_not_committed_is_said(root: Path) -> None:
    moved(*FIRST)
    (root / COHORT).write_text((root / COHORT).read_text().replace("windows: 1", "windows: 3"))
    assert f"{COHORT} has changes that are not committed: nodes get the committed one" in run("status").output
    git(root, "checkout", "--quiet", str(COHORT))
    assert "not committed" not in run("status").output


def test_where_the_record_is_not_known_the_rest_is_said(root: Path) -> None:
    moved(*FIRST)
    [member] = there(root).members
    printed = run("status").output
    assert (
        "whether nodes have arrived is not known: this machine has no settings of PuppetDB's clients\n"
        in printed
    )
    assert f"{member}  ?        -\n" in printed
    assert "waits for 1 node to report with" in printed
    found = json.loads(run("status", "--json").output)
    assert found["unknown"] == "this machine has no settings of PuppetDB's clients"
    assert found["rollouts"][0]["nodes"][member]["arrived"] is None


@pytest.fixture
def dead(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have settings of a PuppetDB that does not answer."""
    monkeypatch.setenv("HOME", str(root.parent))
    write_settings(root.parent, "http://127.0.0.1:1")
    yield "PuppetDB at http://127.0.0.1:1 cannot be asked"


@pytest.mark.usefixtures("dead")
def test_a_puppetdb_that_does_not_answer_is_said(root: Path) -> None:
    assert "no canary is under way" in run("status").output, "then it is not even asked"
    moved(*FIRST, "--offline")
    printed = run("status")
    assert printed.exit_code == 0
    assert "whether nodes have arrived is not known: " in printed.output
    assert "PuppetDB at http://127.0.0.1:1 cannot be asked" in " ".join(printed.output.split())
    assert "PuppetDB at http://127.0.0.1:1 cannot be asked" in said("promote", "indextts2", "--now")


def test_a_service_that_is_none_is_refused(root: Path) -> None:
    assert "no such service" in said("status", "indextts")


def test_five_thousand_nodes_are_one_screen(root: Path) -> None:
    moved(*FIRST, "--steps", "100")
    rollout = there(root)
    members = tuple(f"tts{number}.example.org" for number in range(5000))
    text_ = rollout_file.dump(rollout).partition("members:")[0] + "members:\n" + "".join(
        f"- {name}\n" for name in members
    )  # fmt: skip
    (root / COHORT).write_text(text_)
    git(root, "commit", "--quiet", "--all", "--message=many")
    step = head(root)
    found = look(root, *(state(name, step, NEW) for name in members[:4990]))
    printed = text(found, height=40).splitlines()
    assert len(printed) <= 39
    assert "waits for 10 of 5,000 nodes to report" in printed[2]
    assert sum(" never reported" in line for line in printed) == 10
    assert printed[-1].startswith("and 4,9")
    assert printed[-1].endswith(" arrived: --json has all")
    assert len(data(found)["rollouts"][0]["nodes"]) == 5000
