"""A node with several cards, simulated: it goes over card by card, and requests go to those that serve."""

from __future__ import annotations

import pytest

from releases.errors import AnswerIsNo
from releases.steering import steer
from releases.switch import reconcile, serves
from releases.watch import CARDS_EVERY, EVERY_S, look, watch
from tests.unit.releases.simulated import NEW, OLD, Killed, World, servers_that_weigh
from tests.unit.releases.switching import MODES

CARDS = ("0", "1", "2")


def a_node_that_serves(handover: str) -> World:
    """Return a node on which OLD serves on every card, and NEW is wanted."""
    world = World(handover, CARDS)
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    world.node().edit(wanted=NEW)
    world.trace.clear()
    return world


def served(world: World) -> dict[str, str]:
    """Say what each card serves."""
    return {card: serving.id for card, serving in world.state().cards.items()}


def weighs_what_runs(world: World) -> None:
    """Assert that requests go to web UIs that run, while one does, and else to one alone."""
    before = world.trace[-1]
    if not (before.startswith("weight") and before.endswith(" 0")):
        return  # between what has changed and the last weight, the front points to what was right before
    heavy = [world.unit(slot, card) for card, slot in servers_that_weigh(world)]
    assert set(heavy) <= set(world.running) if world.running else len(heavy) == 1, (heavy, world.running)


@MODES
def test_cards_are_switched_one_by_one_while_the_others_serve(handover: str) -> None:
    world = a_node_that_serves(handover)
    serve_meanwhile = []

    def watch(world: World) -> None:
        weighs_what_runs(world)
        serve_meanwhile.append(len(list(servers_that_weigh(world))))

    world.watch = watch
    reconcile(world.node())
    assert served(world) == dict.fromkeys(CARDS, NEW)
    assert world.running == {world.unit("green", card): NEW for card in CARDS}
    assert sorted(servers_that_weigh(world)) == [(card, "green") for card in CARDS]
    assert min(serve_meanwhile) >= len(CARDS) - 1, "no request ever waits"


@MODES
def test_a_release_that_does_not_start_is_tried_on_one_card_alone(handover: str) -> None:
    world = a_node_that_serves(handover)
    world.broken[NEW] = "exited"
    world.watch = weighs_what_runs
    with pytest.raises(AnswerIsNo, match=f"{NEW}: exited"):
        reconcile(world.node())
    assert served(world) == dict.fromkeys(CARDS, OLD)
    assert [step for step in world.trace if step.startswith("start ")] == [
        f"start {world.unit('green')}",
        *([f"start {world.unit('blue')}"] if handover == "hold" else []),
    ]
    assert sorted(servers_that_weigh(world)) == [(card, "blue") for card in CARDS]


def test_a_web_ui_that_is_gone_gets_no_request_while_another_runs_and_the_last_one_holds_them() -> None:
    world = a_node_that_serves("hold")
    for gone, left in (("1", ["0", "2"]), ("0", ["2"])):
        del world.running[world.unit("blue", gone)]
        steer(world.node())
        assert [card for card, _ in servers_that_weigh(world)] == left
    del world.running[world.unit("blue", "2")]
    steer(world.node())
    assert list(servers_that_weigh(world)) == [("0", "blue")], "one alone: requests wait there"
    world.running[world.unit("blue", "2")] = OLD
    steer(world.node())
    assert list(servers_that_weigh(world)) == [("2", "blue")]


def test_a_card_that_the_service_has_no_more_is_drained_and_left() -> None:
    world = a_node_that_serves("hold")
    world.jobs["1-blue"] = 5.0
    world.node().edit(wanted=OLD)
    world.description = world.description._replace(
        cards={card: ports for card, ports in world.description.cards.items() if card != "1"}
    )
    assert not active(world)
    reconcile(world.node())
    assert served(world) == {"0": OLD, "2": OLD}
    assert world.running == {world.unit("blue", card): OLD for card in ("0", "2")}
    assert world.unit_files.keys() == world.running.keys()
    assert world.cut == []
    assert active(world)


def test_a_switch_that_was_cut_off_on_a_card_that_is_no_more_is_forgotten() -> None:
    world = a_node_that_serves("hold")

    def cut_off(world: World) -> None:
        if world.trace[-1] == f"install {world.unit('green', '1')}":
            world.fuse = world.steps + 6  # the switch is written down, and what served is stopped

    world.watch = cut_off
    with pytest.raises(Killed):
        reconcile(world.node())
    world.watch = lambda world: None
    switch = world.state().switch
    assert switch and switch.card == "1"
    world.description = world.description._replace(cards={"0": world.description.cards["0"]})
    reconcile(world.node())
    assert served(world) == {"0": NEW}
    assert world.running == {world.unit("green"): NEW}
    assert active(world)


def active(world: World) -> bool:
    """Say whether what is wanted serves, as each run of Puppet asks."""
    node = world.node()
    return serves(node, world.state(), str(world.state().wanted))


def test_a_card_that_is_lost_gets_no_request_and_its_web_ui_is_ended_once() -> None:
    world = a_node_that_serves("hold")
    world.said.clear()
    world.lost.add("1")
    look(world.node(), at_cards=False)
    assert len(list(servers_that_weigh(world))) == 3, "nobody has looked at the cards"
    for _ in range(2):
        look(world.node(), at_cards=True)
        assert [card for card, _ in servers_that_weigh(world)] == ["0", "2"]
    assert world.trace.count(f"kill {world.unit('blue', '1')}") == 1
    assert world.said == ["tts: card 1: GPU-7 is lost: tts-webui@1-blue.service is ended"]

    world.lost.clear()
    world.flapping.clear()
    world.running[world.unit("blue", "1")] = OLD
    look(world.node(), at_cards=False)
    assert sorted(card for card, _ in servers_that_weigh(world)) == ["0", "1", "2"]


def test_whoever_watches_outlives_a_front_that_is_down_and_steers_it_when_it_is_back() -> None:
    world = a_node_that_serves("hold")
    del world.running[world.unit("blue", "2")]
    world.weights = None
    look(world.node(), at_cards=True)
    world.weights = world.fresh_weights()
    look(world.node(), at_cards=True)
    assert [card for card, _ in servers_that_weigh(world)] == ["0", "1"]


def test_cards_are_watched_for_ever_and_by_what_puppet_says_last() -> None:
    world = a_node_that_serves("hold")
    looks = []

    def meanwhile(world: World) -> None:
        looks.append(world.uptime)
        if len(looks) == 3:
            world.lost.add("0")
        if len(looks) > 3 * CARDS_EVERY:
            raise Killed

    world.meanwhile = meanwhile
    with pytest.raises(Killed):
        watch(world.node())
    assert world.trace.count(f"kill {world.unit('blue', '0')}") == 1
    assert looks[1] - looks[0] == pytest.approx(EVERY_S)


@MODES
@pytest.mark.parametrize("dead", CARDS)
def test_a_card_that_is_lost_keeps_no_other_from_another_release(handover: str, dead: str) -> None:
    world = a_node_that_serves(handover)
    del world.running[world.unit("blue", dead)]
    world.lost.add(dead)
    steer(world.node())
    world.watch = weighs_what_runs
    with pytest.raises(AnswerIsNo, match="no GPU"):
        reconcile(world.node())
    assert served(world) == {card: OLD if card == dead else NEW for card in CARDS}
    assert not active(world), "the next run tries again"
    world.lost.clear()
    world.node().edit(failed={})
    reconcile(world.node())
    assert served(world) == dict.fromkeys(CARDS, NEW)


def test_a_card_that_has_another_name_is_left_before_another_copy_starts_on_it() -> None:
    world = a_node_that_serves("hold")
    world.description = world.description._replace(cards={"0": world.description.cards["0"]})
    reconcile(world.node())
    stops = [step for step in world.trace if step.startswith("stop")]
    assert [world.trace.index(f"stop {world.unit('blue', card)}") for card in ("1", "2")] < [
        world.trace.index(f"start {world.unit('green')}")
    ] * 2, stops
