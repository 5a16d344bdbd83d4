"""How the rollouts stand: their files, what git says of them, and what the record says of their nodes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from generator import git_commit
from generator.bump import HIERADATA
from generator.canary import history, rollout_file
from generator.canary.arrival import Arrival, arrival, release_base
from generator.canary.history import Ended, Said
from generator.canary.rollout import Rollout, State
from generator.canary.words import by_hand, count
from generator.catalogue import CATALOGUE, Catalogue
from generator.errors import CommandFailed
from generator.hiera import Data
from generator.record.nodes import NodeState
from generator.record.trouble import troubles


@dataclass(frozen=True)
class Standing:
    """A rollout under way, and its ``nodes``: the members, or those that it was taken back from.

    ``said`` is the commit that moved it last, ``step`` the one that nodes have to have; both are None where
    the file was not committed yet. ``edited``: it has uncommitted changes. ``overruled`` are members with a
    line of their own, which wins, and its file.
    """

    rollout: Rollout
    said: Said | None
    step: str | None
    edited: bool
    nodes: tuple[Arrival, ...]
    overruled: dict[str, str]

    @property
    def away(self) -> int | None:
        """How many nodes have not arrived; None where that is not known of some."""
        if any(node.arrived is None for node in self.nodes):
            return None
        return sum(not node.arrived for node in self.nodes if node.certname not in self.overruled)

    def waits_for(self, now: datetime) -> str:
        """Say what it waits for, in a clause."""
        rollout = self.rollout
        if rollout.state is State.HELD:
            return f"somebody: fleet canary approve {rollout.service} lets it go on, and abort takes it back"
        away, every = self.away, count(self.nodes)
        whom = every if away in (None, len(self.nodes)) else f"{away:,} of {every}"
        if rollout.state is State.ABORTED:
            if away == 0:
                return f"its driver, which removes the file; {by_hand(rollout)}"
            return f"{whom} to go back"
        commit = f" with {self.step[:7]}" if self.step else ""
        window = rollout_file.interval_text(rollout.windows * rollout.interval)
        if away == 0:
            left = rollout.windows * rollout.interval - (now - rollout.since).total_seconds()
            window_over = f"{window} to go well" + ("" if left > 0 else ", which may be over")
        else:
            window_over = (
                f"{whom} to report{commit} and to serve {rollout.revision}, then {window} to go well"
            )
        return f"{window_over}, then {self._next()}"

    def _next(self) -> str:
        rollout = self.rollout
        if rollout.gate is not None:
            return f"for somebody (fleet canary approve {rollout.service}), then {rollout.gate} %"
        return "promotion" if rollout.next_step is None else f"{rollout.next_step} %"


@dataclass(frozen=True)
class Status:
    """The rollouts at a time. ``unknown`` says why the record is not known, None where it is."""

    at: datetime
    standings: tuple[Standing, ...]
    ended: tuple[Ended, ...]
    unknown: str | None


def status(
    root: Path,
    service: str | None,
    states: Sequence[NodeState] | None,
    now: datetime,
    unknown: str | None = None,
) -> Status:
    """Put together how the rollouts stand, of ``service`` or all.

    ``states`` is what the record has; None where that is not known, for the reason ``unknown``.

    Raises:
        InputError: a rollout's file, or the catalogue, is broken.
    """
    if service is None:
        rollouts = rollout_file.read_all(root)
    else:
        found = rollout_file.read(root, service)
        rollouts = [found] if found else []
    data = Data()
    standings = tuple(_standing(root, data, rollout, states, now) for rollout in rollouts)
    return Status(now, standings, tuple(history.ended(root, service)), unknown)


def _standing(
    root: Path, data: Data, rollout: Rollout, states: Sequence[NodeState] | None, now: datetime
) -> Standing:
    said, step = history.last_said(root, rollout.file), history.last_step(root, rollout.file)
    names = rollout.taken_back if rollout.state is State.ABORTED else rollout.members
    if states is None:
        nodes = tuple(Arrival(name, None) for name in names)
    else:
        pins = Catalogue(root / CATALOGUE / f"{rollout.service}.yaml", rollout.service).releases
        base = release_base(rollout.revision, str(pins.get(rollout.revision, {}).get("commit", "")))
        known = {state.certname: state for state in states}
        has = functools.cache(lambda commit: history.has(root, commit, step) if step else None)
        nodes = tuple(
            arrival(rollout, name, known, base, has, functools.partial(troubles, now=now)) for name in names
        )
    return Standing(rollout, said, step, _edited(root, rollout), nodes, _overruled(root, data, rollout))


def _edited(root: Path, rollout: Rollout) -> bool:
    try:
        return bool(git_commit.uncommitted(root, [root / rollout.file]))
    except CommandFailed:
        return False  # no git repository: a copy of it


def _overruled(root: Path, data: Data, rollout: Rollout) -> dict[str, str]:
    """Map each member with a line of its own to the file that has it: that is above the rollouts' layer."""
    files = {name: HIERADATA / "nodes" / f"{name}.yaml" for name in rollout.members}
    key = f"{rollout.service}::revision"
    return {name: str(file) for name, file in files.items() if data.holds(root / file, key)}
