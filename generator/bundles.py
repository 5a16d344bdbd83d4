"""Bundles of weights: which there are, and what folders hold of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from generator.bundle_models import described, unlisted
from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.errors import FleetError
from generator.file_list import read_list
from generator.names import quoted
from generator.progress import step
from generator.verdict import Verdict
from weights import bundle, measure
from weights.bundle import File
from weights.source import Bundle


def verify(root: Path, folder: Path) -> Iterator[Verdict]:
    """Read the bundles that ``folder`` holds, named as on a node, and hold them against the catalogues.

    Raises FleetError where it holds none.
    """
    some = False
    for name, entry in bundles(root):
        place = folder / folder_name(name, entry)
        if place.is_dir():
            some = True
            yield judge(root, place, entry)
    if not some:
        raise FleetError(f"{folder}: no bundle of {root / CATALOGUE} is there (such as IndexTTS-2.5-c39ce5b)")


def hold(root: Path, folder: Path, name: str, entry: Entry) -> Verdict:
    """Read the bundle ``name`` in ``folder``, and hold it against its entry in the catalogue."""
    place = folder / folder_name(name, entry)
    if not place.is_dir():
        return Verdict(place, 0, (f"is not here (fleet weights mirror {folder} {name} --from hub)",))
    return judge(root, place, entry)


def bundles(root: Path) -> Iterator[tuple[str, Entry]]:
    """List the bundles of all catalogues, by their names."""
    for path in sorted((root / CATALOGUE).glob("*.yaml")):
        yield from Catalogue(path, path.stem).weights.items()


def folder_name(name: str, entry: Entry) -> str:
    """Name the folder of a bundle, as the module's function weights_dir does.

    Raises FleetError where that would lead out of the folder that it is to be in.
    """
    folder = f"{name}-{str(entry.get('revision'))[:7]}"
    if "/" in folder or bundle.why_no_path(folder):
        raise FleetError(
            f"{quoted(folder)} is no folder of a bundle (correct its name or revision in the catalogue)"
        )
    return folder


def sources_know(name: str, entry: Entry) -> Bundle:
    """Say by what sources know the bundle ``name``."""
    return described(folder_name(name, entry), entry)


def listed(root: Path, entry: Entry) -> tuple[File, ...]:
    """List the files that a bundle is locked to; none where nobody has locked it."""
    digest = entry.get("files_sha256")
    return read_list(root, digest) if digest else ()


def judge(root: Path, folder: Path, entry: Entry) -> Verdict:
    """Read all that ``folder`` has of a bundle, and hold it against its entry in the catalogue."""
    files = listed(root, entry)
    if not files:
        return Verdict(folder, 0, ("nobody has locked it (fleet weights lock)",))
    unlocked = unlisted(described(folder.name, entry).models, files)
    return Verdict(folder, len(files), (*unlocked, *_faults(folder, files)))


def _faults(folder: Path, files: tuple[File, ...]) -> Iterator[str]:
    for file in files:
        said = measure.missing(str(folder), file)
        if file.sha256 is None:
            said = said or "is not locked: nobody knows its digest (fleet weights lock)"
        said = said or measure.difference(file, measured(folder, file.path))
        if said:
            yield f"{file.path} {said}"


def measured(folder: Path, path: str) -> File:
    """Read a file to its end, and say what is in it. Raises FleetError where it cannot be read."""
    with step(f"read {path}"):
        try:
            return measure.measure(str(folder), path)
        except OSError as error:
            raise FleetError(f"{folder / path}: cannot read it: {error.strerror}") from None
