"""Where nodes get their revision from below a rollout, and what writes another one into there for good."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.bump import FLEET, HIERADATA, Layer, plan
from generator.errors import FleetError
from generator.hiera import Data, Hierarchy, Level, Lookup, Scope
from generator.hiera.cohort import READER
from generator.hiera.keys import module_of
from generator.inventory import KnownNode
from generator.role_classes import may_bring
from generator.tree import Change

#: Files that :mod:`generator.yaml_edit` edits.
_YAML = ("yaml_data", "eyaml_lookup_key")


@dataclass(frozen=True)
class Place:
    """A file that has a service's revision for the ``nodes``, which get it from there but for a rollout.

    ``file`` is relative to the repository, None where no file of the hierarchy has it; ``editable`` says
    whether a revision can be written there. ``value`` is what it says.
    """

    file: Path | None
    editable: bool
    value: object = None
    nodes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """The ``places`` of a service's revision; of each node of ``own`` the file that overrules a rollout."""

    places: tuple[Place, ...]
    own: dict[str, Path]


def refuse_no_layer(root: Path) -> None:
    """Refuse a hierarchy that has no layer of rollouts: members would get nothing.

    Raises:
        FleetError: with the lines that make the layer.
    """
    hierarchy = Hierarchy.load(root)
    if not any(level.reader == READER for level in hierarchy.levels):
        raise FleetError(
            f'{root / "hiera.yaml"} has no layer of canaries (below "this node": '
            f"{{name: this node's cohort, lookup_key: {READER}, glob: cohorts/*.yaml}})"
        )


def places(root: Path, service: str, nodes: Sequence[KnownNode]) -> Places:
    """Find where each of ``nodes`` that could run ``service`` gets its revision from without a rollout.

    Raises:
        InputError: hiera.yaml, or a file that is asked, is broken.
    """
    key = f"{service}::revision"
    hierarchy, data = Hierarchy.load(root), Data()
    roles = {role for role in {node.role for node in nodes} if may_bring(root, role, service)}
    found: dict[Path | None, Place] = {}
    own: dict[str, Path] = {}
    for node in (node for node in nodes if node.role in roles):
        level, path, above = _first(Lookup(hierarchy, data, Scope.of(node)), key)
        if above and path:
            own[node.certname] = _file(root, path)
            continue
        if path not in found:
            found[path] = _place(root, hierarchy, data, key, level, path)
        found[path].nodes.append(node.certname)
    return Places(tuple(found.values()), own)


def promote(root: Path, service: str, revision: str, members: Collection[str], found: Places) -> list[Change]:
    """Find what gives ``members`` the revision for good, and gives it to no other node.

    It goes where they got theirs from, if all who get it from there are members, and else into a file of each
    of them. A member that has its own word for it keeps that.

    Raises:
        InputError: a file is no clean Hiera data, or should be edited by hand.
    """
    changes = [
        plan(root, where, f"{service}::revision", revision) for where in _targets(revision, members, found)
    ]
    return [change for change in changes if change]


def _targets(revision: str, members: Collection[str], found: Places) -> Iterator[Layer]:
    for place in found.places:
        moving = [name for name in place.nodes if name in members]
        if not moving or place.value == revision:
            continue
        if place.editable and place.file and len(moving) == len(place.nodes):
            yield Layer(place.file, "place")
        else:
            yield from (Layer(HIERADATA / "nodes" / f"{name}.yaml", "node", name) for name in moving)


def _first(lookup: Lookup, key: str) -> tuple[Level | None, Path | None, bool]:
    """Return what has ``key`` first but for rollouts, and whether that is above their layer."""
    above = any(level.reader == READER for level in lookup.hierarchy.levels)
    for level in lookup.hierarchy.for_key(module_of(key)):
        if level.reader == READER:
            above = False
            continue
        for path in lookup.candidates(level):
            if lookup.data.holds(path, key, level.reader):
                return level, path, above
    return None, None, False


def _place(
    root: Path, hierarchy: Hierarchy, data: Data, key: str, level: Level | None, path: Path | None
) -> Place:
    if level is None or path is None:
        # what the whole fleet gets is for those alone that get nothing else
        read = any(
            pattern.fullmatch(str(FLEET.file)) for level in hierarchy.levels for pattern in level.patterns()
        )
        return Place(FLEET.file if read else None, read)
    editable = level.module is None and level.reader in _YAML
    return Place(_file(root, path), editable, data.read(path, level.reader).data[key])


def _file(root: Path, path: Path) -> Path:
    return Path(os.path.relpath(path, root))
