"""``fleet validate`` and ``fleet explain``: whole processes, on this repository and on a made-up fleet."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import fleet_data
from tests.bench.measure import Spent, median, spent

FLEET = Path(sys.executable).with_name("fleet")
NODES, LAYERS, KEYS = 5000, 12, 200
RUNS = 3


def measure() -> dict[str, float]:
    """Time and memory of both on 5,000 nodes, and time of a tenth of them."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        [node, *_] = fleet_data.make(large, NODES, LAYERS, KEYS)
        fleet_data.make(small, NODES // 10, LAYERS, KEYS)
        validate_large, validate_small = (
            _runs("validate", "--root", large),
            _runs("validate", "--root", small),
        )
        explain = _runs("explain", "--root", large, node, "load::key_008")
    return {
        "validate.fleet_s": median(run.seconds for run in validate_large),
        "validate.fleet_mb": max(run.peak_mb for run in validate_large),
        "validate.tenth_s": median(run.seconds for run in validate_small),
        "validate.repository_s": median(run.seconds for run in _runs("validate")),
        "explain.fleet_s": median(run.seconds for run in explain),
        "explain.fleet_mb": max(run.peak_mb for run in explain),
    }


def _runs(*command: str | Path) -> list[Spent]:
    """Run ``fleet`` once for the caches, and then a few times."""
    return [spent([FLEET, *command]) for _ in range(RUNS + 1)][1:]
