"""What a mirror holds of a release, and what it was made from: a file beside the packages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.definition import find_definition, load_service
from generator.errors import FleetError
from generator.mirror import PYTHONS, RECORDS
from generator.names import alike, quoted
from generator.pin import check_revision
from generator.service import Service
from generator.yaml_edit import write_beside
from weights import bundle
from weights.bundle import File, ListError


@dataclass(frozen=True)
class Recipe:
    """What decides which packages a node asks for; ``python`` is a version such as 3.11."""

    commit: str
    install: str
    python: str
    extras: tuple[str, ...]
    uv: str


@dataclass(frozen=True)
class Record:
    """The ``files`` that a release is installed from, by its ``recipe``; paths are below the mirror."""

    recipe: Recipe
    files: tuple[File, ...]

    @property
    def has_python(self) -> bool:
        """Whether a Python is among them."""
        return any(file.path.startswith(f"{PYTHONS}/") for file in self.files)


def pinned(root: Path, name: str, revision: str) -> tuple[Service, Entry]:
    """Find a service and the pin of a release of it. Raises FleetError where there is none."""
    service = load_service(find_definition(name, root / "hieradata" / "services"))
    catalogue = Catalogue(root / CATALOGUE / f"{name}.yaml", name)
    if revision not in catalogue.releases:
        near = alike(revision, catalogue.releases)
        raise FleetError(f"{catalogue.path}: no {quoted(revision)} in {name}::releases ({near})")
    return service, catalogue.releases[revision]


def recipe(service: Service, pin: Entry) -> Recipe:
    """Say by which recipe a pinned release is installed where nobody says otherwise in Hiera."""
    uv = next(parameter.default for parameter in service.parameters if parameter.name == "uv_version")
    return Recipe(pin["commit"], pin["install"], str(pin["python"]), service.extras, str(uv))


def path_of(mirror: Path, service: str, revision: str) -> Path:
    """Say where the record of a release is. Raises FleetError where its name is none."""
    check_revision(revision)
    return mirror / RECORDS / service / f"{revision}.json"


def write(path: Path, record: Record) -> None:
    """Write a record."""
    content = {**asdict(record.recipe), "files": json.loads(bundle.dump(record.files))}
    write_beside(path, json.dumps(content, indent=1) + "\n")


def read(path: Path) -> Record | None:
    """Read a record; None where there is none.

    Raises FleetError where it is damaged.
    """
    try:
        content = json.loads(path.read_text())
        files = bundle.parse(json.dumps(content.pop("files")))
        return Record(Recipe(**content | {"extras": tuple(content["extras"])}), files)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ListError) as error:
        raise FleetError(f"{path}: {error} (move it away, and fleet mirror build writes it anew)") from None


def read_all(mirror: Path) -> Iterator[Record]:
    """Read the records of all releases that a mirror holds."""
    for path in sorted((mirror / RECORDS).glob("*/*.json")):
        found = read(path)
        if found:
            yield found
