"""A rollout in words."""

from __future__ import annotations

from collections.abc import Sequence, Sized

from generator.canary.rollout import Rollout, State
from generator.errors import FleetError
from generator.git_reason import plain
from generator.names import MOST

#: Letters of a reason: two lines of a screen.
LONGEST_REASON = 300


def standing(rollout: Rollout) -> str:
    """Say in a clause how a rollout stands."""
    match rollout.state:
        case State.HELD:
            return f"is held at {rollout.step} %: {rollout.reason or 'nobody said why'}"
        case State.ABORTED:
            return f"was taken back at {rollout.step} %: {rollout.reason or 'nobody said why'}"
    if rollout.gate is not None:
        return f"is at {rollout.step} %, and somebody has to approve {rollout.gate} %"
    if rollout.next_step is None:
        return f"is at {rollout.step} %, its last step"
    return f"is at {rollout.step} %, before {rollout.next_step} %"


def over(rollout: Rollout) -> str:
    """Say what ends one that was taken back."""
    return f"its driver removes the file when all nodes are back; {by_hand(rollout)}"


def by_hand(rollout: Rollout) -> str:
    """Say how one that was taken back is ended without a driver."""
    return f"where none runs: git rm {rollout.file}"


def count(names: Sized) -> str:
    """Count nodes.

    >>> count(["tts1"]), count(["tts1"] * 5000)
    ('1 node', '5,000 nodes')
    """
    return "1 node" if len(names) == 1 else f"{len(names):,} nodes"


def named(names: Sequence[str]) -> str:
    """Count nodes, and name the first of them."""
    more = ", …" if len(names) > MOST else ""
    return f"{count(names)}: {', '.join(names[:MOST])}{more}"


def reason_line(reason: str) -> str:
    """Make one line of a reason, which may hold what a node or a service said.

    Raises:
        FleetError: it is empty.
    """
    line = plain(" ".join(reason.split())).strip()
    if not line:
        raise FleetError("the reason is empty (say why, in a few words)")
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
