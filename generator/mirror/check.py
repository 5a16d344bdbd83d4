"""What a mirror lacks of the releases that the catalogue pins."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

from generator import bundles
from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.definition import find_definition
from generator.errors import FleetError
from generator.mirror import GIT, WEIGHTS, record
from generator.mirror.index import is_listed, is_package
from generator.mirror.record import Record
from generator.verdict import Verdict
from weights.bundle import File
from weights.measure import difference, measure, missing


def check(root: Path, mirror: Path, service: str, revisions: Collection[str]) -> Iterator[Verdict]:
    """Hold a mirror against the releases of a service, or all that are pinned, and against their weights.

    Every byte is read. Raises FleetError where there is no such service, or a release is not pinned.
    """
    find_definition(service, root / "hieradata" / "services")
    catalogue = Catalogue(root / CATALOGUE / f"{service}.yaml", service)
    if not catalogue.releases:
        raise FleetError(f"{catalogue.path}: no release is pinned (fleet pin {service} TAG)")
    wanted: dict[str, Entry] = {}
    for revision in revisions or catalogue.releases:
        found, pin = record.pinned(root, service, revision)
        path = record.path_of(mirror, service, revision)
        yield _verdict(mirror, path, service, record.read(path), record.recipe(found, pin), revision)
        wanted |= {pin["weights"]: catalogue.weights.get(pin["weights"], {})} if "weights" in pin else {}
    for name, entry in wanted.items():
        yield bundles.hold(root, mirror / WEIGHTS, name, entry)


def _verdict(
    mirror: Path, path: Path, service: str, found: Record | None, recipe: record.Recipe, revision: str
) -> Verdict:
    python = " --python" if found and found.has_python else ""
    cure = f"fleet mirror build {mirror} {service} {revision}{python}"
    if found is None:
        return Verdict(path, 0, (f"is not here ({cure})",))
    faults = [f"{fault} ({cure})" for fault in lacks(mirror, service, found, recipe)]
    return Verdict(path, len(found.files), tuple(faults))


def lacks(mirror: Path, service: str, found: Record, recipe: record.Recipe) -> Iterator[str]:
    """Say what of a release, as its record ``found`` has it, is not there or not as it is wanted by now."""
    for field, wanted in vars(recipe).items():
        if getattr(found.recipe, field) != wanted:
            yield f"was made with the {field} {getattr(found.recipe, field)}, and it is {wanted} now"
    repository = mirror / GIT / f"{service}.git"
    if not _has_commit(repository, recipe.commit):
        yield f"{repository}: {recipe.commit} is not in it, or not as a web server hands it out"
    for file in found.files:
        if said := fault(mirror, file):
            yield f"{mirror / file.path} {said}"
        elif is_package(file) and not is_listed(mirror, file):
            yield f"{file.path} is on no page of the index"


def fault(mirror: Path, file: File) -> str | None:
    """Say what is wrong with a file of a mirror, or None where it is there and right."""
    return missing(str(mirror), file) or difference(file, measure(str(mirror), file.path))


def _has_commit(repository: Path, commit: str) -> bool:
    command = ["git", f"--git-dir={repository}", "rev-list", "--objects", "--quiet", commit]
    if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode:
        return False
    # what a plain web server hands out instead of git's own answer
    listed, packs = repository / "info" / "refs", repository / "objects" / "info" / "packs"
    return listed.exists() and packs.exists() and f"{commit}\trefs/heads/pin-{commit}\n" in listed.read_text()
