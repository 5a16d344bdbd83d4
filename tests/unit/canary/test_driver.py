"""A pass of the driver: it looks, decides, and pushes one commit; real git, a real remote, real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from generator import clock
from generator.canary.clone import Busy, locked
from generator.canary.driver import CLONE, METRICS, Pass
from generator.canary.driver import run as one_pass
from generator.canary.rollout import Breach, State
from generator.canary.settings import Settings
from generator.definition import REPOSITORY
from tests.unit.canary.control import git, make
from tests.unit.canary.world import NEW, NOW, OLD, ROLLOUT, World, name, world

COHORT = "hieradata/cohorts/indextts2.yaml"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return a fleet of six nodes, whose remote is a bare repository."""
    work = make(tmp_path / "work", 6, monkeypatch)
    git(work, "branch", "--move", "production")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(tmp_path / "remote"))
    git(work, "remote", "add", "origin", str(tmp_path / "remote"))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with world(tmp_path / "remote", work) as made:
        yield made


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Put back the environment: a pass sets what its git has to have."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def settings(fleet: World, tmp_path: Path) -> Path:
    """Return the driver's settings."""
    return fleet.settings(tmp_path / "driver" / "state")


def passed(settings: Path) -> Pass:
    return one_pass(Settings.load(settings))


def line(settings: Path) -> str:
    """Return what a pass that did not fail says of its one rollout."""
    done = passed(settings)
    assert done.failures == ()
    [story] = done.stories
    return story.line.removeprefix("indextts2 v24-beta: ")


def metrics(settings: Path) -> dict[str, float]:
    text = (Settings.load(settings).state / METRICS).read_text()
    return {
        series: float(value)
        for series, _, value in (row.rpartition(" ") for row in text.splitlines() if not row.startswith("#"))
    }


def revisions(fleet: World) -> str:
    return git(fleet.remote, "show", "production:hieradata/env/prod.yaml")


def test_where_there_is_no_rollout_nothing_happens(fleet: World, settings: Path) -> None:
    head = fleet.head
    assert passed(settings) == Pass((), ())
    assert fleet.head == head
    assert metrics(settings) == {
        "fleet_canary_driver_failed": 0,
        "fleet_canary_last_pass_time_seconds": NOW.timestamp(),
    }


def test_a_good_release_goes_all_the_way(
    fleet: World, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.begin()
    head = fleet.head
    assert line(settings) == "next: well for 600 s at 30 %; 100 % come next"
    assert git(fleet.remote, "log", "--format=%an%n%s", f"{head}..production").splitlines() == [
        "fleet canary",
        "Go on with the canary of indextts2 v24-beta at 100 %: 6 nodes",
    ]
    rollout = fleet.rollout
    assert rollout and (rollout.step, len(rollout.members), rollout.since) == (100, 6, NOW)

    assert line(settings).startswith("wait: not there yet: tts1")
    # the others had the old release before: it is they that the members are compared to
    later = NOW + timedelta(minutes=20)
    fleet.converge(NOW + timedelta(minutes=5))
    for node in fleet.nodes.values():
        node.reported = later
    monkeypatch.setattr(clock, "now", lambda: later)
    fleet.asked.clear()
    assert line(settings) == "promote: well for 600 s at 100 %, the last step"
    assert {at for _, at in fleet.asked} == {later.timestamp(), NOW.timestamp()}
    assert fleet.rollout is None
    assert "v24-beta" in revisions(fleet)
    assert passed(settings).stories == ()


def test_what_is_waited_for_changes_nothing(fleet: World, settings: Path) -> None:
    fleet.begin(gates=(100,))
    head = fleet.head
    assert line(settings) == "wait: well at 30 %; somebody has to approve 100 %"
    assert fleet.head == head
    names = 'service="indextts2",revision="v24-beta"'
    assert metrics(settings) == {
        f'fleet_canary_state{{{names},state="running"}}': 1,
        f"fleet_canary_step_percent{{{names}}}": 30,
        f"fleet_canary_members{{{names}}}": 2,
        f'fleet_canary_waiting{{{names},what="gate"}}': 1,
        'fleet_canary_blind{service="indextts2"}': 0,
        "fleet_canary_driver_failed": 0,
        "fleet_canary_last_pass_time_seconds": NOW.timestamp(),
    }


def test_who_approves_a_gate_moves_no_window(fleet: World, settings: Path) -> None:
    rollout = fleet.begin(gates=(100,))
    from dataclasses import replace

    from generator.canary import rollout_file

    # no node has run since
    fleet.write("Approve", **{COHORT: rollout_file.dump(replace(rollout, approved=(100,)))})
    assert line(settings).startswith("next")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "exits at start": (
        {"release": OLD, "failed": "it exited 3 times", "status": "failed"},
        f"release: tts2.example.org: {NEW} does not serve: it exited 3 times",
    ),
    "run failed": (
        {"status": "failed", "error": "Exec[x]: exited 1"},
        "run: tts2.example.org: its run failed: Exec[x]: exited 1",
    ),
    "no catalogue": (
        {"status": "failed", "code": None, "error": "Evaluation Error: x"},
        "catalogue: tts2.example.org: it got no catalogue: Evaluation Error: x",
    ),
    "cached": (
        {"cached": "on_failure"},
        "catalogue: tts2.example.org: it ran with the catalogue of an earlier run",
    ),
    "answers 500": (
        {"done": 360.0, "bad": 40.0},
        "errors: 40 of 800 jobs failed (5.0%), of the others' 0.0%; 2.0% more are allowed",
    ),
    "slow": ({"seconds": 6.0}, "latency: a job takes 4 s, 2.00 times the 2 s of the others (1.5 times is"),
    "restarts": ({"restarts": 1.02}, "restarts: its web UIs were restarted 1 times"),
    "eats memory": ({"memory": 9e9}, "memory: a web UI has 5722 MiB, 2.00 times the 2861 MiB of the others"),
    "silent": (
        {"reported": NOW - timedelta(minutes=95)},
        "silent: tts2.example.org last reported at",
    ),
    "old code": ({"code": "0" * 40}, "arrival: tts2.example.org does not serve v24-beta 7200 s after the st"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_release_is_taken_back_and_over_when_all_are_back(
    fleet: World, settings: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, reason = BAD[what]
    fleet.begin()
    before = revisions(fleet)
    for key, value in changed.items():
        setattr(fleet.nodes[name(2)], key, value)
    if what in ("exits at start",):
        fleet.nodes[name(2)].wanted = NEW
    assert line(settings).startswith(f"abort: {reason}")
    rollout = fleet.rollout
    assert rollout and rollout.state is State.ABORTED
    assert (rollout.members, rollout.taken_back) == ((), (name(1), name(2)))
    assert rollout.reason and rollout.reason.startswith(reason)
    check = reason.partition(":")[0]
    breach = [series for series in metrics(settings) if series.startswith("fleet_canary_breach")]
    assert [f'check="{check}",reason="{check}: ' in one for one in breach] == [True]

    assert line(settings) == f"wait: taken back, and not there yet: {name(1)}, {name(2)}"
    fresh = type(fleet.nodes[name(2)])(name(2), None)
    fleet.nodes[name(2)] = fresh
    fleet.converge(NOW + timedelta(minutes=1), name(1))
    assert line(settings) == f"wait: taken back, and not there yet: {name(2)}"
    fleet.converge(NOW + timedelta(minutes=1), name(2))
    assert line(settings) == "finish: all 2 that had v24-beta are back on their own"
    assert fleet.rollout is None and revisions(fleet) == before
    assert not [series for series in metrics(settings) if "breach" in series or "state" in series]


def test_a_breach_may_only_hold_it(fleet: World, settings: Path) -> None:
    fleet.begin(on_breach=Breach.HOLD)
    fleet.nodes[name(1)].seconds = 9.0
    assert line(settings).startswith("hold: latency: ")
    rollout = fleet.rollout
    assert rollout and rollout.state is State.HELD and len(rollout.members) == 2
    head = fleet.head
    assert line(settings).startswith("wait: held: latency: ")
    assert fleet.head == head


@pytest.mark.parametrize(
    ("away", "said"),
    [
        ({"prometheus"}, "answers 503 (away)"),
        ({"puppetdb"}, "PuppetDB at"),
        ({"prometheus", "puppetdb"}, "PuppetDB at"),
    ],
)
def test_who_does_not_answer_holds_it_in_place(
    fleet: World, settings: Path, away: set[str], said: str
) -> None:
    fleet.begin()
    fleet.nodes[name(1)].seconds = 9.0 if "prometheus" in away else 2.0
    head = fleet.head
    fleet.away = away
    found = line(settings)
    assert found.startswith("wait: ") and said in found
    assert metrics(settings)['fleet_canary_blind{service="indextts2"}'] == 1
    assert fleet.head == head
    fleet.away = set()
    fleet.nodes[name(1)].seconds = 2.0
    assert line(settings).startswith("next")


@pytest.mark.parametrize("changed", [{"told": False}, {"up": 0.4}, {"release": OLD}])
def test_a_member_without_numbers_is_waited_for(
    fleet: World, settings: Path, changed: dict[str, Any]
) -> None:
    fleet.begin()
    for key, value in changed.items():
        setattr(fleet.nodes[name(2)], key, value)
    if "release" in changed:
        fleet.nodes[name(2)].serves = NOW  # what its fact says is newer than what its textfile does
    found = line(settings)
    assert found.startswith(
        ("wait: Prometheus has nothing of tts2", "abort: arrival")[int("release" in changed)]
    )


def test_a_record_that_was_away_makes_nobody_silent(fleet: World, settings: Path) -> None:
    fleet.begin()
    fleet.gap = True
    for node in fleet.nodes.values():
        node.reported = NOW - timedelta(minutes=95)
    assert line(settings) == "wait: PuppetDB has no reports of a while, tts1.example.org's among them"
    fleet.gap = False
    assert line(settings).startswith("abort: silent")


def test_few_jobs_are_looked_for_since_the_step(fleet: World, settings: Path) -> None:
    fleet.begin()
    for number in (1, 2):
        fleet.nodes[name(number)].done = 5.0
    assert line(settings) == "wait: 10 of 20 jobs that it takes to judge"
    spans = {part.split("s]")[0] for query, _ in fleet.asked for part in query.split("[")[1:]}
    assert spans == {"600", "6000"}


def test_jobs_that_do_not_tell_are_looked_at_since_the_step(fleet: World, settings: Path) -> None:
    fleet.begin()
    fleet.nodes[name(1)].done, fleet.nodes[name(1)].bad = 38.0, 2.0
    fleet.nodes[name(2)].done = 0.0
    assert line(settings).startswith("wait: 2 of 40 jobs failed (5.0%), of the others' 0.0%; 2.0% more are")
    assert {query.split("s]")[0].split("[")[1] for query, _ in fleet.asked if "[" in query} == {"600", "6000"}


def test_a_node_that_an_operator_gave_a_line_of_its_own_is_not_waited_for(
    fleet: World, settings: Path
) -> None:
    fleet.begin()
    fleet.write("Own", **{f"hieradata/nodes/{name(2)}.yaml": "---\nindextts2::revision: v22\n"})
    fleet.nodes[name(2)].release = fleet.nodes[name(2)].wanted = "v22-830f6f8"
    assert line(settings).startswith("next")


def test_a_node_that_left_the_fleet_is_back(fleet: World, settings: Path) -> None:
    fleet.begin(ROLLOUT.aborted("errors: many", NOW - timedelta(minutes=30)))
    del fleet.nodes[name(2)]
    assert line(settings).startswith("finish")


def test_a_file_that_is_broken_is_a_failure_and_stops_no_other(fleet: World, settings: Path) -> None:
    fleet.begin()
    fleet.write("Break", **{"hieradata/cohorts/asr.yaml": "steps: [\n"})
    done = passed(settings)
    assert len(done.failures) == 1 and "hieradata/cohorts/asr.yaml:" in done.failures[0]
    assert [story.line.split(": ")[1] for story in done.stories] == ["next"]
    assert metrics(settings)["fleet_canary_driver_failed"] == 1


def hook(remote: Path, kind: str, script: str) -> Path:
    path = remote / "hooks" / kind
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def clean(settings: Path, fleet: World) -> None:
    """The clone has what the remote has, and nothing else."""
    clone = Settings.load(settings).state / CLONE
    assert git(clone, "rev-parse", "HEAD").strip() == fleet.head
    assert git(clone, "status", "--porcelain", "--ignored") == ""


def test_a_remote_that_refuses_is_a_failure_and_leaves_nothing(fleet: World, settings: Path) -> None:
    fleet.begin()
    head = fleet.head
    refusing = hook(fleet.remote, "pre-receive", "echo no pushes today >&2; exit 1")
    done = passed(settings)
    assert len(done.failures) == 1
    assert "the commit was not taken, and is thrown away" in done.failures[0]
    assert "no pushes today" in done.failures[0]
    assert metrics(settings)["fleet_canary_driver_failed"] == 1
    # it is told as it stands, and not as it would have
    assert metrics(settings)['fleet_canary_step_percent{service="indextts2",revision="v24-beta"}'] == 30
    assert fleet.head == head
    clean(settings, fleet)
    refusing.unlink()
    assert line(settings).startswith("next")
    assert metrics(settings)["fleet_canary_driver_failed"] == 0


def test_an_operator_who_is_quicker_wins(
    fleet: World, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = fleet.begin()
    from generator.canary import moves, rollout_file

    real = moves.commit

    def between(root: Path, move: moves.Move) -> str:
        held = rollout.held("I look at it", NOW)
        fleet.write("Hold", **{COHORT: rollout_file.dump(held)})
        return real(root, move)

    monkeypatch.setattr(moves, "commit", between)
    done = passed(settings)
    assert len(done.failures) == 1 and "fetch first" in done.failures[0]
    now = fleet.rollout
    assert now and now.state is State.HELD
    monkeypatch.setattr(moves, "commit", real)
    assert line(settings) == "wait: held: I look at it"
    clean(settings, fleet)


def test_the_remote_is_away_and_what_was_known_is_still_told(fleet: World, settings: Path) -> None:
    fleet.begin(gates=(100,))
    passed(settings)
    moved = fleet.remote.rename(fleet.remote.with_name("away"))
    done = passed(settings)
    assert len(done.failures) == 1 and "git fetch" in done.failures[0]
    found = metrics(settings)
    assert found["fleet_canary_driver_failed"] == 1
    assert found['fleet_canary_state{service="indextts2",revision="v24-beta",state="running"}'] == 1
    moved.rename(fleet.remote)
    assert line(settings).startswith("wait: well at 30 %")


@pytest.mark.parametrize("broken", [".git/index", ".git/HEAD", ".git/config", ".git/objects"])
def test_a_clone_that_git_does_not_understand_is_made_anew(fleet: World, settings: Path, broken: str) -> None:
    fleet.begin(gates=(100,))
    passed(settings)
    path = Settings.load(settings).state / CLONE / broken
    if path.is_dir():
        subprocess.run(["rm", "-r", str(path)], check=True)
    else:
        path.write_bytes(b"\0\0no\0")
    assert line(settings).startswith("wait: well at 30 %")
    clean(settings, fleet)


def test_locks_of_a_git_that_was_killed_are_no_hindrance(fleet: World, settings: Path) -> None:
    fleet.begin()
    passed(settings)
    clone = Settings.load(settings).state / CLONE
    (clone / "hieradata/env/prod.yaml").write_text("half-writt")
    for lock in ("index.lock", "HEAD.lock", "config.lock", "refs/remotes/origin/production.lock"):
        (clone / ".git" / lock).touch()
    before = (clone / ".git").stat().st_ino
    fleet.converge(NOW)
    assert line(settings).startswith("wait: well for 0 of 600 s at 100 %")
    assert (clone / ".git").stat().st_ino == before, "it is not made anew for that"
    clean(settings, fleet)


def test_a_history_that_was_written_anew_is_followed(fleet: World, settings: Path) -> None:
    fleet.begin(gates=(100,))
    passed(settings)
    git(fleet.work, "commit", "--quiet", "--amend", "--message=Start, said better")
    git(fleet.work, "push", "--quiet", "--force", "origin", "HEAD:production")
    fleet.converge(NOW - timedelta(minutes=99))
    assert line(settings).startswith("wait: well at 30 %")
    clean(settings, fleet)


def test_hooks_of_the_machine_do_not_run_and_nobody_is_asked(fleet: World, settings: Path) -> None:
    fleet.begin()
    passed(settings)
    clone = Settings.load(settings).state / CLONE
    (clone / ".git/hooks").mkdir(exist_ok=True)
    for kind in ("post-checkout", "pre-commit", "pre-push"):
        hook(clone / ".git", kind, f"touch {clone.parent}/hooked")
    fleet.converge(NOW)
    passed(settings)
    assert not (clone.parent / "hooked").exists()
    assert os.environ["GIT_TERMINAL_PROMPT"] == "0"


# --- processes ---------------------------------------------------------------------------------------------

#: A git that counts its calls, and has its caller killed before or after one of them.
WRAPPER = """#!/bin/bash
count=$(($(cat "$COUNT") + 1)); echo "$count" > "$COUNT"
if [ "$count" = "$AT" ] && [ "$WHEN" = before ]; then kill -9 "$PPID"; exit 1; fi
/usr/bin/git "$@"; status=$?
if [ "$count" = "$AT" ]; then kill -9 "$PPID"; fi
exit $status
"""


class Driver:
    """The driver as a process, whose git is the wrapper."""

    def __init__(self, settings: Path, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        folder.mkdir()
        (folder / "git").write_text(WRAPPER)
        (folder / "git").chmod(0o755)

    def start(self, at: int = 0, when: str = "") -> subprocess.Popen[str]:
        """Begin a pass, to be killed at a call of git's."""
        (self.folder / "count").write_text("0")
        path = f"{REPOSITORY}:{REPOSITORY}/modules/weights/files"
        return subprocess.Popen(
            [sys.executable, "-m", "generator.cli", "canary", "run", "--settings", str(self.settings)],
            env={
                "PATH": f"{self.folder}:/usr/bin:/bin",
                "PYTHONPATH": path,
                "COUNT": str(self.folder / "count"),
                "AT": str(at),
                "WHEN": when,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, at: int = 0, when: str = "") -> tuple[int, str]:
        """Make a pass; return its exit code, and what it prints."""
        process = self.start(at, when)
        out, err = process.communicate(timeout=60)
        return process.returncode, out + err

    @property
    def calls(self) -> int:
        """How often git was called."""
        return int((self.folder / "count").read_text())


@pytest.fixture
def driver(settings: Path, tmp_path: Path) -> Driver:
    """Return the driver as a process."""
    return Driver(settings, tmp_path / "bin")


def reset(fleet: World, commit: str) -> None:
    """Have the remote be as it was."""
    git(fleet.remote, "update-ref", "refs/heads/production", commit)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_driver_that_is_killed_at_any_point_goes_on(
    fleet: World, settings: Path, driver: Driver, when: str
) -> None:
    fleet.begin()
    begun = fleet.head
    code, said = driver.run()
    assert (code, said.split(": ")[1]) == (0, "next"), said
    calls, wanted = driver.calls, fleet.rollout
    assert calls > 8 and wanted and wanted.step == 100
    killed = 0
    for at in range(1, calls + 1):
        reset(fleet, begun)
        shutil.rmtree(Settings.load(settings).state)
        code, said = driver.run(at, when)
        killed += code == -signal.SIGKILL
        taken = fleet.head != begun
        # whether its push had arrived or not: one commit more, or none
        assert len(git(fleet.remote, "rev-list", f"{begun}..production").splitlines()) in (0, 1), at
        code, said = driver.run()
        assert code == 0, (at, said)
        assert said.split(": ")[1] == ("wait" if taken else "next"), (at, said)
        clean(settings, fleet)
        now = fleet.rollout
        assert now and (now.step, now.members) == (wanted.step, wanted.members)
        assert len(git(fleet.remote, "rev-list", f"{begun}..production").splitlines()) == 1
    assert killed == calls


def test_of_two_drivers_one_works_and_the_other_says_so(fleet: World, driver: Driver, settings: Path) -> None:
    fleet.begin()
    head = fleet.head
    hook(fleet.remote, "pre-receive", "sleep 2")
    first = driver.start()
    lock = Settings.load(settings).state
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with locked(lock):
                time.sleep(0.01)
        except (Busy, FileNotFoundError) as error:
            if isinstance(error, Busy):
                break
    code, said = Driver(settings, driver.folder.with_name("bin2")).run()
    assert (code, said) == (0, "another driver is at work: nothing to do\n")
    out, err = first.communicate(timeout=60)
    assert (first.returncode, err) == (0, ""), out
    assert len(git(fleet.remote, "rev-list", f"{head}..production").splitlines()) == 1


def test_two_drivers_on_two_machines_do_no_more_than_one(fleet: World, tmp_path: Path) -> None:
    fleet.begin()
    head = fleet.head
    hook(fleet.remote, "pre-receive", "sleep 1")
    drivers = [
        Driver(fleet.settings(tmp_path / machine / "state"), tmp_path / f"bin-{machine}")
        for machine in ("one", "other")
    ]
    processes = [driver.start() for driver in drivers]
    said = ["".join(process.communicate(timeout=60)) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes in ([0, 0], [0, 1]), said
    assert len(git(fleet.remote, "rev-list", f"{head}..production").splitlines()) == 1
    for driver in drivers:
        code, text = driver.run()
        assert (code, text.split(": ")[1]) == (0, "wait"), text
