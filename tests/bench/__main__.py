"""``make bench``: measure, print a table, and write build/bench.json."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from generator.errors import FleetError
from generator.lab import Lab
from generator.progress import say, step
from tests.bench import (
    agent,
    canary_back,
    canary_plan,
    canary_simulation,
    capacity,
    converge,
    diff,
    front,
    gateway,
    gpu,
    lego,
    recover,
    release,
    render,
    status,
    switch,
    validate,
    weights,
)

RESULTS = Path(__file__).parents[2] / "build" / "bench.json"

#: The prefixes of what each measures, and how.
BENCHES: dict[str, Callable[[], dict[str, float]]] = {
    "render": render.measure,
    "validate explain": validate.measure,
    "lego": lego.measure,
    "canary.plan": canary_plan.measure,
    "canary.sim": canary_simulation.measure,
    "diff": diff.measure,
    "gpu": gpu.measure,
    "weights": weights.measure,
    "status drift exporter puppetboard": status.measure,
    "lab": converge.measure,
    "agent compile": agent.measure,
    "capacity": capacity.measure,
    "front": front.measure,
    "recover": recover.measure,
    "release": release.measure,
    "switch": switch.measure,
    "gateway": gateway.measure,
    "canary.taken_back canary.hit": canary_back.measure,
}


def main(wanted: list[str]) -> None:
    """Measure all, or what has one of the names or prefixes ``wanted``."""
    lab = Lab()
    mine = not lab.status()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    try:
        for names, measure in BENCHES.items():
            if not wanted or any(w.startswith(p) or p.startswith(w) for p in names.split() for w in wanted):
                with step(f"measure {names}"):
                    results |= measure()
                _write(results)
    finally:
        if mine and lab.status():
            lab.down()
    say(f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}")
    for name, value in sorted(results.items()):
        if not wanted or any(name.startswith(prefix) for prefix in wanted):
            print(f"{name:28} {value:10.3f}")


def _write(results: dict[str, float]) -> None:
    """Write what is known so far: a bench that fails later loses nothing."""
    RESULTS.parent.mkdir(exist_ok=True)
    beside = RESULTS.with_suffix(".new")
    beside.write_text(json.dumps(dict(sorted(results.items())), indent=2) + "\n")
    beside.rename(RESULTS)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except FleetError as error:
        sys.exit(str(error))
