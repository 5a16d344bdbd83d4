"""Models of other repositories that a bundle has beside its own files, and where in it they lie."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from weights.bundle import folders, why_no_path

#: The hub client's own layout: a snapshot, and a file beside it that says which one a release finds.
_CACHE = re.compile(r"(?P<cache>(?:.+/)?(?P<name>models--[^/]+))/snapshots/(?P<revision>[^/]+)(?:/.+)?")


class Model(NamedTuple):
    """A model of ``repository`` at ``revision``, at the path ``place`` below the folder of the bundle.

    Where ``path`` names a file of the repository, the place is that file. Otherwise it is a folder: with
    ``files`` of the repository, or with all of it where none are named. ``modelscope`` is what the repository
    is called there, if not the same.
    """

    place: str
    repository: str
    revision: str
    path: str | None = None
    files: tuple[str, ...] = ()
    modelscope: str | None = None

    def in_repository(self, path: str) -> str | None:
        """Say where the bundle's file at ``path`` is in the repository; None where it is another's."""
        if self.path is not None:
            return self.path if path == self.place else None
        return path[len(self.place) + 1 :] if path.startswith(f"{self.place}/") else None


def read(entries: Mapping[str, Any]) -> tuple[Model, ...]:
    """Read what the catalogue says of a bundle's models; :func:`faults` has what is wrong with it.

    Raises KeyError, TypeError or AttributeError where an entry is of another type.
    """
    return tuple(
        Model(
            place,
            entry["repository"],
            entry["revision"],
            entry.get("path"),
            tuple(entry.get("files", ())),
            entry.get("modelscope"),
        )
        for place, entry in sorted(entries.items())
    )


def faults(models: Sequence[Model]) -> Iterator[tuple[str, str]]:
    """Yield each place that cannot be, with what is wrong with it: above all, that it leaves the bundle."""
    refs: dict[str, str] = {}
    for model in models:
        said = _why_no_model(model) or _why_no_cache(model)
        if said:
            yield model.place, said
        for other in models:
            if model.place.startswith(f"{other.place}/"):
                yield model.place, f"lies in {other.place}, where another model is (put it beside that)"
        for path, revision in given([model]).items():
            if refs.setdefault(path, revision) != revision:
                yield model.place, f"is another revision of what {path} is for (one of them is found there)"


def given(models: Sequence[Model]) -> dict[str, str]:
    """Say which files of a bundle the catalogue itself gives, and what is in them: no hub has them.

    A release that asks the hub's client for a model is given the revision that ``refs/main`` names.
    """
    found = ((_CACHE.fullmatch(model.place), model) for model in models)
    return {f"{cache['cache']}/refs/main": model.revision for cache, model in found if cache}


def lacking(models: Sequence[Model], paths: Collection[str]) -> list[str]:
    """List what of the models is not among the ``paths`` of a bundle: files, and folders without any."""
    there = {place for path in paths for place in (path, *folders(path))}
    wanted = [path for model in models for path in _wanted(model)]
    return [path for path in (*wanted, *given(models)) if path not in there]


def _wanted(model: Model) -> list[str]:
    return [f"{model.place}/{name}" for name in model.files] or [model.place]


def _why_no_model(model: Model) -> str | None:
    if said := why_no_path(model.place):
        return said
    for path in model.files if model.path is None else (model.path, *model.files):
        if said := why_no_path(path):
            return f"has {path!r}, which {said}"
    if model.path is not None and model.files:
        return "has path, which makes it a file, and files, which a folder has (take one of the two out)"
    return None


def _why_no_cache(model: Model) -> str | None:
    cache = _CACHE.fullmatch(model.place)
    name = f"models--{model.repository.replace('/', '--')}"
    if not cache or (cache["name"], cache["revision"]) == (name, model.revision):
        return None
    return f"is no place of this model in the hub's own layout (.../{name}/snapshots/{model.revision} is)"
