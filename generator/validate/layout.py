"""Which files lie under the data's folder, and which of them no node could ever read."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from generator.hiera import Hierarchy, Level
from generator.inventory import FILE, known_nodes
from generator.puppet_types.nodes import suggestion
from generator.tokens import CERTNAME
from generator.validate.finding import Finding, Severity, at
from generator.yaml_source import load

#: The generator's own folder: definitions are no data of a node.
SERVICES = "services"
_DATA = re.compile(r"\.(ya?ml|json|eyaml)$", re.IGNORECASE)


def data_files(hierarchy: Hierarchy, found: Mapping[Path, Level | None]) -> dict[Path, Level | None]:
    """Leave out of the files that were found what is no data: hidden files, and definitions."""
    services = hierarchy.root / "hieradata" / SERVICES
    return {
        path: level
        for path, level in found.items()
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


def leads_out(path: Path) -> bool:
    """Whether ``path`` is a link: what it leads to may be another on each machine."""
    return path.is_symlink()


def check_layout(root: Path, levels: Mapping[Path, Level | None]) -> Iterator[Finding]:
    """Yield links, files that no layer reads, and files of a node or a role that cannot exist."""
    folders = {path.parent for path, level in levels.items() if level}
    roles = {path.stem for path in (root / "modules" / "role" / "manifests").glob("*.pp")}
    for path, level in levels.items():
        if leads_out(path):
            message = f"a link to {os.readlink(path)} (put the file itself here)"
            yield Finding(path, 1, 1, message, Severity.BROKEN)
        elif level is None:
            yield Finding(path, 1, 1, f"no layer of hiera.yaml reads this file ({_cure(path, folders)})")
        elif complaint := _misnamed(path, level, roles):
            yield Finding(path, 1, 1, complaint)


def check_inventory(root: Path) -> Iterator[Finding]:
    """Yield the nodes of inventory.yaml whose role no manifest makes, or whose environment has no data."""
    if not (root / FILE).exists():
        return
    document = load(root / FILE)
    roles = {path.stem for path in (root / "modules" / "role" / "manifests").glob("*.pp")}
    environments = {path.stem for path in (root / "hieradata" / "env").glob("*.yaml")}
    for node in known_nodes(root):
        at_node = ("nodes", node.certname)
        if roles and node.role not in roles:
            message = f"there is no role::{node.role}{suggestion(node.role, roles)}"
            yield at(document, (*at_node, "role"), message)
        if environments and node.environment not in environments:
            message = f"there is no hieradata/env/{node.environment}.yaml"
            message += suggestion(node.environment, environments)
            yield at(document, (*at_node, "env"), message, severity=Severity.WARNING)


def _cure(path: Path, folders: Collection[Path]) -> str:
    """Say what would make a layer read ``path``."""
    if not _DATA.search(path.name):
        return "remove it, or put it elsewhere"
    if path.suffix != ".yaml":
        return f"call it {path.stem}.yaml"
    names = {folder.name for folder in folders} - {path.parent.parent.name, path.parent.name}
    at_top = any(path.parent == folder.parent for folder in folders)
    near = "" if at_top else suggestion(path.parent.name, names).strip(" ()")
    return near or "remove it, or give hiera.yaml a layer for it"


def _misnamed(path: Path, level: Level, roles: Collection[str]) -> str | None:
    """Say why no node could have the file at ``path``, by the layer that reads it; None where one could."""
    reads = " ".join(level.templates)
    if "%{trusted.certname}" in reads and not CERTNAME.fullmatch(path.stem):
        return f"{path.stem} is no name that a certificate could have (lower-case letters, digits, - and .)"
    if "%{trusted.extensions.pp_role}" in reads and roles and path.stem not in roles:
        return f"there is no role::{path.stem}{suggestion(path.stem, roles)}"
    return None
