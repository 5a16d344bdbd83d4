"""What `releases` remembers is lost, damaged, or of a day to come: nothing is interrupted, and the next run is clean."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import CLIENTS, NODE, fails, finishes, serving_process, status, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

STATE = "/var/lib/releases/indextts2.json"
#: Adds a year to all times in the state file: to the node, its clock went back by one.
A_YEAR_ON = r"""
import re, sys
from pathlib import Path
state = Path(sys.argv[1])
later = re.sub(r'"(at|since)": ([\d.]+)', lambda m: f'"{m[1]}": {float(m[2]) + 31536000}', state.read_text())
state.write_text(later)
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(f"head -c 300 /dev/urandom > {STATE}", id="rubbish"),
        pytest.param(f"rm {STATE}", id="deleted"),
    ],
)
def test_a_state_that_is_lost_is_told_from_what_runs(fleet: Fleet, load: Load, damage: str) -> None:
    process = serving_process(fleet)
    fleet.sh(NODE, damage)
    assert status(fleet)["wanted"] is None

    fleet.converge(NODE)

    (card,) = status(fleet)["cards"].values()
    assert card["id"] == status(fleet)["wanted"]
    assert serving_process(fleet) == process, "nothing was started anew for it"
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def test_a_failure_of_a_day_to_come_does_not_hold_for_ever(fleet: Fleet, load: Load) -> None:
    hold = 60
    fleet.on_node(NODE, {"indextts2::extra_args": ["--nonsense"], "indextts2::retry_after": hold})
    fails(fleet)
    fleet.lab.exec(NODE, ["python3", "-c", A_YEAR_ON, STATE])
    future = status(fleet)["failed"]["at"]
    assert future > time.time() + 30_000_000

    fails(fleet)
    noticed = status(fleet)["failed"]["at"]
    assert noticed <= time.time(), "it counts from now"

    time.sleep(hold)
    fails(fleet)
    assert status(fleet)["failed"]["at"] >= noticed + hold, "it was tried again"
    fleet.on_node(NODE, None)
    finishes(fleet)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
