"""Facts that several files say together: every revision has a pin, and every pin its weights."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from generator.inventory import KnownNode
from generator.puppet_types.nodes import suggestion
from generator.service import Service
from generator.validate.finding import Finding, at
from generator.validate.fleet import Fleet, Setting, some
from generator.validate.near import near_version
from generator.validate.repository import Repository
from generator.yaml_source import Document


def check_releases(repository: Repository) -> Iterator[Finding]:
    """Yield revisions without a pin, or without one that nodes get, and pins whose weights no file names."""
    documents = repository.documents
    for service in repository.vocabulary.services:
        pinned = _entries(documents, f"{service.name}::releases")
        weights = _entries(documents, f"{service.name}::weights")
        if not pinned:
            continue  # the file that has them cannot be read, or is read by no layer: that is said
        yield from _on_nodes(repository, service, pinned)
        for document in documents:
            key = f"{service.name}::revision"
            revision = document.data.get(key)
            if _is_revision(revision) and revision not in pinned:
                cure = near_version(revision, pinned) or f" (fleet pin {service.name} TAG pins a tag)"
                yield at(document, (key,), f"no release is pinned as {revision}{cure}")
            yield from _weights(document, service, weights)


def _on_nodes(repository: Repository, service: Service, pinned: Mapping[str, Document]) -> Iterator[Finding]:
    """Yield what makes the module end the compile of known nodes, by what they get."""
    fleet = repository.fleet
    affected: dict[tuple[Path, str, str, str], list[str]] = defaultdict(list)
    for node in fleet.nodes:
        if service not in fleet.services(node) or not (release := _release(fleet, node, service)):
            continue
        revision, pins, installer = release
        wanted = revision.value
        if wanted not in pins and wanted in pinned:  # where nobody pins it, that is said of the file alone
            blamed, said = revision, f"no release is pinned as {wanted} for"
            where = pinned[wanted].path.relative_to(repository.root)
            cure = f" (the pin in {where} does not reach there)"
        elif _is_locked(pins.get(wanted)) and installer.value == "pip":
            blamed, said = installer, f"{installer.key}: pip cannot read the lock of {wanted} on"
            cure = " (write uv, or leave this line out)"
        else:
            continue
        if blamed.document:
            affected[blamed.document.path, blamed.key, said, cure].append(node.certname)
    for (path, key, said, cure), nodes in affected.items():
        yield at(fleet.documents[path], (key,), f"{said} {some(nodes)}{cure}")


def _release(
    fleet: Fleet, node: KnownNode, service: Service
) -> tuple[Setting, dict[str, Any], Setting] | None:
    """Return a node's revision, pins and installer; None where these are not known, or matter to nothing."""
    names = ("ensure", "revision", "releases", "installer")
    ensure, revision, releases, installer = (fleet.setting(node, service, name) for name in names)
    if not (ensure and revision and releases and installer) or ensure.value == "absent":
        return None
    if not _is_revision(revision.value) or not isinstance(releases.value, dict):
        return None
    return revision, releases.value, installer


def _is_locked(pin: Any) -> bool:
    return isinstance(pin, dict) and pin.get("install") == "lock"


def _is_revision(value: Any) -> TypeGuard[str]:
    """Tell whether a value is a plain name; what is not is said by its type, or known only to a node."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w.+-]*", value) is not None


def _weights(document: Document, service: Service, weights: Collection[str]) -> Iterator[Finding]:
    key = f"{service.name}::releases"
    releases = document.data.get(key)
    for name, pin in releases.items() if isinstance(releases, dict) else ():
        if not isinstance(pin, dict):
            continue
        if pin.get("install") == "lock" and not any(word.startswith("lock") for word in pin):
            message = f"{key}: {name} is installed from its lock, but lock_sha256 is missing"
            yield at(document, (key, name, "install"), f"{message} (the SHA-256 of uv.lock at its commit)")
        wanted = pin.get("weights")
        if isinstance(wanted, str) and wanted not in weights:
            message = f"{service.name}::weights has no {wanted}{suggestion(wanted, weights)}"
            yield at(document, (key, name, "weights"), message)


def _entries(documents: Sequence[Document], key: str) -> dict[str, Document]:
    """Return the entries that files give a mapping, each with the last file that has it."""
    entries: dict[str, Document] = {}
    for document in documents:
        value = document.data.get(key)
        entries |= dict.fromkeys(value, document) if isinstance(value, dict) else {}
    return entries
