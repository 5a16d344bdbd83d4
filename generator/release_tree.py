"""What the tree of a release says about installing and starting it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from generator.argparse_flags import known_flags
from generator.errors import FleetError
from generator.git_source import Tree
from generator.service import Service


@dataclass(frozen=True)
class ReleaseTree:
    """A release as its tree shows it; texts are as in a pin.

    ``requires`` are the bounds of Python that pyproject.toml sets; ``python`` is the version in
    .python-version. ``flags`` are None where the entry point does not show them.
    """

    install: str
    lock_sha256: str | None
    requires: SpecifierSet
    python: str | None
    extras: frozenset[str]
    flags: list[str] | None

    def fits(self, python: str) -> bool:
        """Whether the version ``python`` (3.11) is in bounds, at any of its patches."""
        return any(self.requires.contains(f"{python}.{patch}") for patch in range(100))


def read_release(tree: Tree, service: Service) -> ReleaseTree:
    """Read what ``tree`` says about a release of ``service``.

    Raises FleetError where the entry point is missing, or there is no way to install it.
    """
    entry_point = tree.read(service.entry_point)
    if entry_point is None:
        raise FleetError(
            f"{service.entry_point} is not in {tree.tag} (the definition of {service.name} starts it)"
        )
    shown = entry_point if service.flags_from == service.entry_point else tree.read(service.flags_from)
    text = tree.read("pyproject.toml")
    lock = tree.read("uv.lock") if text is not None else None
    pyproject = read_toml(text or b"", tree.tag)
    project = table(pyproject, "project")
    return ReleaseTree(
        install="lock" if lock is not None else _unlocked_install(tree, pyproject),
        lock_sha256=None if lock is None else hashlib.sha256(lock).hexdigest(),
        requires=bounds_of(project, tree.tag),
        python=version_in(tree.read(".python-version") or b""),
        extras=frozenset(canonicalize_name(name) for name in table(project, "optional-dependencies")),
        flags=known_flags(shown or b""),
    )


def _unlocked_install(tree: Tree, pyproject: dict[str, Any]) -> str:
    """The install method where there is no lock.

    A pyproject.toml can hold the build's needs alone (index-tts v1.5.0), or a project without what it needs
    (ComfyUI), beside a requirements.txt that says that.
    """
    project = table(pyproject, "project")
    dynamic = project.get("dynamic")
    if "dependencies" in project or (isinstance(dynamic, list) and "dependencies" in dynamic):
        return "project"
    if tree.read("requirements.txt") is not None:
        return "requirements"
    if "project" in pyproject or "build-system" in pyproject:
        return "project"
    raise FleetError(
        f"nothing says how to install {tree.tag} (uv.lock, pyproject.toml or requirements.txt would)"
    )


def read_toml(text: bytes, tag: str) -> dict[str, Any]:
    """Read a pyproject.toml of ``tag``. Raises FleetError where it is none."""
    try:
        return tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise FleetError(f"pyproject.toml of {tag} is no TOML: {error}") from None


def table(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the table ``key``; an empty one where there is none, or something else."""
    table = parent.get(key)
    return table if isinstance(table, dict) else {}


def bounds_of(project: dict[str, Any], tag: str) -> SpecifierSet:
    """Return the bounds of Python that a project sets. Raises FleetError where they are none."""
    bounds = project.get("requires-python", "")
    try:
        return SpecifierSet(bounds if isinstance(bounds, str) else repr(bounds))
    except InvalidSpecifier:
        raise FleetError(f"requires-python of {tag} is no bound of versions: {bounds!r}") from None


def version_in(text: bytes) -> str | None:
    """Return the version, such as 3.11, in a .python-version file (3.11.13, cpython-3.11)."""
    found = re.match(rb"(?:cpython[-@]?)?(3\.\d+)", text.strip())
    return found[1].decode() if found else None


def install_without_lock(tree: Tree, pyproject: dict[str, Any]) -> str | None:
    """Return how a pin has ``tree`` installed where it has no lock; None where nothing says how."""
    try:
        return _unlocked_install(tree, pyproject)
    except FleetError:
        return None
