"""Hiera data held against the code that looks it up: keys, types, files, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.hiera import Hierarchy, Level, Scope, files
from generator.inventory import FACTS, known_nodes, read_facts
from generator.validate import finding, layout
from generator.validate.expressions import check_expressions
from generator.validate.finding import Finding, Severity
from generator.validate.merges import check_merges
from generator.validate.options import check_options
from generator.validate.releases import check_claims, check_releases
from generator.validate.values import check_decrypted, check_secrets, check_values
from generator.validate.vocabulary import OPTIONS, Vocabulary, read_vocabulary
from generator.yaml_source import Document, load_data


@dataclass(frozen=True)
class Report:
    """What was looked at, and all that was found, in the order of files and lines."""

    files: int
    keys: int
    findings: list[Finding]


def validate(root: Path) -> Report:
    """Check every file of every layer below ``root``.

    Raises:
        InputError: hiera.yaml is wrong, so that nothing can be said about the rest.
        FleetError: the code that looks keys up cannot be read.
    """
    hierarchy = Hierarchy.load(root)
    layout.require_folders(hierarchy)
    levels = layout.data_files(hierarchy, files(hierarchy))
    found, documents = _read(levels)
    found += layout.check_layout(root, levels)
    vocabulary = read_vocabulary(root, [document.path for document in documents])
    facts = [read_facts(path) for path in sorted((root / FACTS).glob("*.json"))]
    scopes = _scopes(root)
    found += check_expressions(load_data(root / "hiera.yaml")[0], vocabulary, facts)
    for document in documents:
        found += _of_file(document, vocabulary, facts, scopes)
    found += check_secrets(documents, vocabulary)
    decrypted = {path for path, level in levels.items() if level and level.reader == "eyaml_lookup_key"}
    found += check_decrypted(documents, decrypted)
    found += check_releases(documents, vocabulary.services)
    found += check_claims(documents)
    found += layout.check_inventory(root)
    order = {level: number for number, level in enumerate(hierarchy.levels)}
    places = {path: order[level] for path, level in levels.items() if level}
    found += check_merges(documents, places)
    return Report(len(documents), sum(len(document.data) for document in documents), sorted(set(found)))


def _scopes(root: Path) -> list[Scope]:
    """Return the scope of one known node of each role, environment and system."""
    distinct = {(node.role, node.environment, id(node.facts.get("os"))): node for node in known_nodes(root)}
    return [Scope(node.facts, node.trusted, {"environment": "production"}) for node in distinct.values()]


def _read(levels: dict[Path, Level | None]) -> tuple[list[Finding], list[Document]]:
    """Read every file that some layer reads; what cannot be read is a finding, and the others go on."""
    found, documents = [], []
    for path, level in levels.items():
        if level is None or layout.leads_out(path):
            continue
        try:
            document, surprises = load_data(path)
        except InputError as error:
            found.append(finding.of_error(error, Severity.BROKEN))
            continue
        documents.append(document)
        found += [finding.of_error(surprise, Severity.WARNING) for surprise in surprises]
    return found, documents


def _of_file(
    document: Document, vocabulary: Vocabulary, facts: list[dict[str, Any]], scopes: list[Scope]
) -> list[Finding]:
    """Check what one file says by itself."""
    found = [
        finding.at(document, (key,), complaint, key=True)
        for key in document.data
        if key != OPTIONS and (complaint := vocabulary.complaint(key))
    ]
    found += [
        finding.at(document, (key,), f"{key} is private to its module", key=True, severity=Severity.WARNING)
        for key in document.data
        if vocabulary.is_private(key)
    ]
    found += check_options(document, vocabulary)
    found += check_values(document, vocabulary, scopes)
    found += check_expressions(document, vocabulary, facts)
    return found
