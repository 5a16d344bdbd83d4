"""A few nodes that stand for all: what a deploy compiles for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, TypeVar

from generator.errors import FleetError, InputError
from generator.fleet_nodes import settings_file
from generator.inventory import KnownNode, known_nodes
from generator.progress import say, step
from generator.puppetdb import PuppetDB

T = TypeVar("T")


def dump(nodes: Sequence[KnownNode]) -> str:
    """Write nodes on one line, for :func:`load`."""
    return json.dumps([asdict(node) for node in nodes])


def load(path: Path) -> list[KnownNode]:
    """Read the nodes that `fleet sample` wrote.

    Raises:
        InputError: the file is none of its.
    """
    try:
        return [
            KnownNode(str(node["certname"]), dict(node["trusted"]), dict(node["facts"]))
            for node in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, 1, 1, f"no nodes: {error!r} (write what `fleet sample` says)") from None


def sample(root: Path, most: int, *, offline: bool = False) -> list[KnownNode]:
    """Choose at most ``most`` nodes: of each role, environment and system one, then a second one, and so on.

    They are those that PuppetDB knows, with the facts of their last run; where there is none, or it does not
    answer, those that the repository at ``root`` knows. Nodes with a file of their own in hieradata/nodes
    come first.

    Raises:
        InputError: the inventory, or the settings of PuppetDB's clients, are wrong.
    """
    path = None if offline else settings_file()
    if path is not None:
        puppetdb = PuppetDB.load(path)
        try:
            with step(f"ask PuppetDB at {puppetdb.address} for nodes that stand for all"):
                if found := _reported(puppetdb, root, most):
                    return found
            say("  ! PuppetDB knows no node; those of the repository have to do")
        except InputError:
            raise
        except FleetError as error:
            say(f"  ! {error}; the nodes of the repository have to do")
    return spread(known_nodes(root), most, lambda node: (node.role, node.environment, node.system))


def spread(entries: Iterable[T], most: int, kind: Callable[[T], Hashable]) -> list[T]:
    """Take ``most`` of the entries, the first of each kind before the second of any.

    >>> spread(["a1", "a2", "a3", "b1"], 3, lambda entry: entry[0])
    ['a1', 'b1', 'a2']
    """
    kinds: dict[Hashable, list[T]] = defaultdict(list)
    for entry in entries:
        kinds[kind(entry)].append(entry)
    rounds = chain.from_iterable(zip_longest(*([(entry,) for entry in each] for each in kinds.values())))
    return [found[0] for found in rounds if found][:most]


def _reported(puppetdb: PuppetDB, root: Path, most: int) -> list[KnownNode]:
    """Ask first who there is, then for all facts of the few: those of a whole fleet may be a gigabyte."""
    about: dict[str, dict[str, Any]] = defaultdict(dict)
    for entry in puppetdb.query('facts[certname, name, value]{ name in ["trusted", "os"] }'):
        about[entry["certname"]][entry["name"]] = entry["value"]
    light = [KnownNode(name, _trusted(facts), facts) for name, facts in about.items()]
    own = {path.stem for path in (root / "hieradata" / "nodes").glob("*.yaml")}
    light.sort(key=lambda node: (node.certname not in own, node.certname))
    chosen = spread(light, most, lambda node: (node.role, node.environment, node.system))
    if not chosen:
        return []
    names = json.dumps([node.certname for node in chosen])
    found = puppetdb.query(f"inventory[certname, trusted, facts]{{ certname in {names} }}")
    return _sorted(
        [
            KnownNode(entry["certname"], _trusted(entry), entry["facts"])
            for entry in found
            if isinstance(entry.get("facts"), dict)
        ]
    )


def _trusted(entry: dict[str, Any]) -> dict[str, Any]:
    trusted = entry.get("trusted")
    trusted = trusted if isinstance(trusted, dict) else {}
    return {**trusted, "extensions": trusted.get("extensions") or {}}


def _sorted(nodes: Sequence[KnownNode]) -> list[KnownNode]:
    return sorted(nodes, key=lambda node: node.certname)
