"""Bring a node to the deployment that is wanted. May be killed at any instruction, and called again."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from releases.description import SLOTS, release_of
from releases.errors import AnswerIsNo, CommandFailed
from releases.node import Node, runs
from releases.state import Failure, Serving, Stamps, State, Switch, failing, forgiving, leaving, other
from releases.steering import drain, post, steer

#: A failure ``by`` it stopped nothing and started nothing, and may be over at the next request: a port is
#: taken, or there is no card.
UNTRIED = "port"
#: A failure ``by`` it holds until somebody says otherwise.
ROLLBACK = "rollback"


class Wish(NamedTuple):
    """What one switch is to bring about."""

    id: str
    stamps: Stamps
    by: str


def reconcile(node: Node) -> None:
    """Bring each card to what is wanted, and leave one slot a card that runs and that the front points to.

    Raises AnswerIsNo where the wanted deployment does not serve afterwards.
    """
    if node.state().closed or node.state().announced:
        node.edit(closed=False, announced=False)  # of a drain that was killed, or of one before this boot
    while True:
        node = node.anew()
        state = node.edit()
        trouble = _reconcile(node, state)
        after = node.state()
        if (after.wanted, after.restart) == (state.wanted, False):
            break  # else somebody has asked for something else meanwhile
    post(node)  # what serves may run again only now
    if trouble:
        raise AnswerIsNo(trouble)
    node.store.check()


def _reconcile(node: Node, state: State) -> str | None:
    failure = remembered(node, state)
    if failure and not any(_is_due(node, state, card) for card in node.description.cards):
        # it serves: of a rollback, or a start anew, that failed
        known = failure.id
        node.change(lambda before: forgiving(before, known))
        failure = None
    trouble = []
    # first, since its card may be another's by now, and hold two copies
    _leave(node)
    for card in node.description.cards:
        # a card that is hindered keeps no other from going on
        tried = failure and failure.by != UNTRIED
        if not tried and state.wanted and _is_due(node, state, card):
            by = "restart" if state.restart else "activate"
            try:
                wish = Wish(state.wanted, node.disk.stamps(state.wanted), by)
                failure = _switch(node, card, wish) or failure
            except (CommandFailed, OSError):
                # of a full disk, say: after a boot, what served before does not run yet
                _settle(node, card)
                raise
        trouble += _settle(node, card)
    if state.restart:
        node.edit(restart=False)
    if failure:
        trouble.insert(0, message(node, failure))
    return "\n".join(trouble)


def remembered(node: Node, state: State) -> Failure | None:
    """Return the failure of what is wanted, where it is not yet time to try again.

    What somebody rolled back from stays so. Else a release that was built again since counts as another, and
    a failure from the future as new: the clock went back, and it must not hold for longer than it may.
    """
    failed = state.failed.get(state.wanted or "")
    if failed is None or state.restart:
        return None
    if failed.by == ROLLBACK:
        return failed
    if failed.stamps != node.disk.stamps(failed.id):
        return None
    now = node.clock.now()
    if failed.at > now:
        known = failed._replace(at=now)
        node.change(lambda before: failing(before, known))
    return failed if now - failed.at < node.description.retry_after else None


def message(node: Node, failure: Failure) -> str:
    """Say what failed, why, what that cost, and what its log said last."""
    state = node.state()
    serving = sorted({serving.id for serving in state.cards.values()})
    log = ["the last lines of its log:", *(f"  {line}" for line in failure.log)] if failure.log else []
    service = node.description.service
    first = (
        f"{service}: {failure.id}: {failure.reason}; {' and '.join(serving) or 'nothing'} serves"
        f"{cut_jobs(node, state)} (releases {service} retry tries it again)"
    )
    return "\n".join([first, *log])


def cut_jobs(node: Node, state: State) -> str:
    """Say which jobs were not waited for, as what follows a sentence; nothing where there are none."""
    return f"; {state.cut} jobs were cut at {node.description.drain_timeout} s" if state.cut else ""


def serves(node: Node, state: State, identifier: str) -> bool:
    """Say whether a deployment is what serves, as it was started, on every card; not whether it runs."""
    stamps = node.disk.stamps(identifier)
    return (
        state.wanted == identifier
        and not (state.restart or state.switch)
        and set(node.description.cards) == set(state.cards)
        and all(serving.id == identifier and serving.stamps == stamps for serving in state.cards.values())
    )


def _is_due(node: Node, state: State, card: str) -> bool:
    serving = state.cards.get(card)
    wanted = state.wanted
    return (
        state.restart
        or serving is None
        or wanted is None
        or (serving.id, serving.stamps) != (wanted, node.disk.stamps(wanted))
    )


def _switch(node: Node, card: str, wish: Wish) -> Failure | None:
    """Start what is wished in the other slot; where that succeeds, it serves from then on.

    The old slot stays as it is in overlap, and is drained and stopped before in hold; what is left over
    either way is for :func:`_settle`.
    """
    description = node.description
    serving = node.state().cards.get(card)
    slot = other(serving.slot) if serving else SLOTS[0]
    unit = description.unit(card, slot)
    text = node.disk.deployment(wish.id)
    if text is None or wish.stamps is None:
        missing = "has no unit" if text is None else "is not complete on this disk"
        return _remember(node, wish._replace(by=UNTRIED), f"{missing} (a Puppet run puts it there)", [])
    hindered = _taken(node, card, slot) or node.gate(card)
    if hindered:
        return _remember(node, wish._replace(by=UNTRIED), hindered, [])
    began = node.clock.now()
    _prepare(node, Switch(card, slot, wish.id, wish.stamps, False, began), unit, text)
    if serving and description.handover == "hold":
        _hold(node, card, serving)
    reason = _start(node, unit) or node.smoke(description.cards[card][slot])
    if reason:
        if node.units.going_down():
            raise AnswerIsNo(f"{description.service}: {wish.id}: this machine is shutting down")
        log = node.units.log(unit, began)
        node.units.stop(unit)
        return _remember(node, wish, reason, log)
    serves_now = Serving(slot, wish.id, node.clock.now(), wish.stamps)
    # another unit of the same release is nothing to go back to
    before = serving.id if serving and release_of(serving.id) != release_of(wish.id) else None
    node.change(
        lambda state: forgiving(state, wish.id)._replace(
            cards={**state.cards, card: serves_now}, previous=before or state.previous
        )
    )
    node.say(f"{description.service}: {wish.id} serves on card {card}, {slot}")
    return None


def _start(node: Node, unit: str) -> str | None:
    return node.units.start(unit, node.description.ready_timeout, node.description.wait_timeout)


def _taken(node: Node, card: str, slot: str) -> str | None:
    holder = node.holder(node.description.place(card, slot), node.description.unit(card, slot))
    return f"its port {node.description.cards[card][slot]} is taken by {holder}" if holder else None


def _prepare(node: Node, switch: Switch, unit: str, text: str) -> None:
    """Put the unit into a slot where nothing else runs, or leave what this very switch has put there."""
    begun = node.state().switch
    if (
        begun
        and begun._replace(held=False, began=switch.began) == switch
        and node.units.installed(unit) == text
    ):
        return
    if runs(node.units.states([unit])[unit]):
        node.units.stop(unit)
    node.units.install(unit, text)
    node.edit(switch=switch)
    node.store.check()  # nothing has stopped yet


def _hold(node: Node, card: str, serving: Serving) -> None:
    """Stop the old one when its jobs are done; new requests wait meanwhile, and until the new one is ready.

    They wait where nothing listens: at the new slot while the old one drains, then at the old slot, because a
    web UI may listen and answer with errors before it is ready, or without ever being so.
    """
    unit = node.description.unit(card, serving.slot)
    if runs(node.units.states([unit])[unit]):
        _wait_at_the_new_slot(node, True)
        _drain_and_stop(node, card, serving.slot)
    _wait_at_the_new_slot(node, False)


def _wait_at_the_new_slot(node: Node, held: bool) -> None:
    switch = node.state().switch
    if switch:
        node.edit(switch=switch._replace(held=held))
    steer(node)


def _remember(node: Node, wish: Wish, reason: str, log: list[str]) -> Failure:
    failure = Failure(wish.id, wish.stamps, reason, log, node.clock.now(), wish.by)
    node.change(lambda before: failing(before, failure))
    return failure


def _settle(node: Node, card: str) -> list[str]:
    """Point the front at what serves, see that it runs, and clear the other slot; return what is wrong."""
    state = node.state()
    if state.switch and state.switch.card == card:
        state = node.edit(switch=None)
    serving = state.cards.get(card)
    astray = steer(node) if serving else None
    one_copy_fits = node.description.handover == "hold"
    if one_copy_fits:
        _clear(node, card, serving)
    trouble = _keep(node, card, serving) if serving else []
    # what the front may still send new requests to is not stopped
    if not one_copy_fits and not astray:
        _clear(node, card, serving)
    return [astray, *trouble] if astray else trouble


def _clear(node: Node, card: str, serving: Serving | None) -> None:
    for slot in SLOTS:
        if not serving or slot != serving.slot:
            _drain_and_stop(node, card, slot)
            unit = node.description.unit(card, slot)
            if node.units.installed(unit) is not None:
                node.units.uninstall(unit)


def _leave(node: Node) -> None:
    """Stop what runs on cards that the service has no more, of which the front knows nothing any more."""
    state = node.state()
    begun = {state.switch.card} if state.switch else set()
    for card in sorted({*state.cards, *begun} - set(node.description.cards)):
        _clear(node, card, None)
        node.change(partial(leaving, card=card))


def _keep(node: Node, card: str, serving: Serving) -> list[str]:
    unit = node.description.unit(card, serving.slot)
    text = node.disk.deployment(serving.id)
    if text is not None and node.units.installed(unit) != text:
        node.units.install(unit, text)
    if node.units.states([unit])[unit] == "active":
        return []
    reason = _taken(node, card, serving.slot) or _start(node, unit)
    if not reason:
        return []
    log = "".join(f"\n  {line}" for line in node.units.log(unit))
    return [
        f"{node.description.service}: {serving.id}, which serves: {reason}; the last lines of its log:{log}"
    ]


def _drain_and_stop(node: Node, card: str, slot: str) -> None:
    unit = node.description.unit(card, slot)
    if not runs(node.units.states([unit])[unit]):
        return
    cut = drain(node, f"{card}-{slot}")
    if cut:
        limit = node.description.drain_timeout
        node.say(f"{node.description.service}: {unit}: {cut} jobs were not done within {limit} s and are cut")
        node.edit(cut=node.state().cut + cut)
    node.units.stop(unit)
