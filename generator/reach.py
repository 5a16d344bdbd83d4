"""How far the keys of a data file go: which known nodes see each, and what hides it from the others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.errors import AnswerIsNo, FleetError
from generator.hiera import LOOKUP_OPTIONS, Data, Hierarchy, Level, Lookup, Scope, Source
from generator.hiera.keys import module_of
from generator.inventory import KnownNode, known_nodes


@dataclass
class Reach:
    """How far one key goes; ``line`` is where it stands, None where the file does not have it.

    ``nodes`` see its value, or, where ``merges`` says so for one of them, a value that it is merged into;
    ``hidden_by`` names, for each more specific place, the nodes that get the key from there instead.
    """

    key: str
    line: int | None
    merges: bool = False
    nodes: list[str] = field(default_factory=list)
    hidden_by: dict[Source, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FileReach:
    """Which of the ``known`` nodes read the file at ``path``, and how far each of its keys goes."""

    path: Path
    level: Level | None
    readers: list[str]
    known: int
    keys: list[Reach]


def reach(
    root: Path, path: Path, key: str | None = None, nodes: Sequence[KnownNode] | None = None
) -> FileReach:
    """Say for each key of ``path``, a data file of the repository at ``root``, which nodes see it.

    They are ``nodes``, or those that the repository knows.
    With ``key``, of that one alone; the file may be without it yet, or not there.

    Raises:
        FleetError: there is no such file.
        AnswerIsNo: no layer reads it.
        InputError: hiera.yaml, the inventory, the file, or one that may hide a key of it is broken.
    """
    nodes = known_nodes(root) if nodes is None else nodes
    hierarchy = Hierarchy.load(root)
    if key is None and not path.exists():
        raise FleetError(f"{path}: there is no such file")
    name = os.path.relpath(path.absolute(), root.absolute())
    level = _level_of(hierarchy, name)
    if level is None:
        raise AnswerIsNo(f"{path}: no layer of {hierarchy.levels[0].file} reads this file")
    reader = _Reader(root / name, key, level.reader)
    for node in nodes:
        reader.see(Lookup(hierarchy, reader.data, Scope.of(node)), node.certname)
    return FileReach(reader.path, reader.level, reader.readers, len(nodes), list(reader.reaches.values()))


def _level_of(hierarchy: Hierarchy, name: str) -> Level | None:
    """Return the first level with a pattern for the path ``name``, be it of the module that it leads into."""
    _, _, inside = name.partition("/")
    module, _, rest = inside.partition("/")
    own = hierarchy.module(module) if rest else None
    asked = [(hierarchy, name), *([(own, rest)] if own else [])]
    reading = (
        level
        for layers, path in asked
        for level in layers.levels
        if any(pattern.fullmatch(path) for pattern in level.patterns())
    )
    return next(reading, None)


class _Reader:
    """Goes through the nodes, and keeps for one file what each makes of its keys."""

    def __init__(self, path: Path, key: str | None, reader: str) -> None:
        self.path = path
        self.reader = reader
        self.data = Data()
        self.level: Level | None = None
        self.readers: list[str] = []
        self.reaches = {key: Reach(key, None)} if key else dict(self._keys())
        #: a module's own file has keys of that module only
        self.modules: dict[str | None, None] = dict.fromkeys([None, *map(module_of, self.reaches)])
        self._held: dict[Path, dict[str, Source]] = {}
        self._merging: dict[tuple[Path, ...], frozenset[str]] = {}

    def see(self, lookup: Lookup, certname: str) -> None:
        """Count in the node of ``lookup``."""
        asked = (self._before(lookup, module) for module in self.modules)
        before = next((places for places in asked if places is not None), None)
        if before is None:
            return
        self.readers.append(certname)
        merging = self._merging_keys(lookup)
        hidden: dict[str, Source] = {}
        for level, path in before:
            hidden = self._holds(level, path) | hidden
        for key, found in self.reaches.items():
            if key in hidden and key not in merging:
                found.hidden_by.setdefault(hidden[key], []).append(certname)
            else:
                found.nodes.append(certname)

    def _keys(self) -> Iterator[tuple[str, Reach]]:
        document = self.data.read(self.path, self.reader)
        for key in document.data:
            if key != LOOKUP_OPTIONS:
                yield key, Reach(key, document.position((key,), key=True)[0])

    def _holds(self, level: Level, path: Path) -> dict[str, Source]:
        """Return where the file at ``path`` has these keys; most files have none, and are not parsed."""
        if path not in self._held:
            self._held[path] = {}
            if any(self.data.holds(path, key, level.reader) for key in self.reaches):
                document = self.data.read(path, level.reader)
                self._held[path] = {
                    key: Source(path, *document.position((key,), key=True))
                    for key in self.reaches.keys() & document.data.keys()
                }
        return self._held[path]

    def _before(self, lookup: Lookup, module: str | None) -> list[tuple[Level, Path]] | None:
        """Return the files that are asked before this one; None where this one is not asked."""
        before: list[tuple[Level, Path]] = []
        for level, path in lookup.places(module):
            if path == self.path:
                self.level = level
                return before
            if path:
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
