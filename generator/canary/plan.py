"""What a rollout would do, step by step: shown before anything is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.bump import check_pinned
from generator.canary import rollout_file
from generator.canary.candidates import Candidates, consider
from generator.canary.ranking import choose
from generator.canary.rollout import Rollout, State
from generator.canary.words import count, named, standing
from generator.inventory import KnownNode

#: The steps of a rollout that says nothing of them, in percent.
STEPS = (10, 25, 50, 100)


@dataclass(frozen=True)
class Step:
    """Who has the revision at a ``percent``: the ``members``, of which those that ``join`` are new."""

    percent: int
    members: list[str]
    join: list[str]


@dataclass(frozen=True)
class Plan:
    """The ``steps`` of a rollout, over the ``candidates`` among the ``known`` nodes.

    ``only`` are names and globs of those that are asked of. ``rollout`` is the service's that is under way,
    if any: one of the same revision goes on in the steps.
    """

    service: str
    revision: str
    steps: list[Step]
    candidates: Candidates
    only: tuple[str, ...]
    known: int
    rollout: Rollout | None

    @property
    def goes_on(self) -> bool:
        """Whether it is about the rollout that is under way."""
        return self.rollout is not None and _goes_on(self.rollout, self.revision)


def make(
    root: Path,
    service: str,
    revision: str,
    steps: tuple[int, ...] | None,
    only: tuple[str, ...],
    nodes: Sequence[KnownNode],
) -> Plan:
    """Plan to give ``revision`` of ``service`` to some of ``nodes``, in ``steps``; None for what is usual.

    Raises:
        FleetError: there is no such service, or nothing pins the revision.
        InputError: hiera.yaml, the rollout's file or another that is asked is broken.
    """
    check_pinned(root, service, revision)
    rollout = rollout_file.read(root, service)
    going = rollout if rollout and _goes_on(rollout, revision) else None
    only = only or (going.only if going else ())
    candidates = consider(root, service, revision, only, nodes)
    members = list(going.members) if going else []
    planned = []
    for percent in steps or (going.steps if going else STEPS):
        if going and percent < going.step:
            continue
        salt = going.salt if going else revision
        after = choose(candidates.asked, members, percent, service, salt)
        planned.append(Step(percent, after, sorted(set(after).difference(members))))
        members = after
    return Plan(service, revision, planned, candidates, only, len(nodes), rollout)


def text(plan: Plan) -> str:
    """Return the steps, and who is not asked, and why."""
    return "\n".join([*_head(plan), *_steps(plan), *_left_out(plan)])


def data(plan: Plan) -> dict[str, Any]:
    """Return the same, with all names, for ``--json``."""
    found = plan.candidates
    return {
        "service": plan.service,
        "revision": plan.revision,
        "under_way": plan.goes_on,
        "known": plan.known,
        "asked": found.asked,
        "steps": [
            {"percent": step.percent, "members": step.members, "join": step.join} for step in plan.steps
        ],
        "not_asked": {
            "own": {name: str(path) for name, path in found.own.items()},
            "there": {str(path): names for path, names in found.there.items()},
            "other_names": found.other_names,
            "other_roles": found.other_roles,
        },
    }


def _goes_on(rollout: Rollout, revision: str) -> bool:
    return rollout.revision == revision and rollout.state is not State.ABORTED


def _head(plan: Plan) -> Iterator[str]:
    if plan.rollout:
        said = f"{plan.rollout.service} {plan.rollout.revision} {standing(plan.rollout)}"
        yield said if plan.goes_on else f"{said}: it has to end before another one begins"
    yield f"{plan.service} {plan.revision} can be asked of {count(plan.candidates.asked)} of {plan.known:,}"


def _steps(plan: Plan) -> Iterator[str]:
    if not plan.candidates.asked:
        return
    for number, step in enumerate(plan.steps):
        if not step.join:
            yield f"  {step.percent:3} %  {count(step.members)}, no other than before"
        elif number == 0 and len(step.join) == len(step.members):
            yield f"  {step.percent:3} %  {named(step.members)}"
        else:
            new = named(step.join).partition(": ")[2]
            yield f"  {step.percent:3} %  {count(step.members)}, {len(step.join):,} new: {new}"


def _left_out(plan: Plan) -> Iterator[str]:
    found = plan.candidates
    whys: list[tuple[str, list[str]]] = [
        ("they have a line of their own, in hieradata/nodes", list(found.own)),
        *((f"they run it already, by {path}", names) for path, names in found.there.items()),
        (f"they are not called {' or '.join(plan.only)}", found.other_names),
        (f"no role of theirs brings {plan.service}", found.other_roles),
    ]
    if any(names for _, names in whys):
        yield "not asked:"
    for why, names in whys:
        if names:
            yield f"  {why}: {named(names)}"
