"""What a load came to."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.load.gradio import Heartbeats
from tests.load.job import Job


@dataclass(frozen=True)
class Result:
    """Every job of a load, in the order of their ends; ``seconds`` is how long clients were told to keep asking."""

    jobs: Sequence[Job]
    seconds: float
    heartbeats: Heartbeats

    @property
    def sent(self) -> int:
        """How many jobs were sent; each one ended, served or failed."""
        return len(self.jobs)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(job.reason is not None for job in self.jobs)

    @property
    def served(self) -> list[Job]:
        """Those whose audio came."""
        return [job for job in self.jobs if job.reason is None]

    def failures(self) -> list[dict[str, object]]:
        """Group the failures by phase and reason, the most frequent first."""
        counted = Counter((job.failed_in, job.reason) for job in self.jobs if job.reason is not None)
        return [
            {"phase": phase, "reason": reason, "count": count}
            for (phase, reason), count in counted.most_common()
        ]

    def longest_gap(self) -> float:
        """Seconds of the longest time in which no job was served, while clients asked."""
        over = max([self.seconds, *(job.ended for job in self.jobs)])
        times = sorted([0.0, *(job.ended for job in self.served), over])
        return max(after - before for before, after in itertools.pairwise(times))

    def latencies(self, begin: float, end: float) -> list[float]:
        """Seconds of each job that was served and under way at some time from ``begin`` to ``end``."""
        return [job.latency for job in self.served if job.began <= end and job.ended >= begin]

    def latency(self) -> dict[str, float]:
        """Median, 99th percentile and maximum of the seconds that jobs took; empty where none was served."""
        return spread([job.latency for job in self.served])

    def data(self) -> dict[str, object]:
        """Sum up as JSON data, without the single jobs."""
        return {
            "seconds": round(self.seconds, 3),
            "sent": self.sent,
            "failed": self.failed,
            "failures": self.failures(),
            "latency_s": self.latency(),
            "longest_gap_s": round(self.longest_gap(), 3),
            "heartbeats": asdict(self.heartbeats),
        }

    def timeline(self) -> list[dict[str, object]]:
        """Give each job as JSON data."""
        return [job.data() for job in self.jobs]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile (the value that 99 of 100 do not exceed) and maximum; empty for none.

    >>> spread([1.0, 2.0, 9.0])
    {'median': 2.0, 'p99': 9.0, 'max': 9.0}
    """
    if not seconds:
        return {}
    ordered = sorted(seconds)
    p99 = ordered[math.ceil(0.99 * len(ordered)) - 1]
    return {
        "median": round(statistics.median(ordered), 4),
        "p99": round(p99, 4),
        "max": round(ordered[-1], 4),
    }
