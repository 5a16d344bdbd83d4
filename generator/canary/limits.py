"""What a rollout has to stay within, and when it rests; docs/CANARY.md says where the numbers are from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock_time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Limits:
    """The limits of a rollout; None where a check is not made.

    ``error_ratio`` is by how much the failed share of the cohort's jobs may exceed that of the others,
    ``min_jobs`` how many jobs it takes to say so, and ``certainty`` how sure of it a breach has to be, in
    standard deviations. ``latency_ratio`` and ``memory_ratio`` are how many times the others' the cohort's
    may be. Jobs of a tenth of a second differ by half for nothing: a ratio of theirs counts where they take
    more than ``latency_least`` seconds more. ``latency`` (seconds) holds where there is nobody to compare
    with, too. ``restarts`` are those of all members' web UIs in a window. A node is silent after
    ``silent_runs`` of its own intervals; to arrive it has ``deploy`` seconds more. ``lost_ratio`` is which
    part of the members may have failed, be silent, or be without numbers, and count as nothing.
    """

    error_ratio: float | None = 0.02
    min_jobs: int = 20
    certainty: float = 2.33
    latency_ratio: float | None = 1.5
    latency_least: float = 0.2
    latency: float | None = None
    restarts: int | None = 0
    memory_ratio: float | None = 1.3
    silent_runs: int = 3
    deploy: int = 600
    lost_ratio: float = 0.0

    def lost(self, nodes: int) -> int:
        """Return how many of so many nodes may be lost."""
        return int(nodes * self.lost_ratio)


@dataclass(frozen=True)
class Freeze:
    """A while in which no rollout goes on; ``days`` are those on which it begins.

    As ``nvidia::reboot`` has it: one that ends before it begins goes over midnight, and one that ends when it
    begins is all day.
    """

    start: clock_time
    end: clock_time
    days: tuple[str, ...] = DAYS

    def covers(self, now: datetime) -> bool:
        """Whether it is on, by the clock that ``now`` has."""
        at = now.time().replace(tzinfo=None)
        today, yesterday = DAYS[now.weekday()], DAYS[(now - timedelta(days=1)).weekday()]
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        return (today in self.days and at >= self.start) or (yesterday in self.days and at < self.end)

    def __str__(self) -> str:
        days = "" if self.days == DAYS else f" on {', '.join(self.days)}"
        return f"{self.start:%H:%M} to {self.end:%H:%M}{days}"
