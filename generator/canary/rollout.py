"""A rollout: which nodes get a new revision of a service before the others, and how it goes on.

Its state is the file ``hieradata/cohorts/SERVICE.yaml``, and its history is git's: there is a file as long as
a rollout is under way. Puppet reads it by the Hiera function ``releases::cohort``, which gives the
``members`` the ``revision``; all else in it is for ``fleet canary``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

#: Below the control repository: the rollout of each service that has one.
COHORTS = Path("hieradata") / "cohorts"


class State(Enum):
    """How a rollout stands; the value is its name in the file."""

    #: The members have the revision, and its driver goes on with it.
    RUNNING = "running"
    #: The members keep the revision, and nothing happens until somebody says so.
    HELD = "held"
    #: It was taken back: there are no members, and those that were go back to what they had.
    ABORTED = "aborted"


class Breach(Enum):
    """What a driver does where the new revision is not well; the value is its name in the file."""

    ABORT = "abort"
    HOLD = "hold"


@dataclass(frozen=True)
class Rollout:
    """A rollout of ``service``.

    ``steps`` are percents of the nodes that are asked of, rising to 100 or less; ``step`` is the one in
    force. ``since`` is when it, or another ``state``, came into force. A step has to be well for ``windows``
    times ``interval`` seconds. Before each step of ``gates`` somebody has to approve, which puts it into
    ``approved``. ``only`` are names and globs of the nodes that are asked of; empty for all. ``traffic`` is
    the percent of a gateway's requests that the members get; None for the percent in force.
    ``members`` have the revision now; ``taken_back`` are those that had it before it was aborted. ``reason``
    says in a line why it is held or was aborted.
    """

    service: str
    revision: str
    steps: tuple[int, ...]
    step: int
    since: datetime
    interval: int
    salt: str
    members: tuple[str, ...]
    windows: int = 1
    state: State = State.RUNNING
    on_breach: Breach = Breach.ABORT
    gates: tuple[int, ...] = ()
    approved: tuple[int, ...] = ()
    only: tuple[str, ...] = ()
    traffic: int | None = None
    taken_back: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def file(self) -> Path:
        """Where it is kept, relative to the repository."""
        return COHORTS / f"{self.service}.yaml"

    @property
    def next_step(self) -> int | None:
        """The percent that comes next; None after the last step."""
        return next((step for step in self.steps if step > self.step), None)

    @property
    def gate(self) -> int | None:
        """The next step, where somebody has to approve it first; None where nobody has to."""
        step = self.next_step
        return step if step in self.gates and step not in self.approved else None

    @property
    def share(self) -> int:
        """The percent of a gateway's requests that the members get."""
        return self.step if self.traffic is None else self.traffic

    def held(self, reason: str, now: datetime) -> Rollout:
        """Return it, held at its step."""
        return replace(self, state=State.HELD, reason=reason, since=now)

    def aborted(self, reason: str, now: datetime) -> Rollout:
        """Return it, taken back: nobody has the revision any more."""
        return replace(
            self,
            state=State.ABORTED,
            reason=reason,
            since=now,
            members=(),
            taken_back=tuple(sorted({*self.members, *self.taken_back})),
        )

    def at(self, step: int, members: tuple[str, ...], now: datetime) -> Rollout:
        """Return it at a step, running, with the members of then."""
        return replace(self, state=State.RUNNING, step=step, members=members, since=now, reason=None)
