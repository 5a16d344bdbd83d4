"""What the program ``metrics`` tells of real cards, held against what nvidia-smi lists: `make test-gpu`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.unit.nvidia.exposition import read

METRICS = Path(__file__).parents[2] / "modules" / "nvidia" / "files" / "metrics.py"


def test_it_tells_of_each_card_that_nvidia_smi_lists(tmp_path: Path) -> None:
    file = tmp_path / "cards.prom"
    done = subprocess.run(
        [sys.executable, "-IS", METRICS, file], check=True, stderr=subprocess.PIPE, text=True
    )
    assert done.stderr == ""
    found = read(file.read_text(encoding="utf-8"))
    assert found["nvidia_cards_up", ()] == 1
    listed = subprocess.run(["nvidia-smi", "-L"], check=True, stdout=subprocess.PIPE, text=True).stdout
    told = [dict(labels) for name, labels in found if name == "nvidia_card_temperature_celsius"]
    assert [f"GPU {card['index']}: {card['name']} (UUID: {card['uuid']})" for card in told] == [
        line for line in listed.splitlines() if line.startswith("GPU ")
    ]
    # of a partitioned or integrated card not all is told, but no value is told in another unit
    for (name, _), value in found.items():
        if name == "nvidia_card_memory_total_bytes":
            assert value > 2**30
        if name == "nvidia_card_utilization_ratio":
            assert 0 <= value <= 1
