"""Units as systemd says them: how long a start may take, and why one failed. systemctl and journalctl are stand-ins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from releases import description
from releases.units import Units
from tests.unit.releases.machine import Machine

UNIT = "tts-webui@0-blue.service"


@pytest.mark.parametrize(
    ("limit", "wait", "patience"),
    [(600, 0, 660), (600, 90, 750), (None, 0, None)],
    ids=["its own time", "with what it waits for", "no limit"],
)
def test_a_start_is_given_up_after_all_that_it_may_take(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, wait: int, patience: int | None
) -> None:
    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        given.append(options["timeout"])
        return subprocess.CompletedProcess(command, 0, "", "")

    given: list[object] = []
    monkeypatch.setattr(subprocess, "run", run)
    assert Units("").start(UNIT, limit, wait) is None
    assert given == [patience]


@pytest.mark.parametrize(("told", "wait"), [({}, 0), ({"wait_timeout": 90}, 90)], ids=["nothing", "a time"])
def test_what_a_start_may_wait_for_puppet_says(machine: Machine, told: dict[str, object], wait: int) -> None:
    machine.describe(**told)
    assert description.load("tts", machine.places).wait_timeout == wait


def step(path: str, ended: str, pid: int = 0, ignored: str = "no") -> str:
    """Say of a step before the start what systemctl show does."""
    times = "start_time=[Fri 2026-11-27 16:00:00 UTC] ; stop_time=[n/a]"
    return f"ExecStartPre={{ path={path} ; argv[]={path} ; pid=1 ; x ; ignore_errors={ignored} ; {times} ; pid={pid} ; {ended} }}"


PASSED, REFUSED, NEVER = "code=exited ; status=0", "code=exited ; status=3", "code=(null) ; status=0/0"


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (["Result=exit-code", step("/a", PASSED, 6), step("/gate", REFUSED, 7)], "/gate: no card"),
        (["Result=exit-code", step("/gate", REFUSED, 8)], "/gate ended with status 3 before it began"),
        (
            ["Result=signal", step("/gate", "code=killed ; status=9/KILL", 8)],
            "/gate ended with status 9/KILL before it began",
        ),
        (
            ["Result=exit-code", step("/a", REFUSED, 7, "yes"), step("/gate", NEVER), "ExecMainStatus=2"],
            "exited with status 2 before it was ready",
        ),
        (["Result=timeout", step("/gate", "code=killed ; status=15/TERM", 7)], "was not ready within 20 s"),
        (["Result=signal", "ExecMainStatus=9"], "was killed by signal 9 before it was ready"),
        (
            ["Result=success", step("/gate", "code=killed ; status=15/TERM", 7)],
            "did not start: Job canceled.",
        ),
    ],
    ids=[
        "a step says why",
        "a step says nothing",
        "a step was killed",
        "a step may fail",
        "too late",
        "killed",
        "stopped",
    ],
)
def test_why_a_start_failed_is_what_failed_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[str], why: str
) -> None:
    (tmp_path / "shown").write_text("".join(f"{line}\n" for line in shown))
    stand_in(
        tmp_path / "systemctl", f"[ $1 = show ] && exec cat {tmp_path}/shown; echo Job canceled. >&2; exit 1"
    )
    # process 7 of the unit has said something
    stand_in(
        tmp_path / "journalctl", f'case " $* " in *" _SYSTEMD_UNIT={UNIT} _PID=7 "*) echo no card ;; esac'
    )
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert Units("").start(UNIT, 20) == why


def stand_in(path: Path, script: str) -> None:
    """Put a program in the place of another."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


#: As Debian 12's: asked for the lines since a time, it gives the first of them, unless it is to begin at the end.
JOURNALCTL = """
lines=$(seq 30)
case " $* " in *" --reverse "*) lines=$(seq 30 -1 1) ;; esac
while [ $# -gt 0 ]; do
  case $1 in
  -n) count=$2 ;;
  -u) unit=$2 ;;
  esac
  shift
done
echo "$lines" | head -n "$count" | sed "s/^/$unit: line /"
"""


def test_a_log_is_the_last_twenty_lines_the_latest_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "journalctl", JOURNALCTL)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert Units("").log(UNIT, 1.5) == [f"{UNIT}: line {number}" for number in range(11, 31)]


@pytest.mark.parametrize(
    ("system", "logind", "down"),
    [
        ("stopping", "", True),
        ("running", "b true", True),
        ("running", "b false", False),
        ("degraded", "", False),
    ],
)
def test_a_shutdown_that_somebody_delays_has_begun(
    monkeypatch: pytest.MonkeyPatch, system: str, logind: str, down: bool
) -> None:
    """After `systemctl reboot`, logind waits for whoever holds an inhibitor before systemd hears of it."""

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        said = system if command[0] == "systemctl" else logind
        return subprocess.CompletedProcess(command, 0, f"{said}\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert Units("").going_down() is down
