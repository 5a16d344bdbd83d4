"""Merges that somebody may expect and that never happen: Hiera takes the most specific value whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from generator.validate.finding import Finding, Severity, at
from generator.validate.options import option_keys, strategy_of
from generator.validate.repository import Repository
from generator.validate.vocabulary import OPTIONS
from generator.yaml_source import Document


def check_merges(repository: Repository) -> Iterator[Finding]:
    """Yield keys whose mapping or list hides part of a less specific layer's, where no merge is said."""
    documents = repository.documents
    order = {level: number for number, level in enumerate(repository.hierarchy.levels)}
    level = {path: order[found] for path, found in repository.levels.items() if found}
    merged = option_keys(documents, lambda entry: strategy_of(entry) != "first")
    values: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        for key, value in document.data.items():
            if isinstance(value, dict | list) and key != OPTIONS:
                values[key].append(document)
    unique = option_keys(documents, lambda entry: strategy_of(entry) == "unique")
    for key, places in values.items():
        for document in places:
            if isinstance(document.data[key], dict) and unique(key):
                yield at(document, (key,), f"{key} is a mapping, and unique merges lists (merge: hash)")
        if len(places) == 1 or merged(key):
            continue
        # worked out for each level, not for each of a thousand nodes' files
        below = {
            here: [place for place in places if level[place.path] > here]
            for here in {level[place.path] for place in places}
        }
        hiding = [(one, other) for one in places if (other := _hidden_by(key, one, below[level[one.path]]))]
        if hiding:
            yield _finding(key, *hiding[0], len(hiding) - 1)


def _hidden_by(key: str, document: Document, below: Sequence[Document]) -> Document | None:
    """Return the file ``below``, in a less specific layer, of whose value ``document`` hides a part."""
    return next((other for other in below if _loses(document.data[key], other.data[key])), None)


def _finding(key: str, document: Document, other: Document, more: int) -> Finding:
    line = other.position((key,), key=True)[0]
    where = f"{other.path.parent.name}/{other.path.name}:{line}"
    others = f", as {more} more files do" if more else ""
    message = f"{key} hides the one in {where} whole{others} ({OPTIONS} says no merge for it)"
    return at(document, (key,), message, key=True, severity=Severity.WARNING)


def _loses(value: Any, less_specific: Any) -> bool:
    """Tell whether something of the less specific value is gone: who repeats it all knows what he does."""
    if isinstance(value, dict) and isinstance(less_specific, dict):
        return not less_specific.keys() <= value.keys()
    if isinstance(value, list) and isinstance(less_specific, list):
        return any(item not in value for item in less_specific)
    return False
