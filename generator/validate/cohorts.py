"""The rollouts: their files are what ``fleet canary`` writes, and their members get what they say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from generator.canary.rollout import Rollout
from generator.canary.rollout_file import parse
from generator.errors import InputError
from generator.hiera.cohort import READER
from generator.inventory import FILE
from generator.puppet_types.nodes import suggestion
from generator.service import Service
from generator.validate.finding import Finding, Severity, at, of_error
from generator.validate.fleet import some
from generator.validate.repository import Repository
from generator.yaml_source import Document, load


def check_cohorts(repository: Repository) -> Iterator[Finding]:
    """Yield files that are no rollouts, services that are none, and members that do not get the revision."""
    broken = {finding.path for finding in repository.found if finding.severity is Severity.BROKEN}
    services = {service.name: service for service in repository.vocabulary.services}
    for path, level in repository.levels.items():
        if level is None or level.reader != READER or path.is_symlink() or path in broken:
            continue
        try:
            document = load(path)
            rollout = parse(document)
        except InputError as error:
            yield of_error(error, Severity.BROKEN)
            continue
        if rollout.service in services:
            yield from _members(repository, document, rollout, services[rollout.service])
        else:
            cure = suggestion(rollout.service, services) or " (the file has the name of one)"
            yield at(document, (), f"there is no service {rollout.service}{cure}")


def _members(
    repository: Repository, document: Document, rollout: Rollout, service: Service
) -> Iterator[Finding]:
    """Yield the members that are no nodes, and those that get their revision from elsewhere."""
    if repository.inventory is None:
        return
    nodes = {node.certname: node for node in repository.fleet.nodes}
    places = {name: number for number, name in reversed(list(enumerate(document.data["members"])))}
    elsewhere: dict[Path, list[str]] = {}
    for name in rollout.members:
        if name not in nodes:
            # it may have left the fleet since, or be one that PuppetDB alone knows
            message = f"{name} is no node of {FILE}{suggestion(name, nodes)}"
            yield at(document, ("members", places[name]), message, severity=Severity.WARNING)
            continue
        setting = repository.fleet.setting(nodes[name], service, "revision")
        if setting and setting.document and setting.document.path != document.path:
            elsewhere.setdefault(setting.document.path, []).append(name)
    if elsewhere:
        [first, *_] = names = sorted(itertools.chain.from_iterable(elsewhere.values()))
        [path, *_] = elsewhere
        message = f"{path.relative_to(repository.root)} gives another revision to {some(names)}"
        yield at(document, ("members", places[first]), message, severity=Severity.WARNING)
