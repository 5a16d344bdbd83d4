"""The command line. What a verb needs is imported when it is called: Puppet calls `active` on every run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from releases import cards, description, files, ports, web_ui
from releases.description import Places
from releases.disk import Disk
from releases.errors import AnswerIsNo, ReleasesError
from releases.front import Front
from releases.node import Clock, Node
from releases.store import Store
from releases.units import Units
from releases.weights import Weights

USAGE = """usage: releases status [--json]
       releases SERVICE VERB

  status [--json]  which release serves, since when, what failed last, and which weights are old
  list             the releases on the disk, and the weights that none of them needs
  active           the deployment that serves
  active ID        does ID serve, as it was put there? (exit status)
  activate ID      bring ID to serve
  restart          start what serves anew, in its other slot
  rollback         return to the release before, and leave this one until it is retried
  retry            try again what failed
  prune            delete the releases that nothing needs; with --weights, then their weights, too
  drain COMMAND    let no new job in, wait for those that run, and then run the command, such as
                   systemctl reboot; where this machine stays up after it, let jobs in again
  note             write down for the front which release is in which slot, and whether it is to take jobs
  steer            give the front the weights that the state asks for
  ports            who has a port of the front's that is not the front
  reload PID       what the front's unit runs for systemctl reload
  reconcile        what releases@SERVICE.service runs
  watch            what releases-watch@SERVICE.service runs

example: releases indextts2 rollback
exit status: 0 done; 1 the answer is no: the message says why; 2 the input is wrong"""

NODE = Places()

Verb = Callable[[Node, Sequence[str]], None]


def main(arguments: Sequence[str], places: Places = NODE) -> int:
    """Run a command line; return the exit status."""
    try:
        return _run(list(arguments), places)
    except ReleasesError as error:
        print(f"releases: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        as_root = isinstance(error, PermissionError) and os.geteuid() != 0
        cure = " (run it as root)" if as_root else ""
        print(f"releases: {error.filename or 'a file'}: {error.strerror}{cure}", file=sys.stderr)
        return 2 if as_root else 1


def _run(arguments: list[str], places: Places) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if arguments else 2
    if arguments[0] == "status":
        _status([_node(name, places) for name in description.services(places)], arguments[1:])
        return 0
    if len(arguments) < 2 or arguments[1] not in VERBS:
        known = ", ".join(VERBS)
        raise ReleasesError(f"{' '.join(arguments[1:2]) or 'nothing'!r} is no verb (there is: {known})")
    verb, lock = VERBS[arguments[1]]
    node = _node(arguments[0], places)
    if not lock:
        verb(node, arguments[2:])
        return 0
    waiting = f"releases: {arguments[0]}: another releases is at work; waiting for it"
    path = f"{places.locks}/releases-{arguments[0]}.{lock}"
    with files.locked(path, lambda: print(waiting, file=sys.stderr)):
        verb(node.anew(), arguments[2:])
    if arguments[1:] == ["prune", "--weights"]:
        # whoever fetches may be at it for hours, and keeps no switch from its work
        node.weights.prune()
    return 0


def _node(service: str, places: Places, store: Store | None = None, looks: cards.Looks | None = None) -> Node:
    known = description.load(service, places)
    # what it could not write it has in memory, so there is one
    kept = store or Store(f"{places.states}/{service}.json", f"{places.locks}/releases-{service}.state.lock")
    under_way = looks or cards.Looks()
    return Node(
        description=known,
        store=kept,
        units=Units(places.units),
        front=Front(known),
        disk=Disk(known),
        weights=Weights(known.weights, service),
        clock=Clock(),
        say=lambda text: print(text, flush=True),
        smoke=lambda port: web_ui.smoke(known, port),
        queued=lambda port: web_ui.queued(known, port),
        gate=lambda card: cards.gate(known.gate, known.bindings.get(card)),
        look=lambda card: under_way.begin(known.lost, known.bindings.get(card)),
        lost=lambda: _by_name(known, under_way.lost()),
        holder=ports.holder,
        anew=lambda: _node(service, places, kept, under_way),
    )


def _by_name(known: description.Description, lost: Mapping[str, str]) -> dict[str, str]:
    return {card: lost[uuid] for card, uuid in known.bindings.items() if uuid and uuid in lost}


def _status(nodes: Sequence[Node], arguments: Sequence[str]) -> None:
    from releases import report

    if arguments not in ([], ["--json"]):
        raise ReleasesError(f"{' '.join(arguments)!r} is nothing that status takes (there is: --json)")
    found = [report.report(node) for node in nodes]
    if arguments:
        import json

        print(json.dumps({one["service"]: one for one in found}, indent=2, sort_keys=True))
    else:
        print("\n".join(report.as_text(one) for one in found))


def _list(node: Node, arguments: Sequence[str]) -> None:
    from releases import report

    _no_more(arguments)
    state = node.state()
    for release in node.disk.releases():
        print(f"{release.name}  {', '.join(report.roles(node, state, release.name))}".rstrip())
    for line in report.old_weights(node.description.service, report.weights(node)):
        print(line)


def _active(node: Node, arguments: Sequence[str]) -> None:
    from releases.active import active, check

    if arguments:
        check(node, _one(arguments))
    else:
        print("\n".join(active(node)))


def _activate(node: Node, arguments: Sequence[str]) -> None:
    from releases.request import activate

    print(activate(node, _one(arguments)))


def _restart(node: Node, arguments: Sequence[str]) -> None:
    from releases.request import restart

    _no_more(arguments)
    print(restart(node))


def _rollback(node: Node, arguments: Sequence[str]) -> None:
    from releases.request import rollback

    _no_more(arguments)
    print(rollback(node))


def _retry(node: Node, arguments: Sequence[str]) -> None:
    from releases.request import retry

    _no_more(arguments)
    print(retry(node))


def _prune(node: Node, arguments: Sequence[str]) -> None:
    from releases.prune import prune

    if arguments not in ([], ["--weights"]):
        raise ReleasesError(f"{' '.join(arguments)!r} is nothing that prune takes (there is: --weights)")
    for name in prune(node):
        node.say(f"deleted {name}")


def _reconcile(node: Node, arguments: Sequence[str]) -> None:
    from releases.switch import reconcile

    _no_more(arguments)
    try:
        reconcile(node)
    finally:
        _prune(node.anew(), [])


def _drain(node: Node, arguments: Sequence[str]) -> None:
    from releases.leave import leave

    if not arguments:
        raise ReleasesError("drain: the command is missing (releases SERVICE drain systemctl reboot)")
    leave(node, arguments)


def _watch(node: Node, arguments: Sequence[str]) -> None:
    from releases.watch import watch

    _no_more(arguments)
    watch(node)


def _note(node: Node, arguments: Sequence[str]) -> None:
    from releases.steering import note

    _no_more(arguments)
    note(node)


def _steer(node: Node, arguments: Sequence[str]) -> None:
    from releases.steering import steer_fresh

    _no_more(arguments)
    steer_fresh(node)


def _reload(node: Node, arguments: Sequence[str]) -> None:
    from releases.steering import reload

    if len(arguments) != 1 or not arguments[0].isdigit():
        raise ReleasesError(
            f"reload is for {node.description.front} (systemctl reload {node.description.front})"
        )
    reload(node, int(arguments[0]))


def _ports(node: Node, arguments: Sequence[str]) -> None:
    _no_more(arguments)
    known = node.description
    holders = {place: node.holder(place, known.front) for place in known.front_ports}
    taken = [f"port {place.rpartition(':')[2]} is taken by {by}" for place, by in holders.items() if by]
    if taken:
        raise AnswerIsNo(f"{known.front}: {', '.join(taken)} (end that, or give {known.service} another)")


def _one(arguments: Sequence[str]) -> str:
    if not arguments:
        raise ReleasesError("the ID of a deployment is missing (releases SERVICE status names them)")
    _no_more(arguments[1:])
    return arguments[0]


def _no_more(arguments: Sequence[str]) -> None:
    if arguments:
        raise ReleasesError(f"{' '.join(arguments)!r} is too much here (releases --help)")


#: A request waits for another, since each waits for what it has asked for.
_REQUEST = "lock"
#: Whoever holds this knows that no reload comes, since what a worker that one left has or gets cannot be
#: steered, and that nobody else prunes.
_SWITCH = "switch.lock"

#: Each verb, and the lock that it holds meanwhile.
VERBS: dict[str, tuple[Verb, str | None]] = {
    "status": (lambda node, arguments: _status([node], arguments), None),
    "list": (_list, None),
    "active": (_active, None),
    "activate": (_activate, _REQUEST),
    "restart": (_restart, _REQUEST),
    "rollback": (_rollback, _REQUEST),
    "retry": (_retry, _REQUEST),
    "prune": (_prune, _SWITCH),
    "drain": (_drain, _SWITCH),
    "note": (_note, None),
    "steer": (_steer, None),
    "ports": (_ports, None),
    "reload": (_reload, _SWITCH),
    "reconcile": (_reconcile, _SWITCH),
    "watch": (_watch, None),
}
