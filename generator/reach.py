"""How far the keys of a data file go: which known nodes see each, and what hides it from the others."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from generator.hiera import LOOKUP_OPTIONS, Data, Hierarchy, Level, Lookup, Scope
from generator.hiera.keys import module_of
from generator.inventory import known_nodes


@dataclass
class Reach:
    """How far one key goes.

    ``nodes`` see its value, or, where ``merges`` says so for one of them, a value that it is merged into;
    ``hidden_by`` counts, for each file, the nodes that get the key from there instead.
    """

    key: str
    line: int
    merges: bool = False
    nodes: list[str] = field(default_factory=list)
    hidden_by: Counter[Path] = field(default_factory=Counter)


@dataclass(frozen=True)
class FileReach:
    """Which of the ``known`` nodes read the file at ``path``, and how far each of its keys goes."""

    path: Path
    level: Level | None
    readers: list[str]
    known: int
    keys: list[Reach]


def reach(root: Path, path: Path) -> FileReach:
    """Say for each key of ``path``, a data file of the repository at ``root``, which known nodes see it.

    Raises:
        InputError: hiera.yaml, the inventory, the file, or one that a node reads before it is broken.
    """
    nodes = known_nodes(root)
    hierarchy = Hierarchy.load(root)
    reader = _Reader(hierarchy, root / os.path.relpath(path.absolute(), root.absolute()))
    for node in nodes:
        reader.see(Lookup(hierarchy, reader.data, Scope.of(node)), node.certname)
    return FileReach(reader.path, reader.level, reader.readers, len(nodes), list(reader.reaches.values()))


class _Reader:
    """Goes through the nodes, and keeps for one file what each makes of its keys."""

    def __init__(self, hierarchy: Hierarchy, path: Path) -> None:
        self.path = path
        self.data = Data()
        self.level: Level | None = None
        self.readers: list[str] = []
        document = self.data.read(path)
        keys = [key for key in document.data if key != LOOKUP_OPTIONS]
        self.reaches = {key: Reach(key, document.position((key,), key=True)[0]) for key in keys}
        #: a module's own file has keys of that module only
        self.modules: dict[str | None, None] = dict.fromkeys([None, *map(module_of, keys)])
        self._merging: dict[tuple[Path, ...], frozenset[str]] = {}

    def see(self, lookup: Lookup, certname: str) -> None:
        """Count in the node of ``lookup``."""
        asked = (self._before(lookup, module) for module in self.modules)
        before = next((places for places in asked if places is not None), None)
        if before is None:
            return
        self.readers.append(certname)
        merging = self._merging_keys(lookup)
        hidden: dict[str, Path] = {}
        for level, path in before:
            for key in self.reaches.keys() & self.data.read(path, level.reader).data.keys() - merging:
                hidden.setdefault(key, path)
        for key, path in hidden.items():
            self.reaches[key].hidden_by[path] += 1
        for key in self.reaches.keys() - hidden.keys():
            self.reaches[key].nodes.append(certname)

    def _before(self, lookup: Lookup, module: str | None) -> list[tuple[Level, Path]] | None:
        """Return the files that are asked before this one; None where this one is not asked."""
        before: list[tuple[Level, Path]] = []
        for level, path in lookup.places(module):
            if path == self.path:
                self.level = level
                return before
            if path and lookup.data.exists(path):
                before.append((level, path))
        return None

    def _merging_keys(self, lookup: Lookup) -> frozenset[str]:
        """Return the keys whose values are merged; the same files make the same of it."""
        places = [place for module in self.modules for place in lookup.holders(LOOKUP_OPTIONS, module)]
        files = tuple(path for _, path in places)
        if files in self._merging:
            return self._merging[files]
        merging = frozenset(key for key in self.reaches if lookup.strategy(key).merges)
        for key in merging:
            self.reaches[key].merges = True
        if not lookup.options_interpolated:
            self._merging[files] = merging
        return merging
