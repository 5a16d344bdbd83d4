"""Facts that several files say together: every revision has a pin, and every pin what its release needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from generator.inventory import KnownNode
from generator.puppet_types.nodes import suggestion
from generator.service import Parameter, Service, Unset
from generator.validate.finding import Finding, at
from generator.validate.fleet import Setting, some
from generator.validate.near import near_version
from generator.validate.repository import Repository
from generator.yaml_source import Document


def check_releases(repository: Repository) -> Iterator[Finding]:
    """Yield revisions without a pin, or without one that nodes get, and pins that lack something."""
    documents = repository.documents
    for service in repository.vocabulary.services:
        pinned = _entries(documents, f"{service.name}::releases")
        weights = _entries(documents, f"{service.name}::weights")
        if not pinned and repository.fleet.unread:
            continue  # one of them may have the pins: what is wrong with it is said
        yield from _on_nodes(repository, service, pinned)
        for document in documents:
            key = f"{service.name}::revision"
            revision = document.data.get(key)
            if _is_revision(revision) and revision not in pinned:
                cure = near_version(revision, pinned) or f" (fleet pin {service.name} TAG pins a tag)"
                yield at(document, (key,), f"no release is pinned as {revision}{cure}")
            yield from _pins(document, service, weights)


def _on_nodes(repository: Repository, service: Service, pinned: Mapping[str, Document]) -> Iterator[Finding]:
    """Yield what makes the module end the compile of known nodes, by what they get."""
    fleet = repository.fleet
    affected: dict[tuple[Path | None, str, str, str], list[str]] = defaultdict(list)
    for node in fleet.nodes:
        if service not in fleet.services(node):
            continue
        for blamed, said, cure in _faults(repository, node, service, pinned):
            path = blamed.document.path if blamed.document else None
            affected[path, blamed.key, said, cure].append(node.certname)
    for (path, key, said, cure), nodes in affected.items():
        message = f"{said} {some(nodes)}{cure}"
        if path:
            yield at(fleet.documents[path], (key,), message)
        else:
            yield at(repository.hiera, ("hierarchy",), message, key=True)


def _faults(
    repository: Repository, node: KnownNode, service: Service, pinned: Mapping[str, Document]
) -> Iterator[tuple[Setting, str, str]]:
    """Yield what ends a node's compile: the setting to blame, a sentence that the node ends, and the cure."""
    names = ("ensure", "revision", "releases", "installer")
    ensure, revision, releases, installer = (repository.fleet.setting(node, service, name) for name in names)
    if not (ensure and revision and releases and installer) or ensure.value == "absent":
        return
    wanted, pins = revision.value, releases.value
    if wanted is None and _says_all(repository, revision.key):
        cure = ", ".join(sorted(pinned)) or f"none is pinned: fleet pin {service.name} TAG pins a tag"
        yield revision, f"no layer sets {revision.key} for", f" (releases: {cure})"
    if not _is_revision(wanted) or not isinstance(pins, dict):
        return
    if wanted not in pins:
        if wanted in pinned:  # where nobody pins it, that is said of the file alone
            where = pinned[wanted].path.relative_to(repository.root)
            said = f"no release is pinned as {wanted} for"
            yield revision, said, f" (the pin in {where} does not reach there)"
        return
    if _is_locked(pins[wanted]) and installer.value == "pip":
        said = f"{installer.key}: pip cannot read the lock of {wanted} on"
        yield installer, said, " (write uv, or leave this line out)"
    for parameter in _without_flag(service, pins[wanted]):
        setting = repository.fleet.setting(node, service, parameter.name)
        if setting and setting.value not in (None, False, Unset.REQUIRED):
            blamed = setting if setting.document else revision
            said = f"{setting.key}: {wanted} knows no {parameter.flag} on"
            yield blamed, said, " (leave it at its default there, or correct flags in the pin)"


def _says_all(repository: Repository, key: str) -> bool:
    """Whether nothing but what the known nodes read could set ``key``.

    A file that cannot be read could; where there is no inventory, that of a node which nobody knows could.
    """
    fleet = repository.fleet
    if fleet.unread:
        return False
    return repository.inventory is not None or not any(key in each.data for each in fleet.documents.values())


def _without_flag(service: Service, pin: Any) -> Iterator[Parameter]:
    """Yield the parameters whose flag a release does not know; none where its pin names no flags."""
    known = pin.get("flags") if isinstance(pin, dict) else None
    if isinstance(known, list):
        yield from (each for each in service.parameters if each.flag and each.flag not in known)


def _is_locked(pin: Any) -> bool:
    return isinstance(pin, dict) and pin.get("install") == "lock"


def _is_revision(value: Any) -> TypeGuard[str]:
    """Tell whether a value is a plain name; what is not is said by its type, or known only to a node."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w.+-]*", value) is not None


def _pins(document: Document, service: Service, weights: Collection[str]) -> Iterator[Finding]:
    """Yield what is wrong with a file's pins, whatever node serves them."""
    key = f"{service.name}::releases"
    releases = document.data.get(key)
    for name, pin in releases.items() if isinstance(releases, dict) else ():
        if not isinstance(pin, dict):
            continue
        # a lock_sha256 that is misspelt is told by its type
        if _is_locked(pin) and not any(word.startswith("lock") for word in pin):
            message = f"{key}: {name} is installed from its lock, but lock_sha256 is missing"
            yield at(document, (key, name, "install"), f"{message} (the SHA-256 of uv.lock at its commit)")
        wanted, flags = pin.get("weights"), pin.get("flags")
        flag = service.weights.flag if service.weights else None
        if wanted and flag and isinstance(flags, list) and flag not in flags:
            message = f"{key}: {name} has weights, but its flags have no {flag} (add it)"
            yield at(document, (key, name, "flags"), message)
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
