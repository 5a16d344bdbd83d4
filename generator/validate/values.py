"""Whether each value is what its key's type wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from generator.errors import FleetError
from generator.hiera import Lookup
from generator.hiera.interpolation import Stack, has_expression, interpolate
from generator.hiera.keys import parse_key
from generator.hiera.problem import Problem
from generator.puppet_types import Mismatch, PuppetTypeError, Type, check
from generator.validate.finding import Finding, Severity, at
from generator.validate.options import makes_secret, option_keys
from generator.validate.repository import Repository
from generator.validate.secrets import is_broken, is_encrypted
from generator.validate.texts import texts
from generator.validate.vocabulary import Vocabulary
from generator.yaml_source import Step

_CALL = re.compile(r"%\{\s*(?:lookup|alias|hiera)\([^}]*\}")
_LOOKUP = re.compile(r"%\{\s*(?:lookup|hiera)(\([^}]*\)\s*)\}")


def check_values(repository: Repository) -> Iterator[Finding]:
    """Yield values that are not of their key's type, and keys that say nothing."""
    vocabulary = repository.vocabulary
    judge = _Judge(vocabulary, [repository.fleet.lookup(node) for node in repository.fleet.distinct])
    converted = option_keys(
        repository.documents, lambda entry: not makes_secret(entry) and "convert_to" in entry
    )
    for document in repository.documents:
        for key, value in document.data.items():
            try:
                wanted = vocabulary.type_of(key)
            except PuppetTypeError as error:
                message = f"nothing checks {key}: {error}; `make setup` fetches other modules' types"
                yield at(document, (key,), message, key=True, severity=Severity.WARNING)
                continue
            if wanted is None:
                continue
            if value is None and key not in vocabulary.required:
                message = (
                    f"{key} says nothing: its class keeps its default, whatever less specific layers say"
                )
                yield at(document, (key,), message, key=True, severity=Severity.WARNING)
            elif key in vocabulary.secrets:
                continue  # held against more than a type by check_secrets
            elif (mismatch := judge.mismatch(wanted, value)) and not converted(key):
                message = f"{key}: {judge.message(wanted, value, mismatch)}"
                yield at(document, (key, *mismatch.path), message, key=mismatch.key)


class _Judge:
    """Holds values against types: as they stand, or as nodes of each kind would have them."""

    def __init__(self, vocabulary: Vocabulary, lookups: Sequence[Lookup]) -> None:
        self.vocabulary = vocabulary
        self.lookups = lookups

    def mismatch(self, wanted: Type, value: Any) -> Mismatch | None:
        """Say how a value is not of a type; for one with expressions, a node that takes it is enough."""
        if has_expression(value):
            found = [self._mismatch_for(lookup, wanted, value) for lookup in self.lookups]
            return found[0] if found and all(found) else None
        mismatch = check(wanted, value)
        return None if mismatch and _is_encrypted(value) else mismatch

    def message(self, wanted: Type, value: Any, mismatch: Mismatch) -> str:
        """Say a mismatch, and what would cure it."""
        if call := _call_at(value, mismatch.path):
            if self.mismatch(wanted, _aliased(value)):
                return f"{call}: {mismatch}"
            return f"{call} makes a text of what it finds (alias keeps its type)"
        # a version that YAML took for a number
        if (
            isinstance(value, int | float)
            and not check(wanted, str(value))
            and "quote it" not in str(mismatch)
        ):
            return f"{mismatch} (quote it)"
        return str(mismatch)

    def _mismatch_for(self, lookup: Lookup, wanted: Type, value: Any) -> Mismatch | None:
        """Hold a value against a type as a node looks it up; None where that cannot be known at a desk."""

        def find(key: str, _: Stack) -> Any:
            result = lookup.find(key)
            if not result.found and self.vocabulary.complaint(parse_key(key).root):
                raise Problem(f"nothing looks up {key}")
            return result.value if result.found else ""

        try:
            found = interpolate(value, lookup.scope, find)
        except (Problem, FleetError):  # said by check_expressions, or where the other file is read
            return None
        return None if _is_encrypted(found) else check(wanted, found)


def _is_encrypted(value: Any) -> bool:
    """Tell whether eyaml decides what a value is, or may be meant to: that is said by check_secrets."""
    return any(is_encrypted(text) or is_broken(text) for _, text in texts(value))


def _call_at(value: Any, path: tuple[Step, ...]) -> str | None:
    """Return the call in the text at ``path`` that another key's value takes the place of."""
    for step in path:
        if not isinstance(value, dict | list):
            break  # what lies deeper came by the call
        try:
            value = value[step]  # type: ignore[index]
        except (LookupError, TypeError):
            return None
    found = _CALL.search(value) if isinstance(value, str) else None
    return found[0] if found else None


def _aliased(value: Any) -> Any:
    """Return ``value`` with ``alias`` in the place of ``lookup`` wherever that is all of a text."""
    if isinstance(value, dict):
        return {key: _aliased(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_aliased(inner) for inner in value]
    found = _LOOKUP.fullmatch(value) if isinstance(value, str) else None
    return f"%{{alias{found[1]}}}" if found else value
