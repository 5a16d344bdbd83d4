"""Bumping: one line of Hiera data says which release of a service its nodes run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from generator import git_commit
from generator.catalogue import CATALOGUE, Catalogue
from generator.definition import find_definition
from generator.errors import FleetError
from generator.inventory import FILE as INVENTORY
from generator.inventory import KnownNode, known_nodes
from generator.names import MOST, alike, quoted
from generator.pin import check_revision
from generator.reach import FileReach, reach
from generator.role_classes import may_bring
from generator.tokens import CERTNAME, NAME
from generator.tree import Change
from generator.yaml_edit import set_value
from generator.yaml_source import load_data

HIERADATA = Path("hieradata")


@dataclass(frozen=True)
class Layer:
    """One file of the hierarchy: ``file`` is relative to the repository.

    An operator names it by its ``kind`` (environment, role, node, fleet) and, but for the fleet, a ``name``.
    """

    file: Path
    kind: str
    name: str = ""

    @property
    def title(self) -> str:
        """What a message calls it."""
        return f"{self.kind} {self.name}" if self.name else "the whole fleet"


FLEET = Layer(HIERADATA / "common.yaml", "fleet")


def layer(environment: str | None = None, role: str | None = None, node: str | None = None) -> Layer:
    """Name the layer of an environment, a role or a node (at most one of them), or of the whole fleet.

    Raises:
        FleetError: a name that no certificate has.
    """
    choices = [
        ("env", "environment", environment, NAME),
        ("roles", "role", role, NAME),
        ("nodes", "node", node, CERTNAME),
    ]
    chosen = [choice for choice in choices if choice[2] is not None]
    if len(chosen) > 1:
        raise FleetError("a bump changes one layer (give one of --env, --role and --node, or none)")
    for folder, kind, name, shape in chosen:
        if name is None or not shape.fullmatch(name) or len(name) > 250:
            rule = "host name in lower case" if shape is CERTNAME else "plain name: a-z, 0-9 and _"
            raise FleetError(f"{kind} {quoted(name or '')} is no {rule}")
        return Layer(HIERADATA / folder / f"{name}.yaml", kind, name)
    return FLEET


@dataclass(frozen=True)
class Bump:
    """What a bump did: the ``change``, None where the file says so already, and the ``commit``'s hash.

    ``reach`` names of the nodes those alone that could run the service.
    """

    change: Change | None
    reach: FileReach
    commit: str | None = None


def bump(
    root: Path,
    service: str,
    revision: str,
    where: Layer = FLEET,
    *,
    commit: bool = False,
    nodes: Sequence[KnownNode] | None = None,
) -> Bump:
    """Make the nodes of the layer ``where`` run the release ``revision`` of ``service``.

    ``root`` is the control repository, and ``nodes`` are the fleet's, where it does not say that itself.
    Where the catalogue does not pin the revision, or anything else is wrong, nothing is written.

    Raises:
        FleetError: with the cure.
    """
    check_pinned(root, service, revision)
    key, path = f"{service}::revision", root / where.file
    known = known_nodes(root) if nodes is None else nodes
    reached = reach(root, path, key, known)
    check_read(root, where, reached, known)
    roles = {role for role in {node.role for node in known} if may_bring(root, role, service)}
    reached = _only(reached, {node.certname for node in known if node.role in roles})
    if commit:
        git_commit.refuse_mixture(root, [path], "commit them first, or leave out --commit")
    change = plan(root, where, key, revision)
    if change is None:
        return Bump(None, reached)
    if not commit:
        git_commit.write([change])
        return Bump(change, reached)
    git_commit.refuse_nobody(root)
    message = "\n".join([f"Bump {service} to {revision} for {where.title}", "", *told(reached, root)])
    return Bump(change, reached, git_commit.commit(root, [change], message))


def check_pinned(root: Path, service: str, revision: str) -> None:
    """Refuse a service or a release that is not in the catalogue.

    Raises:
        FleetError: with the names that look alike, and the command that pins the release.
    """
    find_definition(service, root / HIERADATA / "services")
    check_revision(revision)
    path = root / CATALOGUE / f"{service}.yaml"
    pinned = Catalogue(path, service).releases
    if revision not in pinned:
        raise FleetError(
            f"{path}: {revision} is not pinned ({alike(revision, pinned)}); "
            f"to pin a tag: fleet pin {service} TAG"
        )


def check_read(root: Path, where: Layer, reached: FileReach, nodes: Sequence[KnownNode]) -> None:
    """Refuse a layer that no node could read, or none is known to: a mistyped name would change nothing.

    Raises:
        FleetError: with the names that look alike.
    """
    name, path = where.name, root / where.file
    if where.kind == "role":
        roles = sorted(path.stem for path in (root / "modules" / "role" / "manifests").glob("*.pp"))
        if roles and name not in roles:
            raise FleetError(f"there is no role::{name} ({alike(name, roles)})")
    elif reached.readers or where.kind == "fleet":
        return
    elif where.kind == "environment" and not path.exists():
        environments = {node.environment for node in nodes} | {
            file.stem for file in path.parent.glob("*.yaml")
        }
        near = alike(name, sorted(environments))
        raise FleetError(f"no known node is in environment {name} ({near}; a new one begins with {path})")
    elif where.kind == "node" and _says_which(root, nodes):
        near = alike(name, [node.certname for node in nodes])
        raise FleetError(f"{name}: no node of this name is known ({near}; a new one begins in {INVENTORY})")


def _says_which(root: Path, nodes: Sequence[KnownNode]) -> bool:
    """Whether ``nodes`` are the fleet's, and not those that stand for one that nobody has listed."""
    return (root / INVENTORY).exists() or list(nodes) != known_nodes(root)


def _only(reached: FileReach, certnames: Set[str]) -> FileReach:
    """Leave of the nodes that a key goes to those of ``certnames``; who reads the file stays."""
    keys = [
        replace(
            key,
            nodes=[name for name in key.nodes if name in certnames],
            hidden_by={
                place: kept
                for place, names in key.hidden_by.items()
                if (kept := [name for name in names if name in certnames])
            },
        )
        for key in reached.keys
    ]
    return replace(reached, keys=keys)


def plan(root: Path, where: Layer, key: str, value: str) -> Change | None:
    """Find the change that makes the file of a layer say ``value``; None where it says so.

    Raises:
        InputError: the file is no clean Hiera data, or should be edited by hand.
        FleetError: the file is a link, or behind one.
    """
    path = root / where.file
    refuse_link(root, where.file)
    if not path.exists():
        return Change(path, None, set_value("", (key,), value, path).encode())
    document, _ = load_data(path)
    if document.data.get(key) == value:
        return None
    before = path.read_bytes()
    return Change(path, before, set_value(before.decode(), (key,), value, path).encode())


def refuse_link(root: Path, file: Path) -> None:
    """Refuse a ``file`` of the repository that is a link, or behind one: it stands for another.

    Raises:
        FleetError: it is.
    """
    path = root / file
    if path.is_symlink() or os.path.realpath(path) != os.path.join(os.path.realpath(root), file):
        raise FleetError(f"{path} is or goes through a link (edit what it stands for)")


def told(reached: FileReach, base: Path) -> Iterator[str]:
    """Say whom a bump reaches: a line for the nodes that move, and one for each place that holds others.

    Files are named as seen from the folder ``base``.
    """
    [key] = reached.keys
    if key.nodes:
        yield f"reaches {_names(key.nodes)}"
    for place, nodes in key.hidden_by.items():
        where = f"{os.path.relpath(place.path, base)}:{place.line}:{place.column}"
        yield f"{where} is more specific and holds {_names(nodes)}"
    file = os.path.relpath(reached.path, base)
    if not reached.readers:
        yield f"no known node reads {file}"
    elif not key.nodes and not key.hidden_by:
        yield f"no known node that reads {file} has {key.key.partition('::')[0]}"


def _names(nodes: Sequence[str]) -> str:
    """Count ``nodes``, and name the first of them."""
    count = "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
    more = ", …" if len(nodes) > MOST else ""
    return f"{count}: {', '.join(nodes[:MOST])}{more}"
