"""Where a value comes from, and who else gets it from there."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.errors import FleetError
from generator.fallback import without_data
from generator.hiera import LOOKUP_OPTIONS, Data, Entry, Hierarchy, Lookup, Result, Scope, Sensitive
from generator.hiera.keys import parse_key
from generator.hiera.values import identity
from generator.inventory import KnownNode, choose, known_nodes
from generator.puppet_classes import read_code

_SENSITIVE = re.compile(r"\bSensitive\b")
_TYPE = re.compile(r"\b[A-Z]\w*(?:::[A-Z]\w*)*")
_EYAML = "eyaml_lookup_key"


@dataclass(frozen=True)
class Step:
    """A place, and whether it was ``asked``: those after the winner are not, their values are as written."""

    entry: Entry
    asked: bool


@dataclass(frozen=True)
class Explanation:
    """A lookup for ``node``, and the ``steps`` to it.

    ``sharing`` names the known nodes, of ``known`` in all, that get the same value out of the same places.
    ``otherwise`` says what comes of a key without a value. ``encrypted``: eyaml decrypts it for nodes only.
    """

    node: KnownNode
    result: Result
    steps: list[Step]
    sharing: list[str]
    known: int
    otherwise: str | None
    encrypted: bool


def explain(root: Path, certname: str, key: str, nodes: Sequence[KnownNode] | None = None) -> Explanation:
    """Look ``key`` up for the node ``certname`` of ``nodes``, or of those that the repository knows.

    Raises:
        FleetError: there is no such node, or ``key`` is none.
        InputError: hiera.yaml, the inventory, or a file that is asked is broken.
    """
    nodes = known_nodes(root) if nodes is None else nodes
    [node] = choose(nodes, [certname])
    if not key.strip():
        raise FleetError("the key is empty (name one, such as indextts2::revision)")
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
    otherwise = None if result.found else without_data(root, parse_key(key).root)
    encrypted = any(entry.level.reader == _EYAML and "ENC[" in str(entry.value) for entry in result.used)
    secret = _is_secret(root, result)
    if secret and result.found and not isinstance(result.value, Sensitive):
        result = replace(result, value=Sensitive(result.value))
    steps = _steps(lookup, result, secret)
    return Explanation(node, result, steps, sharing, len(nodes), otherwise, encrypted)


def _is_secret(root: Path, result: Result) -> bool:
    """Whether data or, as far as it is known, its class says that a key holds a secret, found or not."""
    if isinstance(result.value, Sensitive):
        return True
    if result.options and _SENSITIVE.search(json.dumps(result.options.convert_to, default=str)):
        return True
    owner, _, name = parse_key(result.key).root.removeprefix("::").rpartition("::")
    if not owner or not (root / "modules" / owner.partition("::")[0]).is_dir():
        return False  # no class of this repository, and Puppet need not read any
    try:
        code = read_code(root)
    except FleetError:
        return False
    parameters = code.classes[owner].parameters if owner in code.classes else {}
    return name in parameters and _holds_secret(parameters[name].type, code.aliases)


def _holds_secret(written: str, aliases: dict[str, str]) -> bool:
    """Whether a type is ``Sensitive`` or has it anywhere inside, by whatever names."""
    left, seen = [written], set[str]()
    while left:
        text = left.pop()
        if _SENSITIVE.search(text):
            return True
        names = {name for name in _TYPE.findall(text) if name in aliases} - seen
        seen |= names
        left += [aliases[name] for name in names]
    return False


def _steps(lookup: Lookup, result: Result, secret: bool) -> list[Step]:
    """List each file once, although several levels may read it; of a ``secret``, no value."""
    steps: dict[object, Step] = {}
    for asked, entries in ((True, result.trail), (False, _shadowed(lookup, result))):
        for entry in entries:
            if secret and entry.found:
                entry = replace(entry, value=Sensitive(entry.value))
            steps.setdefault(entry.path or entry.level, Step(entry, asked))
    return list(steps.values())


def _shadowed(lookup: Lookup, result: Result) -> tuple[Entry, ...]:
    """Return what follows the last place of the trail. All of it was read before, for lookup_options."""
    entries = []
    parsed = parse_key(result.key)
    for level, path in list(lookup.places(parsed.module))[len(result.trail) :]:
        if path is None or not lookup.data.exists(path):
            entries.append(Entry(level, path))
            continue
        if not level.asks(path, parsed.root):
            entries.append(Entry(level, path, True))
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
