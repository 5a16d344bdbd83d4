"""The moves of a rollout: for each, the files that it changes, the nodes that it moves, and its message.

Nothing is written before :func:`commit`. An operator's verbs and the driver make the same moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from generator import git_commit
from generator.bump import check_pinned, refuse_link
from generator.canary import rollout_file
from generator.canary.places import places, refuse_no_layer
from generator.canary.places import promote as into_places
from generator.canary.ranking import choose
from generator.canary.rollout import Rollout, State
from generator.canary.words import count, named, over, reason_line, standing
from generator.errors import FleetError
from generator.inventory import KnownNode
from generator.tree import Change


@dataclass(frozen=True)
class Move:
    """One commit of the rollout of a ``revision`` of a ``service``.

    ``rollout`` is as it stands afterwards, None where it is over. ``joins`` get its revision by this move,
    ``leaves`` go back.
    """

    service: str
    revision: str
    changes: tuple[Change, ...]
    rollout: Rollout | None
    message: str
    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()


def start(root: Path, wanted: Rollout, candidates: Sequence[str]) -> Move:
    """Begin ``wanted``, which is at its first step without members yet, with some of ``candidates``.

    Raises:
        FleetError: the service has a rollout, nothing pins the revision, or there is no candidate.
    """
    refuse_another(root, wanted.service)
    check_pinned(root, wanted.service, wanted.revision)
    refuse_no_layer(root)
    if not candidates:
        raise FleetError(
            f"no node can be asked of {wanted.service} {wanted.revision}{_of(wanted)} "
            f"(fleet canary plan {wanted.service} {wanted.revision} says why)"
        )
    # who starts it has approved its first step
    first = replace(wanted, approved=tuple(step for step in wanted.gates if step <= wanted.step))
    begun = _at(first, wanted.step, candidates, wanted.since)
    return _move(root, None, begun, "start", f"Start the canary of {_said(begun)}")


def onward(root: Path, rollout: Rollout, candidates: Sequence[str], now: datetime) -> Move:
    """Take the next step.

    Raises:
        FleetError: there is none, or somebody has to approve it first.
    """
    step = rollout.next_step
    if step is None or rollout.gate is not None or rollout.state is not State.RUNNING:
        raise FleetError(f"{rollout.service} {rollout.revision} has no step to take: {standing(rollout)}")
    after = _at(rollout, step, candidates, _second(now))
    return _move(root, rollout, after, "onward", f"Go on with the canary of {_said(after)}")


def hold(root: Path, rollout: Rollout, reason: str, now: datetime) -> Move:
    """Keep it as it is until somebody lets it go on.

    Raises:
        FleetError: it is held or taken back already, or ``reason`` is none.
    """
    if rollout.state is not State.RUNNING:
        raise FleetError(_already(rollout, f"fleet canary abort {rollout.service} takes it back"))
    after = rollout.held(reason_line(reason), _second(now))
    return _move(root, rollout, after, "hold", f"Hold the canary of {_said(after)}")


def approve(root: Path, rollout: Rollout, now: datetime) -> Move:
    """Let a rollout that is held go on, or else approve its next gate.

    Raises:
        FleetError: there is nothing to approve.
    """
    if rollout.state is State.HELD:
        after = rollout.at(rollout.step, rollout.members, _second(now))
        return _move(root, rollout, after, "resume", f"Let the canary go on of {_said(after)}")
    gate = next((one for one in rollout.gates if one > rollout.step and one not in rollout.approved), None)
    if rollout.state is State.ABORTED or gate is None:
        raise FleetError(
            f"there is nothing to approve: {rollout.service} {rollout.revision} {standing(rollout)}"
        )
    after = replace(rollout, approved=tuple(sorted({*rollout.approved, gate})))
    return _move(root, rollout, after, "approve", f"Approve {gate} % for the canary of {_said(after)}")


def abort(root: Path, rollout: Rollout, reason: str, now: datetime) -> Move:
    """Take it back: all members go back to what they had.

    Raises:
        FleetError: it is taken back already, or ``reason`` is none.
    """
    if rollout.state is State.ABORTED:
        raise FleetError(_already(rollout, over(rollout)))
    after = rollout.aborted(reason_line(reason), _second(now))
    return _move(root, rollout, after, "abort", f"Take back the canary of {_said(rollout)}")


def finish(root: Path, rollout: Rollout) -> Move:
    """Remove the file of a rollout that was taken back, when all nodes are back.

    Raises:
        FleetError: it was not taken back.
    """
    if rollout.state is not State.ABORTED:
        raise FleetError(f"{rollout.service} {rollout.revision} is not over: {standing(rollout)}")
    return _move(root, rollout, None, "finish", f"Close the canary of {rollout.service} {rollout.revision}")


def promote(
    root: Path, rollout: Rollout, candidates: Sequence[str], nodes: Sequence[KnownNode], *, now: bool = False
) -> Move:
    """Give the nodes of the last step the revision for good, and remove the file: one change set.

    ``nodes`` is the whole fleet. Before the last step, or where it is held, ``now`` takes what is missing at
    once.

    Raises:
        FleetError: it is not at its last step, or was taken back; with the cure.
    """
    refuse_early(rollout, now=now)
    # a node that came to the fleet meanwhile is one of 100 %, too
    last = _at(rollout, rollout.steps[-1], candidates, rollout.since)
    found = places(root, rollout.service, nodes)
    changes = into_places(root, rollout.service, rollout.revision, last.members, found)
    said = f"Promote {rollout.service} to {rollout.revision} after its canary at {rollout.step} %"
    move = _move(root, rollout, None, "promote", f"{said}: {count(last.members)}", last.members)
    return replace(move, changes=(*changes, *move.changes))


def commit(root: Path, move: Move) -> str:
    """Write the files of a move and commit them, and none else; return the short hash.

    Raises:
        FleetError: a file has uncommitted changes, git does not know who commits, or does not commit.
            Nothing has changed then.
    """
    git_commit.refuse_mixture(root, [change.path for change in move.changes], "commit or undo them first")
    git_commit.refuse_nobody(root)
    return git_commit.commit(root, move.changes, move.message)


def refuse_early(rollout: Rollout, *, now: bool) -> None:
    """Refuse to promote one that was taken back, or, but ``now``, one that is not at its end.

    Raises:
        FleetError: with the cure.
    """
    if rollout.state is State.ABORTED:
        raise FleetError(_already(rollout, over(rollout)))
    if not now and (rollout.next_step is not None or rollout.state is State.HELD):
        raise FleetError(
            f"{rollout.service} {rollout.revision} {standing(rollout)} (--now gives it to the nodes of "
            f"{rollout.steps[-1]} % at once, without a look at them)"
        )


def refuse_another(root: Path, service: str) -> None:
    """Refuse to start a rollout beside another of the same service.

    Raises:
        FleetError: with the state of the one there, and the cure.
    """
    if there := rollout_file.read(root, service):
        aborted = there.state is State.ABORTED
        cure = over(there) if aborted else f"fleet canary promote, or abort, {service} ends it"
        said = f"{service} has a rollout already: {there.revision} {standing(there)}"
        raise FleetError(f"{root / there.file}: {said} ({cure})")


def _second(time: datetime) -> datetime:
    """Return a time as a file has it."""
    return time.replace(microsecond=0)


def _at(rollout: Rollout, step: int, candidates: Iterable[str], now: datetime) -> Rollout:
    members = choose(candidates, rollout.members, step, rollout.service, rollout.salt)
    return rollout.at(step, tuple(sorted(members)), now)


def _move(
    root: Path,
    before: Rollout | None,
    after: Rollout | None,
    verb: str,
    subject: str,
    members: tuple[str, ...] | None = None,
) -> Move:
    """Make a move of the file; ``members`` have the revision afterwards, those of ``after`` if not said."""
    rollout = after or before
    assert rollout
    refuse_link(root, rollout.file)
    path = root / rollout.file
    there = path.read_bytes() if before else None
    change = Change(path, there, rollout_file.dump(after).encode() if after else None)
    had = set(before.members if before else ())
    have = set(after.members if after else members or ())
    joins, leaves = tuple(sorted(have - had)), tuple(sorted(had - have))
    told = [
        *([f"gives {rollout.revision} to {named(joins)}"] if joins else []),
        *([f"takes {rollout.revision} from {named(leaves)}"] if leaves else []),
        *(["moves no node"] if not joins and not leaves else []),
    ]
    trailers = {
        "Canary": verb,
        "Service": rollout.service,
        "Revision": rollout.revision,
        "Step": str(rollout.step),
        "Members": str(len(have)),
        "Reason": rollout.reason,
    }
    said = [f"{key}: {value}" for key, value in trailers.items() if value is not None]
    message = "\n".join([subject, "", *told, "", *said])
    return Move(rollout.service, rollout.revision, (change,), after, message, joins, leaves)


def _said(rollout: Rollout) -> str:
    return f"{rollout.service} {rollout.revision} at {rollout.step} %: {count(rollout.members)}"


def _of(rollout: Rollout) -> str:
    return f" among {', '.join(rollout.only)}" if rollout.only else ""


def _already(rollout: Rollout, cure: str) -> str:
    return f"{rollout.service} {rollout.revision} {standing(rollout)} ({cure})"
