"""Keep requests away from cards that cannot answer them, within seconds and for as long as it lasts."""

from __future__ import annotations

import itertools

from releases.front import FrontError
from releases.node import Node
from releases.state import pointed
from releases.steering import is_steered, steer

#: Seconds between two looks at which web UIs run.
EVERY_S = 1.0
#: So many of them apart are two looks at the cards themselves: each starts a program for each card.
CARDS_EVERY = 5


def watch(node: Node) -> None:
    """Look for ever."""
    for turn in itertools.count():
        node = node.anew()
        look(node, at_cards=turn % CARDS_EVERY == 0)
        node.clock.sleep(EVERY_S)


def look(node: Node, at_cards: bool) -> None:
    """Steer the front to what runs; with ``at_cards``, first end what runs on a card that is lost.

    A process of a lost card answers, and fails at each job. The one that systemd starts in its place waits at
    its gate until the card is back.
    """
    state = node.state()
    if at_cards:
        units = {card: node.description.unit(card, pointed(state, card)) for card in node.description.cards}
        states = node.units.states(list(units.values()))
        for card in [card for card, unit in units.items() if states[unit] == "active"]:
            why = node.lost(card)
            if why:
                node.say(f"{node.description.service}: card {card}: {why}: {units[card]} is ended")
                node.units.kill(units[card])
    try:
        astray = not is_steered(node, state)
    except FrontError:
        return  # it is steered when it comes up
    if astray:
        steer(node)
