"""What a caller may ask for: it writes that down, and releases@SERVICE.service does it, whoever is killed."""

from __future__ import annotations

from releases.description import release_of
from releases.errors import AnswerIsNo, ReleasesError
from releases.node import Node, runs
from releases.state import Failure, State, failing, foremost, forgiving
from releases.switch import ROLLBACK, UNTRIED, cut_jobs, message, remembered, serves

#: A request may join a run that began before it, and so has to ask again; not for ever.
_TRIES = 5


def activate(node: Node, identifier: str) -> str:
    """Bring a deployment to serve; return what to say of it.

    Raises AnswerIsNo where it does not serve then, ReleasesError for a wrong ID.
    """
    _must_exist(node, identifier)
    under_way = _is_under_way(node)

    # Another wish is a change of the pin, after which what failed may be tried again; and a port that was
    # taken may be free by now, or what was missing be there.
    def wish(before: State) -> State:
        failed = before.failed.get(identifier)
        holds = {identifier: failed} if failed and failed.by != UNTRIED else {}
        anew = before.restart and before.wanted == identifier
        # a switch to it that goes on for a caller that was killed may have cut jobs by now
        cut = before.cut if under_way and before.wanted == identifier else 0
        return before._replace(wanted=identifier, restart=anew, failed=holds, cut=cut)

    node.change(wish)
    return _carry_out(node)


def restart(node: Node) -> str:
    """Start what serves anew, in the other slot."""
    _join(node)
    node.edit(wanted=_serving(node), restart=True, cut=0)
    return _carry_out(node)


def rollback(node: Node) -> str:
    """Return to the release before, as it was last started, and remember this deployment as failed."""
    _join(node)
    state, serving = node.state(), _serving(node)
    previous = state.previous
    if state.wanted not in (None, serving):
        service = node.description.service
        raise AnswerIsNo(f"{service}: {state.wanted} does not serve, {serving} does: nothing to return from")
    if previous is None or release_of(previous) == release_of(serving):
        raise AnswerIsNo(f"{node.description.service}: {serving} serves, and no release was before it")
    if previous in state.failed:
        service = node.description.service
        raise AnswerIsNo(
            f"{service}: {previous}, which was before {serving}: {state.failed[previous].reason}"
            f" (releases {service} retry tries it again)"
        )
    _must_exist(node, previous)
    stamps = node.disk.stamps(serving)
    failed = Failure(serving, stamps, "rolled back by hand", [], node.clock.now(), ROLLBACK)
    node.change(lambda before: failing(before, failed)._replace(wanted=previous, cut=0))
    return _carry_out(node)


def retry(node: Node) -> str:
    """Forget that what is wanted failed, else what failed last, and bring it to serve."""
    state = node.state()
    failure = foremost(state)
    wanted = failure.id if failure else state.wanted
    if wanted is None:
        raise AnswerIsNo(f"{node.description.service}: nothing has failed, and nothing is wanted")
    _must_exist(node, wanted)
    node.change(lambda before: forgiving(before, wanted)._replace(wanted=wanted, cut=0))
    return _carry_out(node)


def _must_exist(node: Node, identifier: str) -> None:
    if node.disk.deployment(identifier) is None:
        known = ", ".join(node.disk.deployments()) or "none; Puppet puts them there"
        folder = node.description.deployments_dir
        raise ReleasesError(f"{identifier!r} is no deployment of {folder} (there is: {known})")


def _serving(node: Node) -> str:
    serving = [serving.id for serving in node.state().cards.values()]
    if not serving:
        raise AnswerIsNo(f"{node.description.service}: nothing serves yet")
    return serving[0]


def _join(node: Node) -> None:
    """Wait until no switch is under way, as of a caller that was killed: what serves is not known before."""
    if _is_under_way(node):
        node.units.start(_unit(node), None)


def _is_under_way(node: Node) -> bool:
    unit = _unit(node)
    return runs(node.units.states([unit])[unit])


def _unit(node: Node) -> str:
    return f"releases@{node.description.service}.service"


def _carry_out(node: Node) -> str:
    node.store.check()
    service, unit = node.description.service, _unit(node)
    for _ in range(_TRIES):
        why = node.units.start(unit, None)
        state = node.state()
        failure = remembered(node, state)
        if failure:
            raise AnswerIsNo(message(node, failure))
        if state.wanted and serves(node, state, state.wanted):
            if not why:
                return _success(node, state)
            break
    reason = f"{why or 'did not finish'}{cut_jobs(node, state)}"
    found = f"{service}: {state.wanted}: {unit} {reason} (journalctl -u {unit} -n 50)"
    raise AnswerIsNo("\n".join([found, *_down(node, state)]))


def _down(node: Node, state: State) -> list[str]:
    """Say which web UIs that are to serve do not run, with the end of their logs."""
    units = {
        card: node.description.unit(card, serving.slot)
        for card, serving in state.cards.items()
        if card in node.description.cards
    }
    states = node.units.states(list(units.values())) if units else {}
    lines = []
    for card, unit in units.items():
        if states[unit] != "active":
            lines += [f"card {card}: {unit} is {states[unit]}; the last lines of its log:"]
            lines += [f"  {line}" for line in node.units.log(unit)]
    return lines


def _success(node: Node, state: State) -> str:
    return f"{node.description.service}: {state.wanted} serves{cut_jobs(node, state)}"
