"""The lists of files of bundles of weights in the control repository, each named by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from generator.errors import FleetError
from generator.yaml_edit import write_beside
from weights import bundle
from weights.bundle import File, ListError

#: Below the control repository: a module's files, because those are what a Puppet server hands to nodes.
LISTS = Path("modules") / "weights" / "files" / "lists"


def read_list(root: Path, digest: str) -> tuple[File, ...]:
    """Read the list of files that the catalogue names by its SHA-256.

    Raises FleetError where it is missing, is another than its name says, or is none.
    """
    path = root / LISTS / f"{digest}.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FleetError(f"{path}: {error.strerror} (fleet weights lock writes it)") from None
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise FleetError(f"{path}: was changed: its sha256 is {found} (git checkout puts it back)")
    try:
        return bundle.parse(content.decode())
    except (ListError, UnicodeDecodeError) as error:
        raise FleetError(f"{path}: {error} (fleet weights lock writes it anew)") from None


def write_list(root: Path, files: Sequence[File]) -> str:
    """Write a list of files, and return its SHA-256."""
    text = bundle.dump(files)
    digest = hashlib.sha256(text.encode()).hexdigest()
    write_beside(root / LISTS / f"{digest}.json", text)
    return digest


def drop_lists(root: Path, named: Collection[str]) -> None:
    """Take away the lists that no catalogue names by their SHA-256 any more."""
    for path in (root / LISTS).glob("*.json"):
        if path.stem not in named:
            path.unlink()
