"""Measuring whole commands, as their caller feels them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """What a command cost: wall time in seconds, peak memory of its process in MB."""

    seconds: float
    peak_mb: float


def spent(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, codes: Collection[int] = (0,)
) -> Spent:
    """Run ``command`` once, which must exit with one of ``codes``; the peak is no less than this process is now."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in codes, f"{command} exited {process.returncode}"
    return Spent(seconds, usage.ru_maxrss / 1024)


def in_turn(runs: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Take each measure ``runs`` times, in turn, so that a machine that slows down slows all of them."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(runs):
        for index, measure in enumerate(measures):
            taken[index].append(measure())
    return taken


median = statistics.median
