"""Keep requests away from cards that cannot answer them, for as long as it lasts, and tell of the service."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from releases.front import FrontError
from releases.metrics import Metrics
from releases.node import Node
from releases.state import pointed
from releases.steering import is_posted, is_steered, steer

#: Seconds between two looks at which web UIs run.
EVERY_S = 1.0
#: So many of them apart are two looks at the cards themselves: each starts a program for each card.
CARDS_EVERY = 5
#: And so many two times at which Prometheus is told.
METRICS_EVERY = 10


def watch(node: Node) -> None:
    """Look for ever."""
    metrics = Metrics()
    for turn in itertools.count():
        node = node.anew()
        look(node, at_cards=turn % CARDS_EVERY == 0)
        if turn % METRICS_EVERY == 0:
            metrics.tell(node)
        node.clock.sleep(EVERY_S)


def look(node: Node, at_cards: bool) -> None:
    """Steer the front to what runs; first end what runs on a card that was found lost.

    With ``at_cards``, have the cards looked at: a look may hang, and what it finds is acted on when it ends.
    A process of a lost card answers, and fails at each job. The one that systemd starts in its place waits at
    its gate until the card is back.
    """
    state = node.state()
    units = {card: node.description.unit(card, pointed(state, card)) for card in node.description.cards}
    if at_cards:
        for card in _serving(node, units):
            node.look(card)
    lost = node.lost()
    if lost:
        for card in _serving(node, units):
            if card in lost:
                node.say(f"{node.description.service}: card {card}: {lost[card]}: {units[card]} is ended")
                node.units.kill(units[card])
    try:
        astray = not (is_steered(node, state) and is_posted(node, state))
    except FrontError:
        return  # it is steered when it comes up
    if astray:
        steer(node)


def _serving(node: Node, units: Mapping[str, str]) -> list[str]:
    states = node.units.states(list(units.values()))
    return [card for card, unit in units.items() if states[unit] == "active"]
