"""``lookup_options``: whether each entry means something to Puppet, and matches a key that exists.

The shapes are Puppet's own: ``Puppet::Pops::Lookup::LookupAdapter`` and ``Puppet::Pops::MergeStrategy``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from generator.hiera import Strategy
from generator.hiera.problem import Problem
from generator.puppet_types import PuppetTypeError, parse
from generator.puppet_types.nodes import suggestion
from generator.validate.finding import Finding, at
from generator.validate.repository import Repository
from generator.validate.vocabulary import OPTIONS, Vocabulary
from generator.yaml_scalars import short
from generator.yaml_source import Document

#: A group with a repetition in it, repeated: the time that a search takes doubles with each letter.
_NESTED = re.compile(r"\([^()]*[+*}][^()]*\)\s*[+*{]")
MERGES = ("first", "unique", "hash", "deep")
#: What a deep merge takes, and only that: Puppet ends every lookup where another has it.
MERGE_OPTIONS = ("knockout_prefix", "sort_merged_arrays", "merge_hash_arrays")
CONVERSIONS = ("Sensitive", "String", "Integer", "Float", "Numeric", "Boolean", "Array", "Hash")
_ENTRY = {"merge", "convert_to"}


def check_options(repository: Repository) -> Iterator[Finding]:
    """Yield what is wrong with the ``lookup_options`` of each file."""
    for document in repository.documents:
        if document.data.get(OPTIONS) is not None:
            yield from _options(document, document.data[OPTIONS], repository.vocabulary)


def _options(document: Document, entries: Any, vocabulary: Vocabulary) -> Iterator[Finding]:
    if not isinstance(entries, dict):
        yield at(document, (OPTIONS,), f"{OPTIONS} is a mapping (a key, or '^a pattern': {{merge: hash}})")
        return
    for name, entry in entries.items():
        path = (OPTIONS, name)
        if complaint := _name(name, vocabulary):
            yield at(document, path, complaint, key=True)
        yield from _entry(document, path, entry)


def _name(name: str, vocabulary: Vocabulary) -> str | None:
    """Say what is wrong with the key, or the pattern, that an entry is for."""
    if not name.startswith("^"):
        return vocabulary.complaint(name)
    pattern = ruby_pattern(name)
    if _NESTED.search(name):
        return f"{short(name)} repeats what repeats, and may take for ever (write one + or *)"
    if pattern is None:
        return f"{name} is no regular expression"
    if any(pattern.search(key) for key in (*vocabulary.types, *vocabulary.plain)):
        return None
    return f"no key that exists matches {name}"


def strategy_of(entry: dict[str, Any]) -> Any:
    """Return how an entry merges: by its name, or by a mapping that names it; first where it does not say.

    >>> strategy_of({"merge": {"strategy": "deep", "knockout_prefix": "--"}}), strategy_of({})
    ('deep', 'first')
    """
    merge = entry.get("merge", "first")
    return merge.get("strategy") if isinstance(merge, dict) else merge


def makes_secret(entry: dict[str, Any]) -> bool:
    """Tell whether an entry wraps what is looked up as ``Sensitive``."""
    return entry.get("convert_to") in ("Sensitive", ["Sensitive"])


def option_keys(
    documents: Sequence[Document], wanted: Callable[[dict[str, Any]], bool]
) -> Callable[[str], bool]:
    """Make the test whether some file's options for a key are ``wanted``."""
    exact, patterns = set(), []
    for document in documents:
        options = document.data.get(OPTIONS)
        for name, entry in options.items() if isinstance(options, dict) else ():
            if isinstance(entry, dict) and wanted(entry):
                pattern = ruby_pattern(name) if name.startswith("^") else None
                patterns += [pattern] if pattern else []
                exact.add(name)
    return lambda key: key in exact or any(pattern.search(key) for pattern in patterns)


def ruby_pattern(name: str) -> re.Pattern[str] | None:
    """Compile a pattern of ``lookup_options``; None where it is none.

    Ruby's patterns and Python's are alike as far as names of keys go.
    """
    if _NESTED.search(name):
        return None
    try:
        return re.compile(name.replace(r"\z", r"\Z").replace(r"\h", "[0-9a-fA-F]"), re.MULTILINE)
    except re.error:
        return None


def _entry(document: Document, path: tuple[str, ...], entry: Any) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield at(document, path, "an entry is a mapping (merge: hash)")
        return
    for word in sorted(entry.keys() - _ENTRY):
        message = (
            f"{word} is no word of {OPTIONS}{suggestion(word, _ENTRY) or ' (there are merge and convert_to)'}"
        )
        yield at(document, (*path, word), message, key=True)
    if isinstance(convert := entry.get("convert_to"), str) and re.fullmatch(r"[A-Z]\w*", convert):
        try:
            parse(convert)
        except PuppetTypeError:
            near = suggestion(convert, CONVERSIONS)
            yield at(document, (*path, "convert_to"), f"{convert} is no data type{near}")
    if "merge" in entry:
        yield from _merge(document, (*path, "merge"), entry["merge"])


def _merge(document: Document, path: tuple[str, ...], merge: Any) -> Iterator[Finding]:
    strategy = merge.get("strategy") if isinstance(merge, dict) else merge
    if strategy not in MERGES:
        words = suggestion(str(strategy), MERGES) or f" (there are {', '.join(MERGES)})"
        at_strategy = (*path, "strategy") if isinstance(merge, dict) else path
        yield at(document, at_strategy, f"{strategy} is no way to merge{words}")
        return
    for word in sorted(merge.keys() - {"strategy"}) if isinstance(merge, dict) else ():
        if word not in MERGE_OPTIONS:
            message = f"{word} is no option of a merge{suggestion(word, MERGE_OPTIONS)}"
            yield at(document, (*path, word), message, key=True)
            continue
        try:
            Strategy.of({"strategy": strategy, word: merge[word]})
        except Problem as problem:
            yield at(document, (*path, word), str(problem), key=True)
