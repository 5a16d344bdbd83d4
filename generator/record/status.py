"""The state of the fleet: nodes by release, who is behind, who is in trouble and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from generator.inventory import KnownNode
from generator.record.nodes import NodeState
from generator.record.trouble import SEVERITY, Kind, Trouble, is_behind, newest_commits, troubles
from generator.record.values import INTERVAL


@dataclass(frozen=True, slots=True)
class Assessed:
    """A node, what is wrong with it (the worst first), and whether it last ran older code than others."""

    node: NodeState
    troubles: tuple[Trouble, ...]
    behind: bool

    @property
    def worst(self) -> Kind | None:
        """The worst of its troubles; None where it is well."""
        return self.troubles[0].kind if self.troubles else None


@dataclass(frozen=True)
class Status:
    """The fleet at a time; ``commits`` is the newest code commit of each Puppet environment."""

    at: datetime
    nodes: Sequence[Assessed]
    commits: Mapping[str, str]

    @property
    def in_trouble(self) -> list[Assessed]:
        """Those in trouble: the worst first, and by name."""
        found = [one for one in self.nodes if one.worst]
        return sorted(found, key=lambda one: (_rank(one), one.node.certname))

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many nodes have each kind of trouble, the worst kind first; a node with two counts twice."""
        counts = Counter(kind for one in self.nodes for kind in {trouble.kind for trouble in one.troubles})
        return {kind: counts[kind] for kind in Kind if counts[kind]}

    @property
    def behind(self) -> dict[str, int]:
        """How many nodes of each Puppet environment ran older code than its newest."""
        counts = Counter(one.node.run.environment for one in self.nodes if one.behind and one.node.run)
        return {environment: counts[environment] for environment in self.commits}

    def releases(self) -> list[Release]:
        """Count nodes by what serves: of each service, the release that most nodes serve first."""
        counts: dict[tuple[str, str | None], list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in self.nodes:
            for service in one.node.services:
                tally = counts[service.service, service.active]
                tally[0] += 1
                tally[1] += not one.troubles
                tally[2] += not service.on_target
        found = [Release(service, release, *tally) for (service, release), tally in counts.items()]
        return sorted(found, key=lambda one: (one.service, -one.nodes, one.release or ""))


@dataclass(frozen=True)
class Release:
    """What serves (None: nothing), on how many nodes; how many are well, how many are to serve another."""

    service: str
    release: str | None
    nodes: int
    well: int
    want_another: int


def assess(states: Iterable[NodeState], now: datetime, silent_runs: int) -> Status:
    """Judge each node at the time ``now``."""
    nodes = list(states)
    newest = newest_commits(nodes)
    found = [
        Assessed(node, tuple(troubles(node, now, silent_runs)), is_behind(node, newest)) for node in nodes
    ]
    return Status(now, found, dict(sorted(newest.items())))


def with_invited(states: Sequence[NodeState], invited: Iterable[KnownNode]) -> list[NodeState]:
    """Add the nodes of the inventory that never reported, and so are none of ``states``; by name."""
    reported = {state.certname for state in states}
    missing = [
        NodeState(node.certname, node.role, node.environment, INTERVAL, None)
        for node in invited
        if node.certname not in reported
    ]
    return sorted([*states, *missing], key=lambda state: state.certname)


def pick(nodes: Sequence[Assessed], room: int) -> list[Assessed]:
    """Choose ``room`` of the nodes in trouble, so that each kind is seen before any has many; in their order.

    ``nodes`` are in the order of :attr:`Status.in_trouble`.
    """
    places: Counter[Kind | None] = Counter()
    turns: list[tuple[int, int]] = []
    for index, one in enumerate(nodes):
        turns.append((places[one.worst], index))
        places[one.worst] += 1
    return [nodes[index] for index in sorted(index for _, index in sorted(turns)[: max(room, 0)])]


def _rank(one: Assessed) -> int:
    return SEVERITY[one.worst] if one.worst else len(SEVERITY)
