"""Which files lie under the data's folder, and which of them no node could ever read."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import product
from pathlib import Path

from generator.hiera import Level, Scope
from generator.hiera.cohort import READER as COHORT
from generator.inventory import FILE, make_node
from generator.puppet_types.nodes import suggestion
from generator.tokens import CERTNAME, NAME
from generator.validate.expressions import complaints
from generator.validate.finding import Finding, Severity, at
from generator.validate.near import near_file
from generator.validate.repository import Repository
from generator.yaml_source import load

CERTNAMES, ROLES, ENVIRONMENTS = (
    f"%{{trusted.{name}}}" for name in ("certname", "extensions.pp_role", "extensions.pp_environment")
)
#: For how many files a name is looked for that may be meant: each is held against those of all nodes.
MOST_NEAR = 20
_DATA = re.compile(r"\.(ya?ml|json|eyaml)(.*)$", re.IGNORECASE)
#: What a level names where nodes of one role, environment and system have files of their own.
_NAMES = re.compile(r"certname|clientcert|hostname|domain|fqdn|networking")


def check_layout(repository: Repository) -> Iterator[Finding]:
    """Yield links, files that no layer reads, and files of a node or a role that cannot exist."""
    for path, level in repository.levels.items():
        if path.is_symlink():
            message = f"a link to {os.readlink(path)} (put the file itself here)"
            yield Finding(path, 1, 1, message, Severity.BROKEN)
        elif level is None:
            message = f"no layer of hiera.yaml reads this file ({_cure(path, repository)})"
            yield Finding(path, 1, 1, message)
        elif complaint := _misnamed(path, level, repository.roles):
            yield Finding(path, 1, 1, complaint)


def check_unread(repository: Repository) -> Iterator[Finding]:
    """Yield files that a layer could read, for a node or a system that nobody knows."""
    known: dict[Path, set[str]] = defaultdict(set)
    for level in repository.hierarchy.levels:
        for path in _candidates(repository, level):
            known[path.parent].add(path.stem)
    judged = {level for level in repository.hierarchy.levels if _is_judged(repository, level)}
    unread = [
        (path, level)
        for path, level in repository.levels.items()
        if level in judged
        and path.stem not in known[path.parent]
        and not _misnamed(path, level, repository.roles)
    ]
    for number, (path, level) in enumerate(unread):
        names = known[path.parent]
        if meant := next((name for name in names if name.lower() == path.stem.lower()), None):
            yield Finding(path, 1, 1, f"no node reads this file: case counts (did you mean {meant}.yaml?)")
            continue
        if _is_named_by(level, ENVIRONMENTS):
            # where the environment of a node has no file, that is said of the node
            names = {name for name in names if path.with_stem(name) in repository.levels}
        near = near_file(path.stem, names) if number < MOST_NEAR else ""
        if _is_named_by(level, CERTNAMES):
            message = f"{path.stem} is no node of {FILE}{near or ' (name it there)'}"
        elif near:
            message = f"no known node reads this file{near}"
        else:
            continue  # of a system or a place that has no node yet
        yield Finding(path, 1, 1, message, Severity.WARNING)


def _is_judged(repository: Repository, level: Level) -> bool:
    """Tell whether it can be known which files of a level are read by nobody, and that it is a mistake."""
    if level.reader == COHORT:
        return False  # a rollout that was taken back has no members
    facts = list(repository.facts.values())
    complaint = any(
        found
        for text in (level.datadir, *level.templates)
        for found in complaints(text, (), repository.vocabulary, facts)
    )
    return not complaint and (repository.inventory is not None or not _by_name(level))


def check_inventory(repository: Repository) -> Iterator[Finding]:
    """Yield the nodes of inventory.yaml whose role no manifest makes, or whose environment has no data."""
    if not repository.inventory:
        return
    # read again where there is something to say: it is as long as the fleet
    if found := list(_of_inventory(repository)):
        document = load(repository.inventory)
        for path, message, severity in found:
            yield at(document, ("nodes", *path), message, severity=severity)


def _of_inventory(repository: Repository) -> Iterator[tuple[tuple[str, str], str, Severity]]:
    roles = repository.roles
    levels = [level for level in repository.hierarchy.levels if _is_named_by(level, ENVIRONMENTS)]
    environments = {path.stem for path, level in repository.levels.items() if level in levels}
    for node in repository.fleet.nodes:
        if roles and node.role not in roles:
            message = f"there is no role::{node.role}{suggestion(node.role, roles)}"
            yield (node.certname, "role"), message, Severity.WRONG
        if environments and node.environment not in environments:
            missing = repository.fleet.lookup(node).candidates(levels[0])[0].relative_to(repository.root)
            message = f"there is no {missing}{suggestion(node.environment, environments)}"
            yield (node.certname, "env"), message, Severity.WARNING


def is_of_one_node(level: Level | None) -> bool:
    """Tell whether each file of a level is one node's own."""
    return level is not None and all(CERTNAMES in template for template in level.templates)


def _candidates(repository: Repository, level: Level) -> Iterator[Path]:
    """Yield the files of a level for known nodes, and for any of a known role, environment and system."""
    fleet = repository.fleet
    for node in fleet.nodes if _by_name(level) else fleet.distinct:
        yield from fleet.lookup(node).candidates(level)
    environments = {node.environment for node in fleet.nodes}
    roles = repository.roles | {node.role for node in fleet.nodes}
    for role, environment, facts in product(roles, environments, repository.facts):
        yield from level.candidates(Scope.of(make_node(repository.root, "any", role, environment, facts)))


def _by_name(level: Level) -> bool:
    return _NAMES.search(" ".join((level.datadir, *level.templates, *(level.mapped or ())))) is not None


def _is_named_by(level: Level, expression: str) -> bool:
    """Tell whether the names of a level's files are what ``expression`` stands for."""
    return all(template.rpartition("/")[2] == f"{expression}.yaml" for template in level.templates)


def _cure(path: Path, repository: Repository) -> str:
    """Say what would make a layer read ``path``."""
    ending = _DATA.search(path.name)
    if ending is None and _readable(path.with_name(f"{path.name}.yaml"), repository):
        return f"call it {path.name}.yaml"
    if ending is None or ending[2]:
        return "remove it, or put it elsewhere"
    if path.suffix != ".yaml":
        return f"call it {path.stem}.yaml"
    folders = {
        repository.root / level.datadir / template.rpartition("/")[0]
        for level in repository.hierarchy.levels
        for template in level.templates
    }
    names = {folder.name for folder in folders} - {path.parent.parent.name, path.parent.name}
    at_top = any(path.parent == folder.parent for folder in folders)
    near = "" if at_top else suggestion(path.parent.name, names).strip(" ()")
    return near or "remove it, or give hiera.yaml a layer for it"


def _readable(path: Path, repository: Repository) -> bool:
    """Tell whether there is a node that would read ``path``, or could be one."""
    relative = str(path.relative_to(repository.root))
    for level in repository.hierarchy.levels:
        if any(pattern.fullmatch(relative) for pattern in level.patterns()):
            if _is_named_by(level, CERTNAMES):
                return _misnamed(path, level, repository.roles) is None
            return path in _candidates(repository, level)
    return False


def _misnamed(path: Path, level: Level, roles: Collection[str]) -> str | None:
    """Say why no node could have the file at ``path``, by the layer that reads it; None where one could."""
    if _is_named_by(level, CERTNAMES) and not CERTNAME.fullmatch(path.stem):
        return f"{path.stem} is no name that a certificate could have (lower-case letters, digits, - and .)"
    if _is_named_by(level, ROLES) and roles and path.stem not in roles:
        return f"there is no role::{path.stem}{suggestion(path.stem, roles)}"
    if _is_named_by(level, ENVIRONMENTS) and not NAME.fullmatch(path.stem):
        lower = path.stem.lower()
        cure = f"write {lower}" if NAME.fullmatch(lower) else "lower-case letters, digits and _"
        return f"{path.stem} is no name of an environment ({cure})"
    return None
