"""What `releases` remembers of a service: a value, and how it reads and writes as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional

from releases.description import SLOTS, is_id

VERSION = 1

#: What a release looked like when it was started: file to digest and time; None for one that is not complete.
Stamps = Optional[Mapping[str, str]]


class Serving(NamedTuple):
    """What serves on a card, since when (seconds since 1970)."""

    slot: str
    id: str
    since: float
    stamps: Stamps


class Failure(NamedTuple):
    """Why a deployment, as it was ``at`` that time (seconds since 1970), is not tried again."""

    id: str
    stamps: Stamps
    reason: str
    log: list[str]
    at: float
    by: str


class Switch(NamedTuple):
    """A switch that has begun: ``to`` is prepared for ``id``; while ``held``, new requests wait there."""

    card: str
    to: str
    id: str
    stamps: Stamps
    held: bool
    began: float


class State(NamedTuple):
    """The whole of it. ``wanted`` is what the last caller asked for, ``restart`` whether also anew.

    ``closed`` lets no new job in, because the machine is about to go down; ``announced`` tells gateways that
    it will be.

    ``failed`` has the last failure of each deployment by its ID, the latest at the end. It stays small:
    another pin forgets those of all other deployments.
    """

    wanted: str | None = None
    restart: bool = False
    cards: Mapping[str, Serving] = {}
    #: of the release before the one that serves, what served last
    previous: str | None = None
    failed: Mapping[str, Failure] = {}
    switch: Switch | None = None
    #: jobs that were not waited for since somebody last asked for something
    cut: int = 0
    closed: bool = False
    announced: bool = False


def other(slot: str) -> str:
    """Name the slot beside ``slot``."""
    return SLOTS[1 - SLOTS.index(slot)]


def pointed(state: State, card: str) -> str:
    """Name the slot that new requests of a card go to."""
    if state.switch and state.switch.card == card and state.switch.held:
        return state.switch.to
    serving = state.cards.get(card)
    return serving.slot if serving else SLOTS[0]


def leaving(state: State, card: str) -> State:
    """Forget a card, and a switch that was under way on it."""
    cards = {other: serving for other, serving in state.cards.items() if other != card}
    switch = state.switch if state.switch and state.switch.card != card else None
    return state._replace(cards=cards, switch=switch)


def failing(state: State, failure: Failure) -> State:
    """Remember a failure, in place of an earlier one of the same deployment."""
    after = forgiving(state, failure.id)
    return after._replace(failed={**after.failed, failure.id: failure})


def forgiving(state: State, identifier: str) -> State:
    """Forget that a deployment failed."""
    return state._replace(failed={id_: one for id_, one in state.failed.items() if id_ != identifier})


def foremost(state: State) -> Failure | None:
    """Return the failure of what is wanted, else the latest."""
    latest = list(state.failed.values())[-1:]
    return state.failed.get(state.wanted or "") or next(iter(latest), None)


def dump(state: State) -> str:
    """Write a state as JSON."""
    return json.dumps(as_data(state), indent=2, sort_keys=True) + "\n"


def as_data(state: State) -> dict[str, Any]:
    """Make of a state what JSON can hold."""
    return {
        **state._asdict(),
        "version": VERSION,
        "cards": {card: serving._asdict() for card, serving in state.cards.items()},
        "failed": [failure._asdict() for failure in state.failed.values()],
        "switch": state.switch._asdict() if state.switch else None,
    }


def parse(text: str) -> State | None:
    """Read a state, or None where ``text`` is none."""
    try:
        return _state(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _state(data: dict[str, Any]) -> State:
    if data.pop("version") != VERSION:
        raise ValueError("another version's state")
    state = State(
        **{
            **data,
            "cards": {str(card): Serving(**serving) for card, serving in data["cards"].items()},
            "failed": {one["id"]: Failure(**one) for one in data["failed"]},
            "switch": Switch(**data["switch"]) if data["switch"] else None,
        }
    )
    for record in (state, *state.cards.values(), *state.failed.values(), state.switch):
        for name, value in record._asdict().items() if record else ():
            if not _RULES[name](value):
                raise ValueError(f"{name} is {value!r}")
    return state


def _is_time(value: object) -> bool:
    return type(value) in (int, float)


def _is_id_or_none(value: Any) -> bool:
    return value is None or is_id(value)


#: What a field must be, in whichever record.
_RULES: dict[str, Callable[[Any], bool]] = {
    "id": is_id,
    **dict.fromkeys(("wanted", "previous"), _is_id_or_none),
    **dict.fromkeys(("slot", "to"), lambda value: value in SLOTS),
    **dict.fromkeys(("since", "at", "began"), _is_time),
    **dict.fromkeys(("restart", "held", "closed", "announced"), lambda value: type(value) is bool),
    **dict.fromkeys(("reason", "by", "card"), lambda value: type(value) is str),
    "stamps": lambda value: value is None or type(value) is dict,
    "cut": lambda value: type(value) is int,
    "log": lambda value: all(type(line) is str for line in value),
    **dict.fromkeys(("cards", "failed", "switch"), lambda _: True),
}
