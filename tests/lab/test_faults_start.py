"""A release that does not start: the old one serves on, and the run says which, why, and what its log said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.lab.serving import CLIENTS, NODE, SMOKE, fails, finishes, serving_process, status, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")


class Fault(NamedTuple):
    """How a release is made not to start, why that is said to be, and what its log says."""

    data: dict[str, object]
    reason: str
    log: str


#: Seconds that a release gets to be ready: more than the old one needs to load again.
READY = 20
FAULTS = {
    "exits": Fault(
        {"extra_args": ["--nonsense"]},
        "exited with status 2 before it was ready",
        "unrecognized arguments: --nonsense",
    ),
    "hangs": Fault(
        {"environment": {"STANDIN_FAULT": "hang"}, "ready_timeout": READY},
        f"was not ready within {READY} s",
        "the fault 'hang' was asked for",
    ),
    "answers 500": Fault(
        {"environment": {"STANDIN_FAULT": "error"}, "ready_timeout": READY},
        f"was not ready within {READY} s",
        '"GET /config HTTP/1.1" 500',
    ),
    "makes no audio": Fault(
        {"environment": {"STANDIN_FAULT": "mute"}, **SMOKE},
        "smoke request: the page says: the fault 'mute' was asked for",
        "the fault 'mute' was asked for",
    ),
}


@pytest.mark.parametrize(
    ("fault", "handover"),
    [
        pytest.param(
            fault, handover, marks=[] if (fault, handover) == ("exits", "hold") else pytest.mark.faults
        )
        for fault in FAULTS
        for handover in ("hold", "overlap")
    ],
)
def test_a_release_that_does_not_start_leaves_the_old_one_serving(
    fleet: Fleet, load: Load, fault: str, handover: str, old: str, new: str
) -> None:
    data, reason, log = FAULTS[fault]
    fleet.serve(new, handover=handover, **data)
    output = fails(fleet)
    failed = status(fleet)["failed"]
    assert failed["id"].startswith(f"{new}-")
    assert f"indextts2: {failed['id']}: {reason}; {old}-" in output, output
    assert log in output, output
    assert fleet.release(NODE) == old
    process = serving_process(fleet)

    again = fails(fleet)
    assert f"{failed['id']}: {reason}" in again and log in again, again
    assert serving_process(fleet) == process, "a failure that is remembered costs no second interruption"
    assert status(fleet)["failed"] == failed, "and is not tried again"

    fleet.serve(old)
    finishes(fleet)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
