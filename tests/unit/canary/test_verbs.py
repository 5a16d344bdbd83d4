"""``fleet canary start | approve | hold | abort | promote``: one commit each, or a refusal that changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.canary import moves, rollout_file
from generator.canary.rollout import Rollout, State
from generator.canary.words import reason_line
from generator.errors import FleetError
from generator.explain import explain
from tests.unit.canary.control import COHORT, WHO, git, make, moved, run, said

FIRST = ("start", "indextts2", "v24-beta")
#: Those of production.
PROD = (*FIRST, "--name", "tts*")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with six nodes of production."""
    return make(tmp_path / "control", 6, monkeypatch)


def there(root: Path) -> Rollout:
    rollout = rollout_file.read(root, "indextts2")
    assert rollout
    return rollout


def revisions(root: Path) -> dict[str, object]:
    """What Hiera gives each node."""
    names = [*(f"tts{number}.example.org" for number in range(1, 7)), "staging.example.org"]
    return {name: explain(root, name, "indextts2::revision").result.value for name in names}


def message(root: Path) -> str:
    return git(root, "log", "-1", "--format=%B").strip()


def test_it_starts_with_some_nodes_and_says_which(root: Path) -> None:
    before = revisions(root)
    printed = moved(*FIRST, "--steps", "20,100", "--interval", "2h", "--windows", "3", "--traffic", "5")
    rollout = there(root)
    assert len(rollout.members) == 2
    assert (rollout.steps, rollout.interval, rollout.windows, rollout.traffic) == ((20, 100), 7200, 3, 5)
    assert f"indextts2 v24-beta goes to 2 nodes: {', '.join(rollout.members)}\n" in printed
    assert "+members:\n" in printed
    assert revisions(root) == before | dict.fromkeys(rollout.members, "v24-beta")
    assert git(root, "show", "--format=", "--name-status").split() == ["A", str(COHORT)]
    assert message(root) == (
        "Start the canary of indextts2 v24-beta at 20 %: 2 nodes\n\n"
        f"gives v24-beta to 2 nodes: {', '.join(rollout.members)}\n\n"
        "Canary: start\nService: indextts2\nRevision: v24-beta\nStep: 20\nMembers: 2"
    )


def test_it_asks_those_whose_names_fit(root: Path) -> None:
    moved(*FIRST, "--steps", "100", "--name", "tts[12].*", "--name", "tts5.example.org")
    assert there(root).members == ("tts1.example.org", "tts2.example.org", "tts5.example.org")
    assert there(root).only == ("tts[12].*", "tts5.example.org")


def test_who_starts_it_has_approved_its_first_step(root: Path) -> None:
    moved(*FIRST, "--steps", "10,50,100", "--gate", "10", "--gate", "100")
    assert (there(root).gates, there(root).approved) == ((10, 100), (10,))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--steps", "50,10"), "'50,10' do not rise (such as 10,25,50,100)"),
        (("--steps", "10,10"), "do not rise"),
        (("--steps", "10,101"), "no percents from 1 to 100"),
        (("--steps", "0,50"), "no percents from 1 to 100"),
        (("--steps", ""), "no percents from 1 to 100"),
        (("--steps", "ten"), "no percents from 1 to 100"),
        (("--steps", "1²"), "no percents from 1 to 100"),
        (("--gate", "30"), "30 is none of the steps (10, 25, 50, 100)"),
        (("--interval", "soon"), "'soon' is no time (such as 30m or 2h)"),
        (("--windows", "0"), "--windows"),
        (("--name", "gpu*"), "no node can be asked of indextts2 v24-beta among gpu* (fleet canary plan indextts2 "),
    ],
)  # fmt: skip
def test_what_is_no_rollout_is_refused(root: Path, words: tuple[str, ...], error: str) -> None:
    assert error in said(*FIRST, *words)
    assert not (root / COHORT).exists()


def test_a_revision_has_to_be_pinned(root: Path) -> None:
    error = said("start", "indextts2", "v24")
    assert error.startswith("hieradata/catalogue/indextts2.yaml: v24 is not pinned (did you mean v2")
    assert "'indextts': no such service" in said("start", "indextts", "v24-beta")
    assert "no such service" in said("start", "../cohorts/indextts2", "v24-beta")


def test_where_every_node_has_it_none_can_be_asked(root: Path) -> None:
    error = said("start", "indextts2", "v23", "--name", "tts*")
    assert error.startswith("no node can be asked of indextts2 v23 among tts*")


def test_where_nothing_says_which_nodes_there_are_none_is_chosen(root: Path) -> None:
    (root / "inventory.yaml").unlink()
    git(root, "commit", "--quiet", "--all", "--message=no inventory")
    assert "inventory.yaml: no such file, and no PuppetDB is asked" in said(*FIRST)


def test_without_its_layer_a_canary_would_give_nobody_anything(root: Path) -> None:
    text = (root / "hiera.yaml").read_text()
    (root / "hiera.yaml").write_text(text.replace("    lookup_key: releases::cohort\n", ""))
    git(root, "commit", "--quiet", "--all", "--message=no layer")
    assert "hiera.yaml has no layer of canaries" in said(*FIRST)


def test_one_at_a_time(root: Path) -> None:
    moved(*FIRST)
    assert said("start", "indextts2", "v22") == (
        "hieradata/cohorts/indextts2.yaml: indextts2 has a rollout already: v24-beta is at 10 %, before 25 % "
        "(fleet canary promote, or abort, indextts2 ends it)"
    )
    with pytest.raises(FleetError, match="indextts2 has a rollout already"):
        moves.start(root, there(root), ["tts1.example.org"])
    moved("abort", "indextts2")
    assert "was taken back at 10 %: A Tester said so (its driver removes the file" in said(*FIRST)


@pytest.mark.parametrize("verb", ["approve", "hold", "abort", "promote"])
def test_without_a_rollout_there_is_nothing_to_say(root: Path, verb: str) -> None:
    assert said(verb, "indextts2") == "no canary of 'indextts2' is under way (there are none)"
    moved(*FIRST)
    assert said(verb, "indextts") == "no canary of 'indextts' is under way (did you mean indextts2?)"
    assert "no canary of '../cohorts/indextts2'" in said(verb, "../cohorts/indextts2")


def test_it_is_held_and_goes_on(root: Path) -> None:
    moved(*FIRST)
    members = there(root).members
    assert "no node moves" in moved("hold", "indextts2", "--because", "look\n  at it first")
    held = there(root)
    assert (held.state, held.reason, held.members) == (State.HELD, "look at it first", members)
    assert message(root).startswith("Hold the canary of indextts2 v24-beta at 10 %: 1 node\n")
    assert message(root).endswith("Members: 1\nReason: look at it first")
    assert "is held at 10 %: look at it first" in said("hold", "indextts2")
    moved("approve", "indextts2")
    again = there(root)
    assert (again.state, again.reason, again.members) == (State.RUNNING, None, members)


def test_a_reason_that_nobody_gave_is_who_said_so(root: Path) -> None:
    moved(*FIRST)
    moved("hold", "indextts2")
    assert there(root).reason == "A Tester said so"
    assert "the reason is empty" in said("abort", "indextts2", "--because", " \n")


def test_a_reason_is_one_line_that_no_terminal_obeys() -> None:
    assert reason_line("a\tb\x1b[2J\n c") == "a b?[2J c"
    assert len(reason_line("x" * 999)) == 300
    with pytest.raises(FleetError, match="the reason is empty"):
        reason_line("\n")


def test_gates_are_approved_one_by_one(root: Path) -> None:
    moved(*FIRST, "--steps", "10,50,100", "--gate", "50", "--gate", "100")
    moved("hold", "indextts2")
    moved("approve", "indextts2")
    assert there(root).approved == (), "what is held is let go on first"
    moved("approve", "indextts2")
    assert there(root).approved == (50,)
    assert message(root).startswith("Approve 50 % for the canary of indextts2 v24-beta at 10 %: 1 node\n")
    moved("approve", "indextts2")
    assert there(root).approved == (50, 100)
    assert said("approve", "indextts2") == (
        "there is nothing to approve: indextts2 v24-beta is at 10 %, before 50 %"
    )
    moved("abort", "indextts2")
    assert "there is nothing to approve: indextts2 v24-beta was taken back" in said("approve", "indextts2")


def test_it_is_taken_back_at_once(root: Path) -> None:
    before = revisions(root)
    moved(*PROD, "--steps", "50,100")
    members = there(root).members
    printed = moved("abort", "indextts2", "--because", "it mispronounces numbers")
    assert f"indextts2 v24-beta is taken from 3 nodes: {', '.join(members)}\n" in printed
    gone = there(root)
    assert (gone.state, gone.members, gone.taken_back) == (State.ABORTED, (), members)
    assert revisions(root) == before
    assert message(root).startswith("Take back the canary of indextts2 v24-beta at 50 %: 3 nodes\n")
    assert "Reason: it mispronounces numbers" in message(root)
    assert "was taken back at 50 %: it mispronounces numbers" in said("abort", "indextts2")
    assert "was taken back" in said("hold", "indextts2")
    assert "was taken back" in said("promote", "indextts2", "--now")


def test_before_its_end_it_is_promoted_only_now(root: Path) -> None:
    moved(*PROD)
    assert said("promote", "indextts2") == (
        "indextts2 v24-beta is at 10 %, before 25 % "
        "(--now gives it to the nodes of 100 % at once, without a look at them)"
    )
    before = revisions(root)
    printed = moved("promote", "indextts2", "--now")
    assert "indextts2 v24-beta goes to 5 nodes: " in printed
    changed = {name: "v24-beta" for name, revision in before.items() if name.startswith("tts")}
    assert revisions(root) == before | changed
    assert (root / "hieradata/env/prod.yaml").read_text() == (
        "---\n# Production.\nindextts2::revision: v24-beta  # since May\n"
    )
    names = git(root, "show", "--format=", "--name-status").split()
    assert names == ["D", str(COHORT), "M", "hieradata/env/prod.yaml"]
    assert message(root).startswith("Promote indextts2 to v24-beta after its canary at 10 %: 6 nodes\n")
    assert not (root / COHORT).parent.exists()


def test_one_that_is_held_at_its_last_step_is_promoted_only_now(root: Path) -> None:
    moved(*FIRST, "--steps", "100")
    moved("hold", "indextts2")
    assert "is held at 100 %: A Tester said so (--now" in said("promote", "indextts2")
    moved("approve", "indextts2")
    assert "no node moves" in moved("promote", "indextts2")


def test_where_others_get_theirs_from_there_members_get_lines_of_their_own(root: Path) -> None:
    before = revisions(root)
    moved(*PROD, "--steps", "50")
    members = there(root).members
    assert len(members) == 3
    moved("promote", "indextts2")
    assert revisions(root) == before | dict.fromkeys(members, "v24-beta")
    assert (root / "hieradata/env/prod.yaml").read_text().endswith("revision: v23  # since May\n")
    names = git(root, "show", "--format=", "--name-only").split()
    assert names == [str(COHORT), *(f"hieradata/nodes/{name}.yaml" for name in members)]


def test_each_place_is_a_place_of_its_own(root: Path) -> None:
    """The only node of staging is a member, and of production's not all are."""
    moved(*FIRST, "--steps", "100", "--name", "staging*", "--name", "tts3*")
    moved("promote", "indextts2")
    assert (root / "hieradata/env/staging.yaml").read_text() == "---\nindextts2::revision: v24-beta\n"
    names = git(root, "show", "--format=", "--name-only").split()
    assert names == [str(COHORT), "hieradata/env/staging.yaml", "hieradata/nodes/tts3.example.org.yaml"]


def test_a_node_that_came_since_the_last_step_is_one_of_all(root: Path) -> None:
    """Without it each of the others would get a line of its own."""
    moved(*PROD, "--steps", "100")
    inventory = (root / "inventory.yaml").read_text()
    (root / "inventory.yaml").write_text(f"{inventory}  tts9.example.org: {{role: tts_node, env: prod}}\n")
    git(root, "commit", "--quiet", "--all", "--message=a node")
    assert "goes to 1 node: tts9.example.org\n" in moved("promote", "indextts2")
    assert git(root, "show", "--format=", "--name-only").split() == [str(COHORT), "hieradata/env/prod.yaml"]


def test_uncommitted_changes_are_not_taken_along(root: Path) -> None:
    moved(*PROD, "--steps", "100")
    prod = root / "hieradata/env/prod.yaml"
    prod.write_text(prod.read_text() + "other: 1\n")
    assert said("promote", "indextts2") == (
        "hieradata/env/prod.yaml has uncommitted changes (commit or undo them first)"
    )
    assert "other: 1" in prod.read_text()
    git(root, "checkout", "--quiet", "hieradata/env")
    (root / COHORT).write_text((root / COHORT).read_text().replace("windows: 1", "windows: 2"))
    assert f"{COHORT} has uncommitted changes" in said("hold", "indextts2")
    assert "windows: 2" in (root / COHORT).read_text()


def test_a_line_that_an_operator_wrote_for_a_node_wins(root: Path) -> None:
    moved(*FIRST, "--steps", "50")
    member = there(root).members[0]
    own = root / f"hieradata/nodes/{member}.yaml"
    own.parent.mkdir(exist_ok=True)
    own.write_text("---\nindextts2::revision: v22  # it has an old card\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=an old card")
    printed = run("status").output
    assert f"1 node with a line of its own, which wins: hieradata/nodes/{member}.yaml\n" in printed
    assert f"its own line in hieradata/nodes/{member}.yaml wins" in printed
    moved("promote", "indextts2")
    assert own.read_text() == "---\nindextts2::revision: v22  # it has an old card\n"
    assert revisions(root)[member] == "v22"


def test_what_git_does_not_commit_is_put_back(root: Path) -> None:
    """Three kinds of changes at once: files that are made, and one that goes."""
    moved(*FIRST, "--steps", "50")
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'the linters say no' >&2\nexit 1\n")
    hook.chmod(0o755)
    (root / "staged").write_text("x")
    git(root, "add", "staged")
    text = (root / COHORT).read_text()
    for words in (("promote", "indextts2"), ("abort", "indextts2")):
        assert said(*words) == "git commit in .: the linters say no"
        assert (root / COHORT).read_text() == text
    assert git(root, "status", "--porcelain") == "A  staged\n"


def test_a_commit_of_nobody_is_refused_with_the_cure(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(*FIRST)
    for name in WHO:
        monkeypatch.delenv(name)
    git(root, "config", "user.useConfigOnly", "true")
    for words in (("hold", "indextts2"), ("approve", "indextts2"), ("abort", "indextts2", "--because", "x")):
        error = said(*words)
        assert re.match("git does not know who commits|there is nothing to approve", error)


def test_a_file_behind_a_link_is_not_written(root: Path) -> None:
    (root / "hieradata/cohorts").symlink_to("/tmp")
    assert "is or goes through a link" in said(*FIRST)
