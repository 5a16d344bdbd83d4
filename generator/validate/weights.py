"""Bundles of weights: their lists are there and untouched, and neither a list nor a model leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.bundle_models import unlisted
from generator.errors import FleetError
from generator.file_list import read_list
from generator.validate.finding import Finding, at
from generator.validate.repository import Repository
from generator.yaml_source import Document
from weights import models
from weights.models import Model


def check_weights(repository: Repository) -> Iterator[Finding]:
    """Yield lists that cannot be used, and places that no model can have, whatever node wants them."""
    for service in repository.vocabulary.services:
        key = f"{service.name}::weights"
        for document in repository.documents:
            bundles = document.data.get(key)
            for name, entry in bundles.items() if isinstance(bundles, dict) else ():
                if isinstance(entry, dict):
                    yield from _check_bundle(repository, document, (key, name), entry)


def _check_bundle(
    repository: Repository, document: Document, place: tuple[str, str], entry: dict[str, Any]
) -> Iterator[Finding]:
    title = ": ".join(place)
    found = _models(entry)
    faults = list(models.faults(found))
    for path, said in faults:
        yield at(document, (*place, "models", path), f"{title}: models: {path!r} {said}", key=True)
    digest = entry.get("files_sha256")
    if not isinstance(digest, str) or "/" in digest:
        return  # its type is wrong, and is said
    try:
        files = read_list(repository.root, digest)
    except FleetError as error:
        message = str(error).replace(f"{repository.root}/", "")
        yield at(document, (*place, "files_sha256"), f"{title}: {message}")
        return
    for said in () if faults else unlisted(found, files):
        yield at(document, (*place, "models"), f"{title}: {said}")


def _models(entry: dict[str, Any]) -> tuple[Model, ...]:
    """Read the models of a bundle; none where their types are wrong, which is said elsewhere."""
    try:
        return models.read(entry.get("models", {}))
    except (KeyError, TypeError, AttributeError):
        return ()
