"""The front in a switch, on a simulated node: where it points to at every moment, and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from releases.active import check
from releases.errors import AnswerIsNo
from releases.front import FrontError
from releases.node import Node
from releases.steering import steer, steer_fresh
from releases.switch import reconcile
from tests.unit.releases.simulated import NEW, SimulatedFront, SimulatedUnits, World, servers_that_weigh
from tests.unit.releases.switching import MODES, a_world, serves


@MODES
def test_a_front_that_is_down_does_not_stop_a_switch(handover: str) -> None:
    world = a_world(handover, NEW)
    world.weights = None
    reconcile(world.node())
    serves(world, NEW, "green")
    assert world.uptime < 10
    world.weights = world.fresh_weights()
    steer(world.node())
    serves(world, NEW, "green")


def test_a_front_that_starts_in_a_switch_is_steered_to_where_requests_wait() -> None:
    world = a_world("hold", NEW)
    seen = []

    def reloaded(world: World) -> None:
        world.weights = world.fresh_weights()
        steer(world.node())
        seen.append(list(servers_that_weigh(world)))

    world.jobs["0-blue"] = 1.0
    world.meanwhile = reloaded
    reconcile(world.node())
    assert set(map(tuple, seen)) == {(("0", "green"),)}


def test_a_front_that_was_told_to_start_is_steered_at_once_and_again() -> None:
    world = a_world()
    steered: list[float] = []
    world.watch = lambda world: steered.append(world.uptime)
    steer_fresh(world.node())
    assert min(steered) == 0
    assert max(steered) == pytest.approx(5, abs=0.3)


def always_pointed_right(world: World) -> None:
    """Assert that some server gets the new requests, and each that does runs, starts or is about to."""
    state = world.state()
    expected = {(card, serving.slot) for card, serving in state.cards.items()}
    if state.switch and state.switch.held:
        expected.add((state.switch.card, state.switch.to))
    found = set(servers_that_weigh(world))
    assert found, "no server weighs anything: a request gets 503"
    before = world.trace[-1]
    # Between saving what is to be so and steering, the front points to what was right before.
    if before.startswith("weight") and before.endswith(" 0"):
        assert found <= expected, (found, expected)


@MODES
def test_weights_point_right_at_every_moment(handover: str) -> None:
    world = a_world(handover, NEW)
    world.watch = always_pointed_right
    world.broken[NEW] = "exited"
    with pytest.raises(AnswerIsNo):
        reconcile(world.node())
    world.broken.clear()
    world.node().edit(failed={})
    reconcile(world.node())
    serves(world, NEW, "green")


def strange(world: World, why: str, until: float = float("inf")) -> Node:
    """Return the node with a front that runs, and until then does not do what it is told."""
    node = world.node()

    class Strange(SimulatedFront):
        def steer(self, weights: Mapping[str, int], closed: bool = False) -> None:
            if world.uptime < until:
                raise FrontError(why)
            super().steer(weights, closed)

    made = node._replace(front=Strange(world))
    return made._replace(anew=lambda: made)


@MODES
def test_a_front_that_runs_and_is_not_steered_is_an_error(handover: str) -> None:
    world = a_world(handover, NEW)
    with pytest.raises(
        AnswerIsNo, match=r"tts-front\.service is not steered to what serves: no such backend"
    ):
        reconcile(strange(world, "no such backend"))
    assert world.state().cards["0"].id == NEW
    # what it may still send requests to
    assert (world.unit("blue") in world.running) is (handover == "overlap")
    world.weights = {"0-blue": 0, "0-green": 100}
    if handover == "overlap":
        with pytest.raises(AnswerIsNo, match=r"tts-webui@0-blue\.service is left of a switch"):
            check(world.node(), NEW)
    reconcile(world.node())
    serves(world, NEW, "green")
    check(world.node(), NEW)


def test_a_front_that_reloads_is_steered_as_one_that_runs() -> None:
    world = a_world("hold", NEW)
    node = strange(world, "busy", until=1)

    class Reloading(SimulatedUnits):
        def states(self, units: Sequence[str]) -> dict[str, str]:
            front = self._world.description.front
            return {
                unit: "reloading" if unit == front else said for unit, said in super().states(units).items()
            }

    assert steer(node._replace(units=Reloading(world))) is None
    assert world.uptime >= 1


def test_jobs_are_not_cut_because_a_front_that_runs_does_not_answer() -> None:
    world = a_world("hold", NEW)
    world.jobs["0-blue"] = 20.0

    class Silent(SimulatedFront):
        def jobs(self, server: str) -> int:
            if world.uptime < 15:
                raise FrontError("timed out")
            return super().jobs(server)

    reconcile(world.node()._replace(front=Silent(world)))
    assert world.cut == []
    serves(world, NEW, "green")


def test_a_front_that_points_elsewhere_is_no_and_is_put_right() -> None:
    world = a_world("hold", NEW)
    reconcile(world.node())
    check(world.node(), NEW)
    assert world.weights
    world.weights |= {"0-blue": 100, "0-green": 0}
    with pytest.raises(AnswerIsNo, match=r"tts-front\.service points elsewhere"):
        check(world.node(), NEW)
    reconcile(world.node())
    check(world.node(), NEW)


@MODES
def test_a_front_that_is_busy_for_a_moment_is_steered_after_it(handover: str) -> None:
    world = a_world(handover, NEW)
    reconcile(strange(world, "timed out", until=2))
    serves(world, NEW, "green")
