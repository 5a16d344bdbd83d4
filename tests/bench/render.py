"""``fleet render``: the whole process, from nothing but a warm disk."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.measure import median, spent

FLEET = Path(sys.executable).with_name("fleet")
RUNS = 7


def measure() -> dict[str, float]:
    """Time and memory of a render that finds nothing to change."""
    runs = [spent([FLEET, "render"]) for _ in range(RUNS)]
    return {
        "render.cold_s": median(run.seconds for run in runs),
        "render.peak_mb": median(run.peak_mb for run in runs),
    }
