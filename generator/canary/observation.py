"""What is known of a rollout at a moment: of each member, and numbers of its cohort and of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from generator.canary.rollout import Rollout


@dataclass(frozen=True)
class Member:
    """A node that has the new revision, as the record has it.

    ``reported`` is when its last report came, None where it never did; ``interval`` is how often it is to
    report, in seconds. ``arrived`` is when it first reported with the commit of the step, and ``serves``
    since when all its cards serve the new release; None where they do not. ``fault`` says what its last
    report says against the new release, with the ``check`` that it is a breach of. ``heard`` says whether
    the record would have a report of its last interval: it has others of then.
    """

    certname: str
    interval: int
    reported: datetime | None = None
    arrived: datetime | None = None
    serves: datetime | None = None
    check: str = ""
    fault: str = ""
    heard: bool = True

    @property
    def settled(self) -> datetime | None:
        """Since when it serves the new release by the step's commit; None where it does not."""
        return max(self.arrived, self.serves) if self.arrived and self.serves else None


@dataclass(frozen=True)
class Returning:
    """A node that had the revision of a rollout that was taken back; ``back`` once it has its own again."""

    certname: str
    back: bool


@dataclass(frozen=True)
class Numbers:
    """What Prometheus has of some nodes over a while.

    ``jobs`` are streams that ended, ``failed`` those of them that failed; ``seconds`` is how long one took on
    average. ``memory`` is what a web UI has, and ``gpu_memory`` what is in use of a card, in bytes on
    average. ``missing`` names the nodes of which there is nothing.
    """

    nodes: int
    jobs: float = 0.0
    failed: float = 0.0
    seconds: float | None = None
    restarts: float = 0.0
    memory: float | None = None
    gpu_memory: float | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What is known now.

    ``members`` is None where PuppetDB does not answer, ``cohort`` where Prometheus does not. ``stable`` are
    the numbers of those that the members are compared to; ``alone`` says that there are none, so that only
    what needs no comparison can be judged. ``blind`` says who does not answer, a line each. ``smoke`` names
    the members whose request of a test failed, and why; None where none could be made.
    """

    members: tuple[Member, ...] | None
    returning: tuple[Returning, ...] | None = ()
    cohort: Numbers | None = None
    stable: Numbers | None = None
    alone: bool = False
    smoke: tuple[str, ...] | None = ()
    blind: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Window:
    """From when on numbers are judged, and of which members."""

    start: datetime
    members: tuple[str, ...]
    whole: bool


def window(rollout: Rollout, members: Sequence[Member]) -> Window | None:
    """Return what is judged: all members since the last of them settled; None where none has.

    Until all have, it is the half of them that came first, so that what is wrong is seen before the slowest
    agent has run; that is no ``whole`` window.
    """
    settled = sorted((member.settled, member.certname) for member in members if member.settled)
    if not settled:
        return None
    whole = len(settled) == len(members)
    first = settled if whole else settled[: (len(settled) + 1) // 2]
    start = max(rollout.since, first[-1][0])
    return Window(start, tuple(name for _, name in first), whole)
