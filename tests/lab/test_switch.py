"""A node goes over to another release, or does not, while clients keep asking: none of their jobs is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.load import Load, browser
from tests.load.wav import silence

if TYPE_CHECKING:
    from generator.lab import AgentRun
    from tests.lab.conftest import Fleet

NODE = "tts1"
CLIENTS, PAUSE = 10, 1.0
#: Seconds for a job; a session whose stream was cut can hang for ever in Gradio itself.
PATIENCE = 90.0
SWITCHING = "systemctl show --property=ActiveState --value releases@indextts2.service | grep -qx activating"


@pytest.fixture(autouse=True)
def back_to_v23(fleet: Fleet) -> Iterator[None]:
    """Begin and end with a node that serves v23."""
    yield
    fleet.on_node(NODE, None)
    fleet.serve("v23")
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2), run.output
    assert fleet.release(NODE) == "v23"


@pytest.fixture
def load(fleet: Fleet) -> Iterator[Load]:
    """Clients that keep asking, each of which has had an answer."""
    with Load(browser(f"http://{fleet.lab.address(NODE)}:7860", silence()), PAUSE, PATIENCE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        yield load


def wait_for(fleet: Fleet, load: Load, jobs: int) -> None:
    """Wait until ``jobs`` more jobs are served."""
    goal = load.served + jobs
    fleet.until(lambda: load.served >= goal, 120, f"{jobs} more jobs are served")


def status(fleet: Fleet) -> dict[str, Any]:
    """What the node says of its releases."""
    found: dict[str, Any] = json.loads(fleet.sh(NODE, "releases indextts2 status --json"))["indextts2"]
    return found


def while_switching(fleet: Fleet, do: Callable[[], object]) -> AgentRun:
    """Run the agent, and ``do`` something as soon as the switch goes on."""
    with ThreadPoolExecutor(1) as pool:
        run: Future[AgentRun] = pool.submit(fleet.lab.agent, NODE)
        fleet.wait(NODE, SWITCHING, 120)
        do()
        return run.result()


@pytest.mark.parametrize("handover", ["hold", "overlap"])
def test_no_job_is_lost_on_the_way_to_another_release(fleet: Fleet, load: Load, handover: str) -> None:
    fleet.serve("v24-beta", handover=handover)
    fleet.converge(NODE)
    wait_for(fleet, load, CLIENTS)
    result = load.stop()
    assert result.failures() == []
    assert fleet.release(NODE) == "v24-beta"
    assert [card["release"][:8] for card in status(fleet)["cards"].values()] == ["v24-beta"]


@pytest.mark.parametrize("handover", ["hold", pytest.param("overlap", marks=pytest.mark.faults)])
def test_a_release_that_does_not_start_leaves_the_old_one_serving(
    fleet: Fleet, load: Load, handover: str
) -> None:
    fleet.on_node(NODE, {"indextts2::extra_args": ["--nonsense"], "indextts2::handover": handover})
    run = fleet.lab.agent(NODE)
    assert run.code in (4, 6), run.output
    assert "unrecognized arguments: --nonsense" in run.output
    assert fleet.release(NODE) == "v23"
    process = serving_process(fleet)

    again = fleet.lab.agent(NODE)
    assert again.code in (4, 6), again.output
    assert "unrecognized arguments: --nonsense" in again.output
    assert serving_process(fleet) == process, "a failure that is remembered costs no second interruption"

    fleet.on_node(NODE, None)
    fleet.lab.agent(NODE)
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def serving_process(fleet: Fleet) -> str:
    """The process of the web UI that serves."""
    (card,) = status(fleet)["cards"].values()
    return fleet.sh(NODE, f"systemctl show --property=MainPID --value '{card['unit']}'")


def test_a_killed_agent_does_not_stop_a_switch(fleet: Fleet, load: Load) -> None:
    fleet.serve("v24-beta")
    run = while_switching(
        fleet,
        lambda: fleet.sh(NODE, "pkill -9 -f '[p]uppet agent'; pkill -9 -f '[r]eleases indextts2 activate'"),
    )
    assert run.code not in (0, 2), run.output
    fleet.wait(NODE, f"! {SWITCHING}", 120)
    assert fleet.release(NODE) == "v24-beta"
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2), run.output
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_a_killed_switch_goes_on(fleet: Fleet, load: Load) -> None:
    fleet.serve("v24-beta")
    run = while_switching(fleet, lambda: fleet.sh(NODE, "pkill -9 -f '[r]eleases indextts2 reconcile'"))
    assert run.code in (2, 4, 6), run.output
    fleet.wait(NODE, f"! {SWITCHING}", 120)
    assert fleet.release(NODE) == "v24-beta"
    fleet.lab.agent(NODE)
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


def test_power_that_is_cut_in_a_switch_comes_back_to_a_node_that_serves(fleet: Fleet) -> None:
    fleet.serve("v24-beta")
    run = while_switching(fleet, lambda: fleet.lab.cut_power(NODE))
    assert run.code not in (0, 2), run.output
    fleet.lab.restore_power(NODE)
    fleet.wait(NODE, "curl --silent --fail --max-time 5 http://127.0.0.1:7860/config", 60)
    assert fleet.release(NODE) in ("v23", "v24-beta")
    fleet.lab.agent(NODE)
    fleet.converge(NODE, changes=False)
    assert fleet.release(NODE) == "v24-beta"


def test_rollback_returns_to_the_release_before_and_holds_until_retry(fleet: Fleet, load: Load) -> None:
    fleet.serve("v24-beta")
    fleet.converge(NODE)
    fleet.sh(
        NODE,
        "ip route add blackhole 10.77.0.1 && releases indextts2 rollback; ip route del blackhole 10.77.0.1",
    )
    assert fleet.release(NODE) == "v23"
    run = fleet.lab.agent(NODE)
    assert run.code in (4, 6), run.output
    assert "rolled back by hand" in run.output
    assert fleet.release(NODE) == "v23"
    fleet.sh(NODE, "releases indextts2 retry")
    assert fleet.release(NODE) == "v24-beta"
    fleet.converge(NODE, changes=False)
    assert load.stop().failures() == []


def test_a_web_ui_that_is_killed_is_back_in_its_load_time_and_requests_wait(fleet: Fleet, load: Load) -> None:
    (card,) = status(fleet)["cards"].values()
    fleet.sh(NODE, f"systemctl kill --signal=KILL '{card['unit']}'")
    wait_for(fleet, load, 2 * CLIENTS)
    result = load.stop()
    assert result.failed <= CLIENTS, "no more than what was at work"
    assert result.longest_gap() < 12


def test_a_front_that_is_killed_knows_the_slot_that_serves(fleet: Fleet, load: Load) -> None:
    fleet.serve("v24-beta")
    fleet.converge(NODE)
    fleet.sh(NODE, "systemctl kill --signal=KILL indextts2-front.service")
    wait_for(fleet, load, 2 * CLIENTS)
    assert fleet.release(NODE) == "v24-beta"
    assert load.stop().failed <= CLIENTS, "no more than what was at work"
