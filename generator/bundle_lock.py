"""Locking a bundle of weights: the catalogue says from then on which files it consists of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from generator.bundle_models import refuse_others
from generator.bundles import bundles, folder_name, listed, measured, sources_know
from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.definition import find_definition
from generator.errors import AnswerIsNo, FleetError
from generator.file_list import drop_lists, write_list
from generator.hub_download import download, hub
from generator.names import alike, quoted
from generator.progress import step
from generator.tree import Change
from weights import bundle, measure
from weights.bundle import File
from weights.source import is_word


@dataclass(frozen=True)
class Locked:
    """The ``files`` of a bundle, what changed in the catalogue, and what in its folder was ``left_out``."""

    files: tuple[File, ...]
    change: Change | None
    left_out: tuple[str, ...]


def lock(root: Path, service: str, name: str, source: str, relock: bool = False) -> Locked:
    """Write into the catalogue of ``service`` that the bundle ``name`` is what ``source`` has.

    That is a folder, ``hub``, or the address of a mirror of the hub; from there the bundle is downloaded into
    build/weights first. What is known of the bundle must be so there, unless it is to be locked again
    (``relock``).

    Raises:
        AnswerIsNo: a file is not the one that is known; nothing is written then.
        FleetError: the catalogue has no such bundle, it cannot be downloaded, or a file cannot be read or
            have its name on a node.
    """
    find_definition(service, root / "hieradata" / "services")
    catalogue = Catalogue(root / CATALOGUE / f"{service}.yaml", service)
    if name not in catalogue.weights:
        near = alike(name, catalogue.weights)
        raise FleetError(f"{catalogue.path}: no {quoted(name)} in {service}::weights ({near})")
    entry = catalogue.weights[name]
    folder, brought = _have(root, name, entry, source)
    known = {} if relock else {file.path: file for file in listed(root, entry)}
    paths, left_out = _contents(folder, brought)
    refuse_others(folder, sources_know(name, entry), paths)
    absent = sorted(known.keys() - set(paths))
    if absent:
        raise AnswerIsNo(
            f"{folder}: {name} has {', '.join(absent)}, which is not there (--relock leaves it out)"
        )
    files = tuple(measured(folder, path) for path in paths)
    wrong = [
        f"{folder / file.path}: {said} (--relock accepts it)"
        for file in files
        if file.path in known and (said := measure.difference(known[file.path], file))
    ]
    if wrong:
        raise AnswerIsNo("\n".join(wrong))
    digest = write_list(root, files)
    change = catalogue.put_files(name, digest) if entry.get("files_sha256") != digest else None
    drop_lists(root, {str(entry.get("files_sha256")) for _, entry in bundles(root)})
    return Locked(files, change, tuple(left_out))


def _have(root: Path, name: str, entry: Entry, source: str) -> tuple[Path, set[str] | None]:
    """Have the bundle in a folder; say which it is, and what a hub says that it has."""
    if not is_word(source):
        if not Path(source).is_dir():
            raise FleetError(f"--from {source}: no folder is there")
        return Path(source), None
    endpoint = hub() if source == "hub" else source
    if not endpoint.startswith(("http://", "https://")):
        raise FleetError(f"--from {source}: is no hub (a folder, hub, or the address of a mirror of the hub)")
    target = root / "build" / "weights" / folder_name(name, entry)
    with step(f"download {target}"):
        return target, download(sources_know(name, entry), endpoint, target)


def _refuse_unreadable(error: OSError) -> None:
    raise FleetError(f"{error.filename}: cannot read it: {error.strerror}") from None


def _contents(folder: Path, brought: set[str] | None) -> tuple[list[str], list[str]]:
    """List the files below ``folder``, and what is left out: it hides, or was not ``brought`` there."""
    paths, left_out = [], []
    for place, folders, names in os.walk(folder, onerror=_refuse_unreadable):
        hidden = [name for name in [*folders, *names] if name.startswith(".")]
        left_out += [os.path.relpath(os.path.join(place, name), folder) for name in hidden]
        folders[:] = sorted(name for name in folders if name not in hidden)
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise FleetError(f"{os.path.join(place, name)}: is a link to a folder (put the folder there)")
        for name in sorted(set(names) - set(hidden)):
            path = os.path.relpath(os.path.join(place, name), folder)
            if brought is not None and path not in brought:
                left_out.append(path)
                continue
            said = bundle.why_no_path(path)
            if said or not os.path.isfile(folder / path):
                said = said or "is no file"
                raise FleetError(f"{os.path.join(place, name)}: {said}: rename it, or move it away")
            paths.append(path)
    if not paths:
        raise FleetError(f"{folder}: no file is there")
    return sorted(paths), sorted(left_out)
