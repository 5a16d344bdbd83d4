"""The runner of the suites: it counts, goes on, and never takes silence for success."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from generator import suite
from generator.errors import AnswerIsNo
from generator.jobs import Job, Outcome, call, run_side_by_side, table


def test_it_counts_what_pytest_and_rspec_say() -> None:
    says = "print('..'); print('398 examples, 0 failures'); print('2 failed, 7 passed in 3.0s')"
    [result] = run_side_by_side([suite.suite("x", sys.executable, "-c", says)], 1)
    assert result.outcome.size == 398 + 2 + 7
    assert result.outcome.ok


def test_one_failure_fails_the_whole_after_all_have_run(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []

    def job(name: str, ok: bool) -> Job:
        def work() -> Outcome:
            ran.append(name)
            return Outcome(ok, f"{name} spoke", 1)

        return Job(name, work)

    with pytest.raises(AnswerIsNo, match="bad spoke") as caught:
        suite.run([[job("bad", False), job("good", True)], [job("last", True)]])
    assert sorted(ran) == ["bad", "good", "last"]
    assert "good spoke" not in str(caught.value)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:]] == ["FAILED", "ok", "ok"]


def test_the_labs_tests_are_in_one_lane_each() -> None:
    names = [suite.FRESH, suite.LAST, *(name for lane in suite.LANES.values() for name in lane)]
    assert len(names) == len(set(names))
    files = {path.name for path in (suite.ROOT / "tests" / "lab").glob("test_*.py")}
    assert {f"test_{name}.py" for name in names} < files


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    assert not call([*suite.PYTEST, "-q", str(tmp_path)], tmp_path).ok


def test_without_puppet_what_needs_it_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert [job.name for job in suite.unit()] == ["tests/unit without Puppet"]
    assert "make setup" in capsys.readouterr().err


def test_a_program_has_nobody_to_ask(tmp_path: Path) -> None:
    assert call(["cat"], tmp_path) == Outcome(True, "")


def test_a_table_lines_up() -> None:
    results = run_side_by_side(
        [Job("a", lambda: Outcome(True, "", 3)), Job("longer", lambda: Outcome(False, ""))], 2
    )
    assert len({line.rindex("0.0") for line in table(results, "files").splitlines()[1:]}) == 1
