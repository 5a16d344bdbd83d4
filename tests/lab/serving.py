"""What tests share in which a node serves clients that keep asking."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.lab import AgentRun
    from tests.lab.conftest import Fleet
    from tests.load import Load

#: The node that is this program's alone, where others work on the same lab: it is up, and stays up.
LANE = os.environ.get("FLEET_LAB_NODE")
NODE = LANE or "tts1"
REVISION = "indextts2::revision"
#: The machine of the lab, as nodes see it, and where they have their weights.
HOST = "10.77.0.1"
CACHE = "/opt/indextts2/cache_hub"
CLIENTS, PAUSE = 10, 1.0
#: Seconds for a job; a session whose stream was cut can hang for ever in Gradio itself.
PATIENCE = 90.0
#: A release has to speak before it serves.
SMOKE: dict[str, object] = {"smoke_text": "你好，世界"}
SWITCHING = "systemctl show --property=ActiveState --value releases@indextts2.service | grep -qx activating"


def wait_for(fleet: Fleet, load: Load, jobs: int) -> None:
    """Wait until ``jobs`` more jobs are served."""
    goal = load.served + jobs
    fleet.until(lambda: load.served >= goal, 120, f"{jobs} more jobs are served")


def status(fleet: Fleet) -> dict[str, Any]:
    """What the node says of its releases."""
    found: dict[str, Any] = json.loads(fleet.sh(NODE, "releases indextts2 status --json"))["indextts2"]
    return found


def serving_unit(fleet: Fleet) -> str:
    """The unit of the web UI that serves."""
    (card,) = status(fleet)["cards"].values()
    return str(card["unit"])


def serving_process(fleet: Fleet) -> str:
    """The process of the web UI that serves."""
    return fleet.sh(NODE, f"systemctl show --property=MainPID --value '{serving_unit(fleet)}'")


def fails(fleet: Fleet) -> str:
    """Run the agent, which must fail; what it printed."""
    run = fleet.lab.agent(NODE)
    assert run.code in (4, 6), run.output
    return run.output


def finishes(fleet: Fleet) -> None:
    """Run the agent, which must end what was begun, until there is nothing left to do."""
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2), run.output
    if run.code:
        fleet.converge(NODE, changes=False)


def while_switching(fleet: Fleet, do: Callable[[], object]) -> AgentRun:
    """Run the agent, and ``do`` something as soon as the switch goes on."""

    def wait_and_do() -> None:
        fleet.wait(NODE, SWITCHING, 120)
        do()

    return while_running(fleet, wait_and_do)


def while_running(fleet: Fleet, do: Callable[[], object]) -> AgentRun:
    """Run the agent, and ``do`` something meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(fleet.lab.agent, NODE)
        do()
        return run.result()
