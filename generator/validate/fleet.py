"""What each known node gets: what nodes share is worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.errors import FleetError
from generator.hiera import LOOKUP_OPTIONS, Data, Hierarchy, Level, Lookup, Result, Scope
from generator.inventory import KnownNode
from generator.service import Service
from generator.validate.vocabulary import Vocabulary
from generator.yaml_source import Document

#: By which data says what services a node has, where its role leaves it to them.
NAMES = "profile::services::names"


@dataclass(frozen=True)
class Setting:
    """The value that a node gets for ``key``.

    ``document`` is the most specific file that has a say in it, and ``place`` that file's in the hierarchy,
    0 for the most specific; where the class's own default holds, they are None and behind all.
    """

    key: str
    value: Any
    document: Document | None
    place: int


class Fleet:
    """The known nodes, and what they look up; no one knows what is in files that are ``unread``."""

    def __init__(
        self,
        hierarchy: Hierarchy,
        levels: Mapping[Path, Level | None],
        documents: Sequence[Document],
        nodes: Sequence[KnownNode],
        vocabulary: Vocabulary,
    ) -> None:
        """Look up in ``documents``; a file of ``levels`` that is not among them cannot be read."""
        self.nodes = nodes
        self._hierarchy = hierarchy
        self.documents = {document.path: document for document in documents}
        self._levels = levels
        self.unread = levels.keys() - self.documents.keys()
        self._vocabulary = vocabulary
        self._holding: dict[str, set[Path]] = {}
        self._lookups: dict[str, Lookup] = {}
        self._read: dict[str, list[Path]] = {}
        self._services: dict[frozenset[str], tuple[Service, ...]] = {}
        self._results: dict[object, Result | None] = {}

    @cached_property
    def distinct(self) -> list[KnownNode]:
        """One node of each role, environment and system."""
        return list({(node.role, node.environment, node.system): node for node in self.nodes}.values())

    @cached_property
    def _data(self) -> Data:
        data = Data()
        for document in self.documents.values():
            data.keep(document)
        return data

    def lookup(self, node: KnownNode) -> Lookup:
        """Return what looks keys up for a node."""
        if node.certname not in self._lookups:
            self._lookups[node.certname] = Lookup(self._hierarchy, self._data, Scope.of(node))
        return self._lookups[node.certname]

    def services(self, node: KnownNode) -> tuple[Service, ...]:
        """Return the services that are on a node for certain: its role brings them, or has data name them."""
        classes = self._vocabulary.brings(f"role::{node.role}")
        if NAMES.rpartition("::")[0] in classes:
            result = self._result(node, NAMES)
            named = result.value if result and result.found and isinstance(result.value, list) else []
            classes |= {name for name in named if isinstance(name, str)}
        if classes not in self._services:
            found = (service for service in self._vocabulary.services if service.name in classes)
            self._services[classes] = tuple(found)
        return self._services[classes]

    def setting(self, node: KnownNode, service: Service, name: str) -> Setting | None:
        """Return what a node gets for a service's parameter; None where a file that has a say is broken."""
        key = f"{service.name}::{name}"
        if (result := self._result(node, key)) is None:
            return None
        if not result.found or result.value is None:
            default = next((each.default for each in service.parameters if each.name == name), None)
            return Setting(key, default, None, len(self._hierarchy.levels))
        first = result.used[0]
        document = self.documents.get(first.path) if first.path else None
        return Setting(key, result.value, document, self._place(first.level))

    def _place(self, level: Level) -> int:
        levels = self._hierarchy.levels
        return levels.index(level) if level in levels else len(levels)

    def _result(self, node: KnownNode, key: str) -> Result | None:
        """Look a key up; nodes for which the same files have it get the same."""
        asked = (key, self._holders(node, key), self._holders(node, LOOKUP_OPTIONS), node.system)
        if asked in self._results:
            return self._results[asked]
        result = None
        with suppress(FleetError):  # said where the file is read
            result = self.lookup(node).find(key)
        if result is None or not result.interpolated:
            self._results[asked] = result
        return result

    def _holders(self, node: KnownNode, key: str) -> tuple[Path, ...]:
        """Return the files that a node reads ``key`` from, or might."""
        if node.certname not in self._read:
            candidates = self.lookup(node).candidates
            paths = (path for level in self._hierarchy.levels for path in candidates(level))
            self._read[node.certname] = [path for path in paths if path in self._levels]
        holding = self._having(key)
        return tuple(path for path in self._read[node.certname] if path in holding)

    def _having(self, key: str) -> set[Path]:
        if key not in self._holding:
            self._holding[key] = {
                path for path, document in self.documents.items() if key in document.data
            } | self.unread
        return self._holding[key]


def some(names: Iterable[str]) -> str:
    """Name the first node of several.

    >>> some(["a.test"]), some(["a.test", "b.test", "c.test"])
    ('a.test', 'a.test and 2 more nodes')
    """
    first, *others = names
    more = f" and {len(others)} more node{'s' if len(others) > 1 else ''}" if others else ""
    return first + more
