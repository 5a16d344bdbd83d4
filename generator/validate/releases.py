"""Facts that several files say together: every revision has a pin, and every pin its weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeGuard

from generator.puppet_types.nodes import suggestion
from generator.service import Service
from generator.validate.finding import Finding, at
from generator.validate.near import near_version
from generator.yaml_source import Document

#: What a key claims for the one node whose file says it: no other may say the same.
EXCLUSIVE = {"profile::puppet_ca::dns_alt_names": "name of the Puppet server"}


def check_releases(documents: Sequence[Document], services: Sequence[Service]) -> Iterator[Finding]:
    """Yield revisions that no file pins, and pins whose weights no file names."""
    for service in services:
        key = f"{service.name}::revision"
        pins = _entries(documents, f"{service.name}::releases")
        weights = _entries(documents, f"{service.name}::weights")
        if not pins:
            continue  # the file that has them cannot be read, or is read by no layer: that is said
        for document in documents:
            revision = document.data.get(key)
            if _is_revision(revision) and revision not in pins:
                cure = near_version(revision, pins) or f" (fleet pin {service.name} {revision} makes one)"
                yield at(document, (key,), f"no release is pinned as {revision}{cure}")
            yield from _weights(document, service, weights)


def _is_revision(value: Any) -> TypeGuard[str]:
    """Tell whether a value is a plain name; what is not is said by its type, or known only to a node."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w.+-]*", value) is not None


def _weights(document: Document, service: Service, weights: dict[str, Any]) -> Iterator[Finding]:
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


def _entries(documents: Sequence[Document], key: str) -> dict[str, Any]:
    """Put together the entries that all files give a mapping."""
    entries: dict[str, Any] = {}
    for document in documents:
        value = document.data.get(key)
        entries |= value if isinstance(value, dict) else {}
    return entries


def check_claims(documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield what two nodes' files claim and only one node may have."""
    claimed: dict[tuple[str, Any], Document] = {}
    for document in documents:
        if document.path.parent.name != "nodes":
            continue
        for key, what in EXCLUSIVE.items():
            value = document.data.get(key)
            names = value if isinstance(value, list) else []
            for number, name in (
                (number, name) for number, name in enumerate(names) if isinstance(name, str)
            ):
                first = claimed.setdefault((key, name), document)
                if first is not document:
                    message = f"{name} is a {what} already in {first.path.name} (one machine answers to it)"
                    yield at(document, (key, number), message)
