"""Whether each value is what its key's type wants, and is secret where it must be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from generator.hiera import Scope
from generator.hiera.interpolation import has_expression, interpolate
from generator.hiera.problem import Problem
from generator.puppet_types import Type, check
from generator.validate.finding import Finding, Severity, at
from generator.validate.options import option_keys
from generator.validate.vocabulary import Vocabulary
from generator.yaml_source import Document

#: A value that hiera-eyaml decrypts, whole: methods are those of its plugins.
ENCRYPTED = re.compile(r"\s*ENC\[(PKCS7|GPG|GKMS|KMS|vault),[A-Za-z0-9+/=\s]+\]\s*", re.IGNORECASE)
_BEGUN = re.compile(r"^\s*(ENC\[|DEC\()", re.IGNORECASE)
_OTHER_KEY = re.compile(r"%\{\s*(?:lookup|alias|hiera)\(")
_SENSITIVE = re.compile(r"\A(?:Optional\[)?Sensitive\b")


def check_values(document: Document, vocabulary: Vocabulary, scopes: Sequence[Scope]) -> Iterator[Finding]:
    """Yield what is wrong with the values of a file; ``scopes`` are those of nodes that may read it."""
    for key, value in document.data.items():
        wanted = vocabulary.type_of(key)
        if wanted is None:
            continue
        if value is None and key not in vocabulary.required:
            message = f"{key} says nothing: its class keeps its default, whatever less specific layers say"
            yield at(document, (key,), message, key=True, severity=Severity.WARNING)
            continue
        if finding := _broken_secret(document, key, value):
            yield finding
        elif _SENSITIVE.match(vocabulary.types[key]):
            if not _encrypted(value):
                yield at(document, (key,), f"{key} is a secret: not as plain text (eyaml encrypt -l {key})")
        else:
            yield from _mismatch(document, key, wanted, value, scopes)


def _mismatch(
    document: Document, key: str, wanted: Type, value: Any, scopes: Sequence[Scope]
) -> Iterator[Finding]:
    """Hold a value against its type: as it stands, or as each node would have it; one that fits is enough."""
    found = [check(wanted, each) for each in _as_looked_up(value, scopes)]
    if found and all(found):
        mismatch = found[0]
        assert mismatch
        message = f"{key}: {mismatch}"
        # a version that YAML took for a number
        if isinstance(value, int | float) and not check(wanted, str(value)) and "quote it" not in message:
            message += " (quote it)"
        yield at(document, (key, *mismatch.path), message, key=mismatch.key)


def _as_looked_up(value: Any, scopes: Sequence[Scope]) -> Iterator[Any]:
    """Yield what a value may be when it is looked up; nothing where other keys, or eyaml, decide that."""
    found = [text for _, text in texts(value)]
    if any(ENCRYPTED.fullmatch(text) or _OTHER_KEY.search(text) for text in found):
        return
    if not has_expression(value):
        yield value
        return
    for scope in scopes:
        with suppress(Problem):  # said by check_expressions
            yield interpolate(value, scope)


def _broken_secret(document: Document, key: str, value: Any) -> Finding | None:
    """Say where a text begins as eyaml's do, and does not go on so: it would stay as it is."""
    for path, text in texts(value):
        if _BEGUN.match(text) and not ENCRYPTED.fullmatch(text):
            return at(document, (key, *path), f"{key}: a broken eyaml value (ENC[PKCS7,…] on its own, whole)")
    return None


def check_secrets(documents: Sequence[Document], vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield the secrets that Puppet would hand to their class as plain text, which it refuses."""
    wrapped = option_keys(documents, lambda entry: entry.get("convert_to") in ("Sensitive", ["Sensitive"]))
    for document in documents:
        for key in document.data:
            if _SENSITIVE.match(vocabulary.types.get(key, "")) and not wrapped(key):
                message = (
                    f"{key} is a secret, and nothing makes it one (lookup_options: convert_to: Sensitive)"
                )
                yield at(document, (key,), message, key=True)


def check_decrypted(documents: Sequence[Document], decrypted: Collection[Path]) -> Iterator[Finding]:
    """Yield the eyaml values of files that no layer decrypts: nodes would get the ciphertext."""
    for document in documents:
        if document.path in decrypted:
            continue
        for path, text in texts(document.data):
            if ENCRYPTED.fullmatch(text):
                message = f"{path[0]}: nothing decrypts this layer (hiera.yaml: lookup_key: eyaml_lookup_key)"
                yield at(document, path, message)


def _encrypted(value: Any) -> bool:
    """Tell whether all texts of a value are eyaml's."""
    found = [text for _, text in texts(value)]
    return bool(found) and all(ENCRYPTED.fullmatch(text) for text in found)


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text in a value, with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*path, number))
