"""What ``make test`` runs: every suite, those that do not disturb each other side by side."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from generator.errors import AnswerIsNo
from generator.jobs import Job, Outcome, call, complaints, run_side_by_side, table
from generator.progress import say

VENV = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
PYTEST = (VENV / "python", "-u", "-m", "pytest")
#: Examples hold Chinese, and Ruby takes the encoding from the locale.
RSPEC = ("env", "LC_ALL=C.UTF-8", "rspec")

#: Unit tests that wait for HAProxy and rsyslog more than they compute: in a program beside the others.
WAITING = ("tests/unit/front", "tests/unit/gateway", "tests/unit/record", "tests/unit/releases")

#: The lab's tests of a fleet that nothing has changed, and of its end.
FRESH, LAST = "main_job", "down"
#: Those that change one node and nothing else, by the node that is theirs: they mostly wait for it.
LANES = {
    "tts1": (
        "drift",
        "faults_disk",
        "faults_ports",
        "faults_power",
        "faults_start",
        "faults_state",
        "faults_upstream",
        "filled",
        "weights",
    ),
    "tts2": ("driver", "second_service", "together", "offline", "releases", "switch", "gpu"),
}

#: How the programs say how many tests they ran.
_TESTS = re.compile(r"\b(\d+) (?:passed|failed|examples|errors?)\b(?!, 0 examples)")


def suite(name: str, *command: str | Path, aloud: bool = False) -> Job:
    """Make a job of a test program; the table counts the tests that it says it ran."""

    def work() -> Outcome:
        outcome = call(command, ROOT, aloud=aloud)
        last = "".join(outcome.output.splitlines(keepends=True)[-20:])
        return replace(outcome, size=sum(int(number) for number in _TESTS.findall(last)))

    return Job(name, work)


def unit() -> list[Job]:
    """List the suites that need neither root nor the lab."""
    if shutil.which("puppet") and shutil.which("rspec"):
        return [
            suite("tests/unit", *PYTEST, "-q", "tests/unit", *(f"--ignore={folder}" for folder in WAITING)),
            suite(" and ".join(WAITING), *PYTEST, "-q", *WAITING),
            suite("tests/module on this Puppet", *RSPEC),
        ]
    say("Puppet is not installed, so what needs it is left out (as root, make setup installs it)")
    return [suite("tests/unit without Puppet", *PYTEST, "-q", "-m", "not puppet", "tests/unit")]


def lab(marks: str) -> list[list[Job]]:
    """List the lab's tests that bear ``marks`` in stages, of one lab; each test is shown as it is done.

    The fresh lab comes first. Then each lane changes a node of its own; what changes more than that is alone.
    """
    pytest = (*PYTEST, "-v", "-s", "-m", marks)

    def tests(lane: str, *names: str) -> Job:
        files = [f"tests/lab/test_{name}.py" for name in names]
        node = ("env", f"FLEET_LAB_NODE={lane}")
        return suite(f"tests/lab: {' '.join(names)}", *node, *pytest, *files, aloud=True)

    apart = [FRESH, LAST, *(name for names in LANES.values() for name in names)]
    rest = [f"--ignore=tests/lab/test_{name}.py" for name in apart]
    return [
        [suite("the lab comes up", VENV / "fleet", "lab", "up", aloud=True)],
        [tests("tts1", FRESH)],
        [tests(node, *names) for node, names in LANES.items()],
        [suite("tests/lab: the others", *pytest, "tests/lab", *rest, aloud=True)],
        [suite("tests/lab: down", *PYTEST, "-v", f"tests/lab/test_{LAST}.py")],
    ]


def everything() -> list[list[Job]]:
    """List the suites in stages: what is in one stage runs side by side.

    The lab's last tests mostly wait, so what only computes, and is bound to no time, runs beside them.
    """
    lint = suite("lint", VENV / "fleet", "lint")
    puppet8 = suite("tests/module on Puppet 8", VENV / "python", "-m", "generator.rspec8")
    up, fresh, lanes, others, down = lab("not faults")
    return [[*unit(), lint], up, fresh, lanes, [*others, puppet8], down]


SUITES: dict[str, Callable[[], list[list[Job]]]] = {
    "all": everything,
    "unit": lambda: [unit()],
    "faults": lambda: lab(""),
}


def run(stages: Sequence[Sequence[Job]]) -> None:
    """Run the stages, sum them up, and raise AnswerIsNo where a test failed."""
    results = []
    for stage in stages:
        results += run_side_by_side(stage, os.cpu_count() or 1)
    click.echo(table(results, "tests"))
    if said := complaints(results):
        raise AnswerIsNo(f"\n{said}")


if __name__ == "__main__":
    try:
        run(SUITES[sys.argv[1]]())
    except AnswerIsNo as error:
        sys.exit(str(error))
