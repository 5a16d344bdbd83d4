"""The fact ``nvidia``: what it costs an agent's run where there is no card, and where there are eight.

The machines are stand-ins (tests/facts-nvidia), and so is the nvidia-smi of the eight cards, which answers at once: the real one
takes as long as the driver does, 5 s at most.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def measure() -> dict[str, float]:
    """Milliseconds of the fact, its code read anew, without the start of Ruby and Facter."""
    command: list[str | Path] = ["ruby", "-I", ROOT / "tests" / "module", ROOT / "tests" / "bench" / "gpu.rb"]
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return {"gpu.fact_none_ms": told["none"], "gpu.fact_ms": told["eight"]}
