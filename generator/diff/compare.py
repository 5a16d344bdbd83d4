"""Two catalogues of one node, compared: resources, their parameters, and what that restarts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from generator.diff.catalogue import Catalogue, Refusal
from generator.diff.effects import refreshed
from generator.diff.names import NewWords, find_renamed, split, words_between

#: Parameters that order resources, and do nothing on a node.
RELATIONSHIPS = frozenset({"before", "notify", "require", "subscribe"})
#: Parameters of every type that say how it is handled, not what is on the node.
_METAPARAMETERS = RELATIONSHIPS | {"alias", "audit", "loglevel", "noop", "schedule", "stage", "tag"}
#: The stand-in for a Sensitive value (compile.rb), or for a plain one whose key is encrypted elsewhere
#: (unencrypted.py), with the digest that two of them are compared by.
_SECRET = re.compile(r"\(((?:unencrypted )?secret) [0-9a-f]{12}\)")

Kind = Literal["added", "removed", "changed", "renamed"]


@dataclass(frozen=True)
class Difference:
    """A parameter, or a place in one (``releases.v2.5.0.commit``), before and after; None where unset."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """A resource that is not what it was; ``was`` is its former name, where it has another now."""

    kind: Kind
    resource: str
    was: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Changes:
    """All that changes on a node; ``refreshed``: the services that restart and the commands that run."""

    changes: tuple[Change, ...]
    refreshed: tuple[str, ...]


@dataclass(frozen=True)
class Uncompiled:
    """A node that does not compile: after the change, or only before it."""

    refusal: Refusal
    after: bool


def compare(before: Catalogue | Refusal, after: Catalogue | Refusal) -> Changes | Uncompiled:
    """Say what a node's catalogue ``after`` has that ``before`` had not, and the other way round."""
    if isinstance(after, Refusal):
        return Uncompiled(after, after=True)
    if isinstance(before, Refusal):
        return Uncompiled(before, after=False)
    changes = tuple(sorted(_changes(before.resources, after.resources), key=_order))
    acting = {change.resource for change in changes if change.kind != "removed" and _acts(change, after)}
    known = before.resources.keys()
    return Changes(changes, tuple(ref for ref in refreshed(after, acting) if ref in known))


def _changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[Change]:
    renamed = find_renamed(before.keys() - after.keys(), after.keys() - before.keys())
    former = {now: was for was, now in renamed.items()}
    new_words = words_between(renamed.items())
    for ref in before.keys() - after.keys() - renamed.keys():
        yield Change("removed", ref, ref, _veiled(_differences(before[ref], {}, new_words)))
    for ref, parameters in after.items():
        if ref in before:
            if found := _differences(before[ref], parameters, new_words):
                yield Change("changed", ref, ref, _veiled(found))
        elif ref in former:
            # what follows from the name alone says nothing more
            own = words_between([(former[ref], ref)])
            found = _differences(before[former[ref]], parameters, new_words)
            more = [difference for difference in found if own.apply(difference.before) != difference.after]
            yield Change("renamed", ref, former[ref], _veiled(more))
        else:
            yield Change("added", ref, ref, _veiled(_differences({}, parameters, new_words)))


def _differences(before: dict[str, Any], after: dict[str, Any], new_words: NewWords) -> list[Difference]:
    """List the parameters that differ; what only points to other resources by their new names does not."""
    found: list[Difference] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new or (name in RELATIONSHIPS and _same_names(new_words.apply(old), new)):
            continue
        found += _inside(name, old, new)
    return found


def _same_names(before: Any, after: Any) -> bool:
    return sorted(before or []) == sorted(after or [])


def _inside(name: str, before: Any, after: Any) -> Iterator[Difference]:
    """Yield the places inside of a parameter that differ, where both are hashes."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield from _inside(f"{name}.{key}", before.get(key), after.get(key))
    else:
        yield Difference(name, before, after)


def _veiled(differences: list[Difference]) -> tuple[Difference, ...]:
    """Take the digests away that secrets were compared by, and say which differ."""
    return tuple(map(_veil, differences))


def _veil(difference: Difference) -> Difference:
    former: dict[str, set[str]] = defaultdict(set)

    def first(match: re.Match[str]) -> str:
        former[match[1]].add(match[0])
        return f"({match[1]})"

    def second(match: re.Match[str]) -> str:
        seen = former[match[1]]
        return f"(another {match[1]})" if seen and match[0] not in seen else f"({match[1]})"

    before = _each_text(difference.before, first)
    return Difference(difference.name, before, _each_text(difference.after, second))


def _each_text(value: Any, veil: Callable[[re.Match[str]], str]) -> Any:
    if isinstance(value, str):
        return _SECRET.sub(veil, value)
    if isinstance(value, list):
        return [_each_text(item, veil) for item in value]
    if isinstance(value, dict):
        return {_each_text(key, veil): _each_text(item, veil) for key, item in value.items()}
    return value


def _acts(change: Change, after: Catalogue) -> bool:
    """Say whether a change does something on the node that others may be notified of."""
    kind, _ = split(change.resource)
    if kind not in after.native or after.resources[change.resource].get("refreshonly") in (True, "true"):
        return False
    return change.kind != "changed" or any(
        difference.name.partition(".")[0] not in _METAPARAMETERS for difference in change.differences
    )


def _order(change: Change) -> tuple[bool, tuple[str, str]]:
    """Sort what an operator has set, classes and their parameters, before what follows from it."""
    kind, title = split(change.resource)
    return kind != "Class", (kind, title)
