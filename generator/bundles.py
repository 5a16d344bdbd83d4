"""Bundles of weights on the desk: locking what a folder holds, and holding folders against what is locked."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.definition import find_definition
from generator.errors import AnswerIsNo, FleetError
from generator.file_list import read_list, write_list
from generator.names import alike, quoted
from generator.progress import say, step
from generator.tree import Change
from weights import bundle, measure
from weights.bundle import File
from weights.errors import WeightsError
from weights.fetch import Fetch


@dataclass(frozen=True)
class Locked:
    """The ``files`` of a bundle, what changed in the catalogue, and what in its folder was ``left_out``."""

    files: tuple[File, ...]
    change: Change | None
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a ``folder`` of weights: lines that name a file; none where all of it is right."""

    folder: Path
    files: int
    faults: tuple[str, ...]


def lock(root: Path, service: str, name: str, folder: Path, relock: bool = False) -> Locked:
    """Write into the catalogue of ``service`` that the bundle ``name`` is what ``folder`` holds.

    What is known of the bundle must be so there, unless it is to be locked again (``relock``).

    Raises:
        AnswerIsNo: a file is not the one that is known; nothing is written then.
        FleetError: the catalogue has no such bundle, or a file cannot be read or have its name on a node.
    """
    find_definition(service, root / "hieradata" / "services")
    catalogue = Catalogue(root / CATALOGUE / f"{service}.yaml", service)
    if name not in catalogue.weights:
        near = alike(name, catalogue.weights)
        raise FleetError(f"{catalogue.path}: no {quoted(name)} in {service}::weights ({near})")
    entry = catalogue.weights[name]
    known = {} if relock else {file.path: file for file in _listed(root, entry)}
    paths, left_out = _contents(folder)
    absent = sorted(known.keys() - set(paths))
    if absent:
        raise AnswerIsNo(
            f"{folder}: {name} has {', '.join(absent)}, which is not there (--relock leaves it out)"
        )
    files = tuple(_measured(folder, path) for path in paths)
    wrong = [
        f"{folder / file.path}: {said} (--relock accepts it)"
        for file in files
        if file.path in known and (said := measure.difference(known[file.path], file))
    ]
    if wrong:
        raise AnswerIsNo("\n".join(wrong))
    digest = write_list(root, files)
    change = catalogue.put_files(name, digest) if entry.get("files_sha256") != digest else None
    return Locked(files, change, tuple(left_out))


def verify(root: Path, folder: Path) -> Iterator[Verdict]:
    """Read the bundles that ``folder`` holds, named as on a node, and hold them against the catalogues.

    Raises FleetError where it holds none.
    """
    some = False
    for name, entry in _bundles(root):
        place = folder / folder_name(name, entry)
        if place.is_dir():
            some = True
            yield _verdict(root, place, entry)
    if not some:
        raise FleetError(f"{folder}: no bundle of {root / CATALOGUE} is there (such as IndexTTS-2.5-c39ce5b)")


def mirror(root: Path, folder: Path, sources: Sequence[str], names: Collection[str]) -> Iterator[Verdict]:
    """Fetch the bundles ``names``, or all, into ``folder``, named as on a node; verify what is there already.

    Each source has the bundles under the same names. Raises FleetError where a name is none of a bundle.
    """
    bundles = dict(_bundles(root))
    for name in names or bundles:
        if name not in bundles:
            raise FleetError(
                f"{root / CATALOGUE}: no weights are called {quoted(name)} ({alike(name, bundles)})"
            )
        entry = bundles[name]
        place = folder / folder_name(name, entry)
        files = _listed(root, entry)
        if place.is_dir() or not files:
            yield _verdict(root, place, entry)
            continue
        with step(f"fetch {place}"):
            yield _fetched(place, files, [f"{source.rstrip('/')}/{place.name}" for source in sources])


def _fetched(place: Path, files: tuple[File, ...], sources: Sequence[str]) -> Verdict:
    try:
        Fetch(files, sources, str(place), lambda line: say(f"  {line}")).run()
    except WeightsError as error:
        return Verdict(place, len(files), (str(error),))
    return Verdict(place, len(files), ())


def _bundles(root: Path) -> Iterator[tuple[str, Entry]]:
    for path in sorted((root / CATALOGUE).glob("*.yaml")):
        yield from Catalogue(path, path.stem).weights.items()


def folder_name(name: str, entry: Entry) -> str:
    """Name the folder of a bundle, as the module's function weights_dir does."""
    return f"{name}-{str(entry.get('revision'))[:7]}"


def _listed(root: Path, entry: Entry) -> tuple[File, ...]:
    digest = entry.get("files_sha256")
    return read_list(root, digest) if digest else ()


def _verdict(root: Path, folder: Path, entry: Entry) -> Verdict:
    files = _listed(root, entry)
    if not files:
        return Verdict(folder, 0, ("nobody has locked it (fleet weights lock)",))
    return Verdict(folder, len(files), tuple(_faults(folder, files)))


def _faults(folder: Path, files: tuple[File, ...]) -> Iterator[str]:
    for file in files:
        said = measure.missing(str(folder), file)
        if file.sha256 is None:
            said = said or "is not locked: nobody knows its digest (fleet weights lock)"
        said = said or measure.difference(file, _measured(folder, file.path))
        if said:
            yield f"{file.path} {said}"


def _measured(folder: Path, path: str) -> File:
    with step(f"read {path}"):
        try:
            return measure.measure(str(folder), path)
        except OSError as error:
            raise FleetError(f"{folder / path}: cannot read it: {error.strerror}") from None


def _contents(folder: Path) -> tuple[list[str], list[str]]:
    """List the files below ``folder``, and what hides there and is left out."""
    paths, left_out = [], []
    for place, folders, names in os.walk(folder):
        hidden = [name for name in [*folders, *names] if name.startswith(".")]
        left_out += [os.path.relpath(os.path.join(place, name), folder) for name in hidden]
        folders[:] = sorted(name for name in folders if name not in hidden)
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise FleetError(f"{os.path.join(place, name)}: is a link to a folder (put the folder there)")
        for name in sorted(set(names) - set(hidden)):
            path = os.path.relpath(os.path.join(place, name), folder)
            said = bundle.why_no_path(path)
            if said:
                raise FleetError(f"{os.path.join(place, name)}: {said}: rename it, or move it away")
            paths.append(path)
    if not paths:
        raise FleetError(f"{folder}: no file is there")
    return sorted(paths), sorted(left_out)
