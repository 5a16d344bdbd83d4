"""Who can be asked of in a rollout, and who cannot, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.canary.places import places
from generator.inventory import KnownNode


@dataclass(frozen=True)
class Candidates:
    """The nodes that a rollout can be asked of, by name, and those that it cannot, by why.

    ``own`` have a file above the rollout that says what they run, ``there`` are the nodes to which another
    file gives the revision already, by file; files are relative to the repository. ``other_names`` are left
    out by their names, and ``other_roles`` have no role that could bring the service.
    """

    asked: list[str]
    own: dict[str, Path]
    there: dict[Path, list[str]]
    other_names: list[str]
    other_roles: list[str]


def find(
    root: Path, service: str, revision: str, only: Sequence[str], nodes: Sequence[KnownNode]
) -> list[str]:
    """List who of ``nodes`` can be asked of; see :func:`consider`."""
    return consider(root, service, revision, only, nodes).asked


def consider(
    root: Path, service: str, revision: str, only: Sequence[str], nodes: Sequence[KnownNode]
) -> Candidates:
    """Say of each of ``nodes`` whether it can be asked to run ``revision`` of ``service``, or why it cannot.

    ``only`` are names and globs of those that shall be; empty for all. Whoever is in a rollout of the service
    is looked at as if it were not.

    Raises:
        InputError: hiera.yaml, or a file that is asked, is broken.
    """
    wanted = _matcher(only)
    found = places(root, service, nodes)
    asked: list[str] = []
    there: dict[Path, list[str]] = {}
    for place in found.places:
        names = [name for name in place.nodes if wanted(name)]
        if place.value != revision or place.file is None:
            asked += names
        elif names:
            there[place.file] = sorted(names)
    able = {*found.own, *(name for place in found.places for name in place.nodes)}
    return Candidates(
        asked=sorted(asked),
        own={name: found.own[name] for name in sorted(found.own) if wanted(name)},
        there=there,
        other_names=sorted(name for name in able if not wanted(name)),
        other_roles=sorted(node.certname for node in nodes if node.certname not in able),
    )


def _matcher(only: Sequence[str]) -> Callable[[str], bool]:
    expression = re.compile("|".join(map(fnmatch.translate, only)) or ".*")
    return lambda name: expression.match(name) is not None
