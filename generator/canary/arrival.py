"""Which nodes of a rollout have its last commit, and serve what it gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from generator.canary.rollout import Rollout, State
from generator.record.nodes import NodeState, ServiceState
from generator.record.trouble import Trouble


@dataclass(frozen=True)
class Arrival:
    """A node of a rollout, as the record has it.

    ``arrived``: its last run had the rollout's last commit, and all its cards serve what that gives it. None:
    that is not known. ``serves`` is its release, None where nothing serves or that is not known, too.
    """

    certname: str
    arrived: bool | None
    serves: str | None = None
    trouble: str | None = None


def release_base(revision: str, commit: str) -> str:
    """Return what the names of a revision's releases begin with; a digest of how they are built may follow.

    >>> release_base("v24-beta", "830f6f8f94a51fea23ab1d639027a86200075a4e")
    'v24-beta-830f6f8'
    """
    return f"{revision}-{commit[:7]}"


def is_of(release: str | None, base: str) -> bool:
    """Whether ``release`` is one of those whose names begin with ``base``.

    >>> is_of("v24-830f6f8-1234567", "v24-830f6f8"), is_of("v24-beta-830f6f8", "v24-830f6f8")
    (True, False)
    """
    return release == base or (release or "").startswith(f"{base}-")


def arrival(
    rollout: Rollout,
    certname: str,
    states: Mapping[str, NodeState],
    base: str,
    has_commit: Callable[[str], bool | None],
    troubles: Callable[[NodeState], list[Trouble]],
) -> Arrival:
    """Say whether a node has arrived.

    ``base`` begins the names of the revision's releases, and ``has_commit`` says whether a code commit has
    the rollout's last one.
    """
    state = states.get(certname)
    if state is None and states and rollout.state is State.ABORTED:
        return Arrival(certname, True, None, "has left the fleet")
    if state is None or state.run is None:
        return Arrival(certname, False, None, "never reported")
    service = next((one for one in state.services if one.service == rollout.service), None)
    serves = service.active if service else None
    bad = troubles(state)
    trouble = bad[0].text if bad else None
    if state.run.commit is None or state.run.cached_catalogue:
        return Arrival(certname, False, serves, trouble)
    had = has_commit(state.run.commit)
    arrived = had and _right(rollout, service, base)
    return Arrival(certname, arrived, serves, trouble or (None if had is not None else _STRANGE))


_STRANGE = "runs code that this clone does not have (git pull)"


def _right(rollout: Rollout, service: ServiceState | None, base: str) -> bool:
    if rollout.state is State.ABORTED:
        # it may serve the same revision by a line of its own, or have another role now
        return service is None or service.wanted is None or service.on_target
    return service is not None and service.on_target and is_of(service.active, base)
