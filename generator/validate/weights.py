"""The lists of files that bundles of weights name: there, untouched, and no path leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from generator.errors import FleetError
from generator.file_list import read_list
from generator.validate.finding import Finding, at
from generator.validate.repository import Repository


def check_weights(repository: Repository) -> Iterator[Finding]:
    """Yield the digests of lists that cannot be used, whatever node wants them."""
    for service in repository.vocabulary.services:
        key = f"{service.name}::weights"
        for document in repository.documents:
            bundles = document.data.get(key)
            for name, entry in bundles.items() if isinstance(bundles, dict) else ():
                digest = entry.get("files_sha256") if isinstance(entry, dict) else None
                if not isinstance(digest, str) or "/" in digest:
                    continue  # its type is wrong, and is said
                try:
                    read_list(repository.root, digest)
                except FleetError as error:
                    message = str(error).replace(f"{repository.root}/", "")
                    yield at(document, (key, name, "files_sha256"), f"{key}: {name}: {message}")
