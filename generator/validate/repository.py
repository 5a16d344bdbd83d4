"""All that is held against each other, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.hiera import Hierarchy, Level, files
from generator.hiera.cohort import READER as COHORT
from generator.hiera.cohort import Cohort
from generator.inventory import FACTS, KnownNode, known_nodes, read_facts
from generator.inventory import FILE as INVENTORY
from generator.validate.finding import Finding, Severity, of_error
from generator.validate.fleet import Fleet
from generator.validate.texts import Texts, marked
from generator.validate.vocabulary import Vocabulary, read_vocabulary
from generator.yaml_source import Document, load_data

#: The generator's own folder: definitions are no data of a node.
SERVICES = "services"


@dataclass(frozen=True)
class Repository:
    """What is in a repository.

    ``levels`` has every file of data with the first level that some node could read it by, None for none;
    ``marked`` the texts of each document that are not what nodes get; ``facts`` the fact sets of known
    systems by name; ``inventory`` is None where there is none; ``found`` is what reading found.
    """

    root: Path
    hiera: Document
    hierarchy: Hierarchy
    levels: Mapping[Path, Level | None]
    documents: Sequence[Document]
    marked: Mapping[Path, Texts]
    vocabulary: Vocabulary
    facts: Mapping[str, dict[str, Any]]
    inventory: Path | None
    fleet: Fleet
    found: Sequence[Finding]

    @property
    def roles(self) -> set[str]:
        """The roles that a manifest makes."""
        return {path.stem for path in (self.root / "modules" / "role" / "manifests").glob("*.pp")}


def read_repository(root: Path) -> Repository:
    """Read what is below ``root``; a file of data that cannot be read is a finding, and the others go on.

    Raises:
        InputError, InputErrors: hiera.yaml, the Puppetfile or a manifest is wrong, and the rest not read.
        FleetError: the code that looks keys up cannot be read.
    """
    hierarchy = Hierarchy.load(root)
    require_folders(hierarchy)
    levels = data_files(hierarchy)
    found: list[Finding] = []
    documents = [*_read(levels, found)]
    in_files = {document.path: marked(document.data) for document in documents}
    vocabulary = read_vocabulary(root, [text for texts in in_files.values() for _, text in texts])
    inventory, nodes = _inventory(root, found)
    return Repository(
        root=root,
        hiera=load_data(root / "hiera.yaml")[0],
        hierarchy=hierarchy,
        levels=levels,
        documents=documents,
        marked=in_files,
        vocabulary=vocabulary,
        facts=_facts(root, found),
        inventory=inventory,
        fleet=Fleet(hierarchy, levels, documents, nodes, vocabulary),
        found=found,
    )


def data_files(hierarchy: Hierarchy) -> dict[Path, Level | None]:
    """Find the files below the data's folders, but hidden ones, and definitions."""
    services = hierarchy.root / "hieradata" / SERVICES
    return {
        path: level
        for path, level in files(hierarchy).items()
        if not path.name.startswith(".") and path.parent != services
    }


def require_folders(hierarchy: Hierarchy) -> None:
    """Raise where a layer's folder is not there: Puppet would find nothing, and say nothing.

    Raises:
        InputError: the place in hiera.yaml, and the folder.
    """
    for level in hierarchy.levels:
        folder = level.datadir.partition("%{")[0]
        if not (hierarchy.root / folder).is_dir():
            raise level.error(f"there is no folder {folder} (datadir names the one that holds the data)")


def _read(levels: Mapping[Path, Level | None], found: list[Finding]) -> Iterator[Document]:
    """Read every file that some layer reads, but what is behind a link."""
    for path, level in levels.items():
        if level is None or path.is_symlink():
            continue
        try:
            document, surprises = load_data(path)
            document = Cohort.of(document) if level.reader == COHORT else document
        except InputError as error:
            found.append(of_error(error, Severity.BROKEN))
            continue
        found += [of_error(surprise, Severity.WARNING) for surprise in surprises]
        yield document


def _inventory(root: Path, found: list[Finding]) -> tuple[Path | None, list[KnownNode]]:
    try:
        return root / INVENTORY if (root / INVENTORY).exists() else None, known_nodes(root)
    except InputError as error:
        found.append(of_error(error, Severity.BROKEN))
        return None, []


def _facts(root: Path, found: list[Finding]) -> dict[str, dict[str, Any]]:
    facts = {}
    for path in sorted((root / FACTS).glob("*.json")):
        try:
            facts[path.stem] = read_facts(path)
        except InputError as error:
            found.append(of_error(error, Severity.BROKEN))
    return facts
