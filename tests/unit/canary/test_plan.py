"""``fleet canary plan``: who would be asked at each step, and who would not, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.canary import candidates
from generator.errors import AnswerIsNo
from generator.inventory import known_nodes
from tests.unit.canary.control import COHORT, git, make, moved, run, said

PLAN = ("plan", "indextts2", "v24-beta", "--offline")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten nodes of production, of which two have a line of their own, and two others."""
    return make(tmp_path / "control", 10, monkeypatch, own=(3, 4))


def tts(*numbers: int) -> list[str]:
    return sorted(f"tts{number}.example.org" for number in numbers)


def plan(*words: str) -> dict[str, object]:
    result = run(*PLAN, "--json", *words)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_it_shows_each_step_and_who_is_left_out_and_writes_nothing(root: Path) -> None:
    result = run(*PLAN, "--steps", "10,50,100")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "indextts2 v24-beta can be asked of 9 nodes of 12"
    assert [line[:16] for line in lines[1:4]] == ["   10 %  1 node:", "   50 %  5 nodes", "  100 %  9 nodes"]
    assert ", 4 new: " in lines[2] and ", 4 new: " in lines[3]
    assert lines[4:] == [
        "not asked:",
        "  they have a line of their own, in hieradata/nodes: 2 nodes: tts3.example.org, tts4.example.org",
        "  no role of theirs brings indextts2: 1 node: watch.example.org",
    ]
    assert git(root, "status", "--porcelain") == ""


def test_a_step_has_those_of_the_step_before(root: Path) -> None:
    steps = plan()["steps"]
    assert isinstance(steps, list)
    assert [step["percent"] for step in steps] == [10, 25, 50, 100]
    before: set[str] = set()
    for step in steps:
        assert set(step["members"]) == before | set(step["join"]) and not before & set(step["join"])
        before = set(step["members"])
    assert sorted(before) == [*["staging.example.org"], *tts(1, 2, 5, 6, 7, 8, 9, 10)]


def test_start_chooses_whom_the_plan_has_shown(root: Path) -> None:
    steps = plan("--steps", "40,100")["steps"]
    assert isinstance(steps, list)
    moved("start", "indextts2", "v24-beta", "--steps", "40,100", "--offline")
    members = [line[2:] for line in (root / COHORT).read_text().splitlines() if "example.org" in line]
    assert members == steps[0]["members"]


def test_who_runs_it_already_is_not_asked(root: Path) -> None:
    found = candidates.consider(root, "indextts2", "v22", (), known_nodes(root))
    assert found.asked == tts(1, 2, 5, 6, 7, 8, 9, 10)
    assert found.there == {Path("hieradata/env/staging.yaml"): ["staging.example.org"]}
    assert found.own == {name: Path(f"hieradata/nodes/{name}.yaml") for name in tts(3, 4)}
    assert (found.other_names, found.other_roles) == ([], ["watch.example.org"])


def test_names_and_globs_say_who_is_asked(root: Path) -> None:
    found = plan("--name", "tts[5-7].*", "--name", "tts10.example.org", "--name", "tts3.example.org")
    assert found["asked"] == tts(5, 6, 7, 10)
    left = found["not_asked"]
    assert isinstance(left, dict)
    assert left["own"] == {"tts3.example.org": "hieradata/nodes/tts3.example.org.yaml"}
    assert left["other_names"] == sorted(["staging.example.org", *tts(1, 2, 4, 8, 9)])


def test_a_rollout_under_way_is_gone_on_with(root: Path) -> None:
    moved("start", "indextts2", "v24-beta", "--steps", "30,60,100", "--name", "tts*", "--offline")
    now = [
        line[2:]
        for line in (root / COHORT).read_text().splitlines()
        if line.startswith("- tts") and "*" not in line
    ]
    result = run(*PLAN)
    assert result.stdout.startswith("indextts2 v24-beta is at 30 %, before 60 %\n")
    assert "   30 %  3 nodes, no other than before\n" in result.stdout
    found = plan()
    steps = found["steps"]
    assert isinstance(steps, list) and found["under_way"] is True
    assert [step["percent"] for step in steps] == [30, 60, 100] and steps[0]["members"] == now
    later = plan("--steps", "10,60")["steps"]
    assert isinstance(later, list) and [step["percent"] for step in later] == [60], "no step back"
    assert found["asked"] == tts(1, 2, 5, 6, 7, 8, 9, 10), "its members are asked of, and its names hold"


def test_beside_another_rollout_it_says_so(root: Path) -> None:
    moved("start", "indextts2", "v22", "--offline")
    result = run(*PLAN)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "indextts2 v22 is at 10 %, before 25 %: it has to end before another one begins\n"
    )
    assert plan()["under_way"] is False


def test_where_nobody_can_be_asked_the_answer_is_no(root: Path) -> None:
    result = run(*PLAN, "--name", "tts3*")
    assert isinstance(result.exception, AnswerIsNo)
    assert "they have a line of their own, in hieradata/nodes: 1 node: tts3.example.org" in result.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("plan", "indextts", "v24-beta"), "did you mean indextts2"),
        (("plan", "indextts2", "v25"), "v25 is not pinned"),
        ((*PLAN, "--steps", "50,10"), "do not rise"),
        ((*PLAN, "--steps", "0"), "no percents from 1 to 100"),
    ],
)
def test_what_is_wrong_is_said(root: Path, words: tuple[str, ...], why: str) -> None:
    assert why in said(*words)


def test_nodes_that_stand_for_others_are_not_planned_with(root: Path) -> None:
    (root / "inventory.yaml").unlink()
    assert "which nodes there are is not known" in said(*PLAN)
