"""The models of other repositories that belong to a bundle of weights, as the catalogue has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generator.catalogue import Entry
from generator.errors import AnswerIsNo, FleetError
from weights import models
from weights.bundle import File
from weights.models import Model
from weights.source import Bundle


def described(folder: str, entry: Entry) -> Bundle:
    """Say where sources have the bundle that they keep in ``folder``, its models too.

    Raises FleetError where one of the models cannot be where the catalogue says.
    """
    try:
        found = models.read(entry.get("models", {}))
    except (KeyError, TypeError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise FleetError(f"{folder}: models: {said} (fleet validate says where)") from None
    for place, fault in models.faults(found):
        raise FleetError(f"{folder}: models: {place!r} {fault}")
    files = entry.get("files")
    own = tuple(map(str, files)) if isinstance(files, list) else None
    return Bundle(folder, str(entry.get("repository")), str(entry.get("revision")), found, own)


def refuse_others(folder: Path, bundle: Bundle, paths: Sequence[str]) -> None:
    """Raise AnswerIsNo where ``folder``, which has ``paths``, does not have each model in its place."""
    absent = models.lacking(bundle.models, paths)
    if absent:
        raise AnswerIsNo(
            f"{folder}: the catalogue's models have {', '.join(absent)}, which is not there"
            " (--from hub brings it; or correct models in the catalogue)"
        )
    for path, content in bundle.given.items():
        if (folder / path).read_bytes() != content.encode():
            raise AnswerIsNo(f"{folder / path}: is not {content} alone, the revision that the catalogue says")


def unlisted(wanted: Sequence[Model], files: Sequence[File]) -> tuple[str, ...]:
    """Say which of its models a bundle's list lacks: they came into the catalogue after it was locked."""
    absent = models.lacking(wanted, [file.path for file in files])
    return tuple(f"nobody has locked {path}, which models has (fleet weights lock)" for path in absent)
