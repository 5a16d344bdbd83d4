"""Jobs that run side by side, and the table that sums them up."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generator.progress import say


@dataclass(frozen=True)
class Outcome:
    """What a job found: is it well, what it printed, and how much it looked at (files, tests)."""

    ok: bool
    output: str
    size: int = 0


@dataclass(frozen=True)
class Job:
    """A piece of work that may run beside others; ``work`` is called in a thread and must not raise."""

    name: str
    work: Callable[[], Outcome]


@dataclass(frozen=True)
class Result:
    """A job that has run, with its wall time in seconds."""

    job: Job
    outcome: Outcome
    seconds: float


def call(command: Sequence[str | Path], root: Path, *, aloud: bool = False) -> Outcome:
    """Run a program in ``root`` with nobody to ask; it is well when it exits 0.

    ``aloud`` prints each line of its output also as it comes.
    """
    lines = []
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if aloud:
                print(line, end="", flush=True)
    return Outcome(process.returncode == 0, "".join(lines))


def run_side_by_side(jobs: Iterable[Job], workers: int) -> list[Result]:
    """Run ``jobs``, at most ``workers`` at a time; the results come in the order of the jobs."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(_run, jobs))


def _run(job: Job) -> Result:
    started = time.monotonic()
    outcome = job.work()
    seconds = time.monotonic() - started
    say(f"  {'✓' if outcome.ok else '✗'} {job.name} ({seconds:.1f} s)")
    return Result(job, outcome, seconds)


def table(results: Sequence[Result], unit: str) -> str:
    """Sum ``results`` up, one line each; ``unit`` is what their sizes count."""
    width = max([len(result.job.name) for result in results] + [4])
    lines = [f"{'':{width}}  {unit:>8}  {'seconds':>8}"]
    for result in results:
        verdict = "ok" if result.outcome.ok else "FAILED"
        lines.append(f"{result.job.name:{width}}  {result.outcome.size:8}  {result.seconds:8.1f}  {verdict}")
    return "\n".join(lines)


def complaints(results: Sequence[Result]) -> str:
    """What the jobs that failed have printed, each below its name."""
    failed = [result for result in results if not result.outcome.ok]
    return "\n\n".join(f"── {result.job.name} ──\n{result.outcome.output.strip()}" for result in failed)
