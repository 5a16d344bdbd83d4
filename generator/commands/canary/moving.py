"""What the verbs that move a rollout share."""

from __future__ import annotations

from pathlib import Path

import click

from generator import git_commit
from generator.bump import HIERADATA
from generator.canary import moves, rollout_file
from generator.canary.moves import Move
from generator.canary.rollout import Rollout
from generator.canary.words import named
from generator.definition import find_definition
from generator.errors import FleetError
from generator.fleet_nodes import fleet_nodes
from generator.git import git
from generator.inventory import FILE, KnownNode, known_nodes
from generator.names import alike, quoted
from generator.tokens import NAME


def under_way(root: Path, service: str) -> Rollout:
    """Return the rollout of ``service``.

    Raises:
        FleetError: there is none; with the services that have one.
    """
    rollout = rollout_file.read(root, service) if NAME.fullmatch(service) else None
    if rollout is None:
        others = [one.service for one in rollout_file.read_all(root)]
        raise FleetError(f"no canary of {quoted(service)} is under way ({alike(service, others)})")
    return rollout


def known_service(root: Path, service: str) -> None:
    """Refuse what is no service.

    Raises:
        FleetError: with the names that look alike.
    """
    find_definition(service, root / HIERADATA / "services")


def listed_nodes(root: Path, *, offline: bool) -> list[KnownNode]:
    """List the nodes of the fleet.

    Raises:
        FleetError: nothing says which there are, or PuppetDB does not answer.
    """
    nodes = fleet_nodes(root, offline=offline)
    if nodes is not None:
        return nodes
    if not (root / FILE).exists():
        raise FleetError(
            f"{root / FILE}: no such file, and no PuppetDB is asked: which nodes there are is not known "
            "(list them there, or give PuppetDB's settings: README.md says what a desk needs)"
        )
    return known_nodes(root)


def who(root: Path) -> str:
    """Return the name of who commits, for a reason that nobody gave.

    Raises:
        FleetError: git does not know it.
    """
    git_commit.refuse_nobody(root)
    return f"{git(root, 'var', 'GIT_AUTHOR_IDENT').partition(' <')[0]} said so"


def carry_out(root: Path, move: Move) -> None:
    """Commit a move; print what it changed and which nodes it moves."""
    done = moves.commit(root, move)
    for change in move.changes:
        click.echo(change.diff(root), nl=False)
    for line in moved(move):
        click.echo(line)
    click.echo(f"committed as {done}; git push takes it to the server")


def moved(move: Move) -> list[str]:
    """Say which nodes a move moves."""
    found = []
    if move.joins:
        found.append(f"{move.service} {move.revision} goes to {named(move.joins)}")
    if move.leaves:
        found.append(f"{move.service} {move.revision} is taken from {named(move.leaves)}")
    return found or ["no node moves"]
