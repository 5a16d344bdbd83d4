"""Where a value comes from, and who else gets it from there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from generator.errors import FleetError
from generator.hiera import LOOKUP_OPTIONS, Data, Entry, Hierarchy, Lookup, Result, Scope
from generator.hiera.keys import parse_key
from generator.hiera.values import identity
from generator.inventory import KnownNode, choose, known_nodes


@dataclass(frozen=True)
class Explanation:
    """A lookup for ``node``; ``shadowed`` are the places after the winner, with their values as written.

    ``sharing`` names the known nodes, of ``known`` in all, that get the same value out of the same places.
    """

    node: KnownNode
    result: Result
    shadowed: tuple[Entry, ...]
    sharing: list[str]
    known: int


def explain(root: Path, certname: str, key: str) -> Explanation:
    """Look ``key`` up for the known node ``certname`` of the repository at ``root``.

    Raises:
        FleetError: there is no such node, or ``key`` is none.
        InputError: hiera.yaml, the inventory, or a file that is asked is broken.
    """
    nodes = known_nodes(root)
    [node] = choose(nodes, [certname])
    hierarchy, data = Hierarchy.load(root), Data()
    lookup = Lookup(hierarchy, data, Scope.of(node))
    result = lookup.find(key)
    if not result.trail:
        raise FleetError(f"{LOOKUP_OPTIONS} is no data (name a key that it speaks of)")
    sharers = _Sharers(lookup, result)
    sharing = [
        other.certname
        for other in nodes
        if other is node or sharers.has(Lookup(hierarchy, data, Scope.of(other)))
    ]
    return Explanation(node, result, _shadowed(lookup, result), sharing, len(nodes))


def _shadowed(lookup: Lookup, result: Result) -> tuple[Entry, ...]:
    """Return what follows the last place of the trail. All of it was read before, for lookup_options."""
    entries = []
    parsed = parse_key(result.key)
    for level, path in list(lookup.places(parsed.module))[len(result.trail) :]:
        if path is None or not lookup.data.exists(path):
            entries.append(Entry(level, path))
            continue
        document = lookup.data.read(path, level.reader)
        found = parsed.root in document.data
        line, column = document.position((parsed.root,), key=True) if found else (None, None)
        entries.append(Entry(level, path, True, found, line, column, document.data.get(parsed.root)))
    return tuple(entries)


class _Sharers:
    """Tells who gets a result, too. A node is looked up only where the files do not say so."""

    def __init__(self, lookup: Lookup, result: Result) -> None:
        self.result = result
        self.key = parse_key(result.key)
        self.used = [(entry.level, entry.path) for entry in result.used]
        self.options = list(lookup.holders(LOOKUP_OPTIONS, self.key.module))

    def has(self, other: Lookup) -> bool:
        """Whether the node of ``other`` gets it."""
        holders = other.holders(self.key.root, self.key.module)
        try:
            if self.used != list(holders if self.result.strategy.merges else itertools.islice(holders, 1)):
                return False
            options = other.holders(LOOKUP_OPTIONS, self.key.module)
            if not self.result.interpolated and self.options == list(options):
                return True
            return _outcome(other.find(self.result.key)) == _outcome(self.result)
        except FleetError:
            return False


def _outcome(result: Result) -> object:
    return result.found, identity(result.value), [(entry.path, entry.line) for entry in result.used]
