"""Whether what must be secret is: encrypted in its file, decrypted by its layer, wrapped for its class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.validate.finding import Finding, at
from generator.validate.options import makes_secret, option_keys
from generator.validate.repository import Repository
from generator.validate.texts import Texts, texts
from generator.validate.vocabulary import Vocabulary
from generator.yaml_source import Document

#: A value that hiera-eyaml decrypts, whole: methods are those of its plugins.
_ENCRYPTED = re.compile(r"\s*ENC\[(PKCS7|GPG|GKMS|KMS|vault),[A-Za-z0-9+/=\s]+\]\s*", re.IGNORECASE)
_BEGUN = re.compile(r"^\s*(ENC\[|DEC\()", re.IGNORECASE)


def is_encrypted(text: str) -> bool:
    """Tell whether eyaml would put another value in the place of ``text``."""
    return _ENCRYPTED.fullmatch(text) is not None


def is_broken(text: str) -> bool:
    """Tell whether ``text`` begins as eyaml's do, and does not go on so: it would stay as it is."""
    return _BEGUN.match(text) is not None and not is_encrypted(text)


def check_secrets(repository: Repository) -> Iterator[Finding]:
    """Yield the values that should be encrypted, and are not, or not well, or that nothing decrypts."""
    for document in repository.documents:
        marked = repository.marked[document.path]
        yield from _broken(document, marked, repository.vocabulary)
        yield from _plain(document, repository.vocabulary)
        level = repository.levels[document.path]
        if level and level.reader != "eyaml_lookup_key":
            yield from _left(document, marked)


def check_wrapped(repository: Repository) -> Iterator[Finding]:
    """Yield the secrets that Puppet would hand to their class as plain text, which it refuses."""
    wrapped = option_keys(repository.documents, makes_secret)
    for document in repository.documents:
        for key in document.data.keys() & repository.vocabulary.secrets:
            if not wrapped(key):
                message = (
                    f"{key} is a secret, and nothing makes it one (lookup_options: convert_to: Sensitive)"
                )
                yield at(document, (key,), message, key=True)


def _broken(document: Document, marked: Texts, vocabulary: Vocabulary) -> Iterator[Finding]:
    said = set()
    for path, text in marked:
        if is_broken(text) and path[0] in vocabulary.types and path[0] not in said:
            said.add(path[0])
            yield at(document, path, f"{path[0]}: a broken eyaml value (ENC[PKCS7,…] on its own, whole)")


def _plain(document: Document, vocabulary: Vocabulary) -> Iterator[Finding]:
    for key in document.data.keys() & vocabulary.secrets:
        value = document.data[key]
        if value is None and key not in vocabulary.required:
            continue
        found = [text for _, text in texts(value)]
        if any(map(is_broken, found)) or (found and all(map(is_encrypted, found))):
            continue
        yield at(document, (key,), f"{key} is a secret: not as plain text (eyaml encrypt -l {key})")


def _left(document: Document, marked: Texts) -> Iterator[Finding]:
    """Yield what a layer leaves as it is that does not decrypt: nodes would get the ciphertext."""
    for path, text in marked:
        if is_encrypted(text):
            message = f"{path[0]}: nothing decrypts this layer (hiera.yaml: lookup_key: eyaml_lookup_key)"
            yield at(document, path, message)
