"""The power is cut in each phase of a switch: the node serves again when it boots, and the next run finishes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import CLIENTS, NODE, finishes, wait_for, while_running

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

SLOW_MOTION = Path(__file__).with_name("slow_motion.py").read_text()
PHASES = {
    "hold": (
        "prepared",
        "draining",
        "old stopping",
        "old stopped",
        "new starting",
        "new ready",
        "not settled",
        "clearing",
    ),
    "overlap": ("prepared", "new starting", "new ready", "not settled", "clearing"),
}


@pytest.mark.parametrize(
    ("handover", "phase"),
    [
        pytest.param(
            handover, phase, marks=[] if (handover, phase) == ("hold", "old stopped") else pytest.mark.faults
        )
        for handover, phases in PHASES.items()
        for phase in phases
    ],
)
def test_power_that_is_cut_in_a_switch_comes_back_to_a_node_that_serves(
    fleet: Fleet, load: Load, handover: str, phase: str, old: str, new: str
) -> None:
    fleet.serve(new, handover=handover)

    def cut_power_in_phase() -> None:
        fleet.lab.exec(NODE, ["python3", "-c", SLOW_MOTION, phase])
        fleet.lab.cut_power(NODE)

    run = while_running(fleet, cut_power_in_phase)
    assert run.code not in (0, 2), run.output
    fleet.lab.restore_power(NODE)
    fleet.wait(NODE, "curl --silent --fail --max-time 5 http://127.0.0.1:7860/config", 60)
    assert fleet.release(NODE) in (old, new)
    back = load.now

    finishes(fleet)
    assert fleet.release(NODE) == new
    wait_for(fleet, load, 2 * CLIENTS)
    assert [job for job in load.stop().jobs if job.reason and job.began > back] == []
