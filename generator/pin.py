"""Pinning: a tag of a service's git source becomes a release of its catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from generator import puppet_types
from generator.catalogue import CATALOGUE, Catalogue, Entry
from generator.definition import find_definition, load_service
from generator.errors import AnswerIsNo, FleetError
from generator.git_source import LIMIT, open_source
from generator.names import alike, quoted
from generator.release_tree import ReleaseTree, read_release
from generator.service import Service
from generator.tree import Change

#: As the module's type Revision; git has no name with two dots in a row.
_REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w.+-]{0,99}", re.ASCII)
#: As in the module's type Release.
_PYTHON = re.compile(r"3\.\d+", re.ASCII)


@dataclass(frozen=True)
class Wishes:
    """What an operator says about a release beside its tag.

    ``weights`` are named as in the catalogue, ``python`` is a version such as 3.11; ``repin`` accepts a tag
    that has moved, and reads again what is pinned already.
    """

    weights: str | None = None
    python: str | None = None
    repin: bool = False

    @property
    def fields(self) -> Entry:
        """The fields of a pin that are said."""
        said = {"python": self.python, "weights": self.weights}
        return {field: value for field, value in said.items() if value is not None}


@dataclass(frozen=True)
class Pin:
    """A pinned release: its ``entry`` in the catalogue, and the ``change`` that put it there, if it took one.

    ``notes`` say what is left to decide.
    """

    entry: Entry
    change: Change | None
    notes: tuple[str, ...] = ()


def is_revision(name: str) -> bool:
    """Whether ``name`` can be that of a release."""
    return _REVISION.fullmatch(name) is not None


def check_revision(revision: str) -> None:
    """Refuse what is no name of a release, before git or a file is asked for it. Raises FleetError."""
    if not is_revision(revision):
        rule = "a letter or digit, then letters, digits and . _ + -, no two dots in a row"
        raise FleetError(f"{quoted(revision)} is no name of a release ({rule})")


def pin_in(root: Path, name: str, revision: str, wishes: Wishes, limit: float = LIMIT) -> Pin:
    """Pin a tag of the service ``name`` in the control repository at ``root``; see :func:`pin`."""
    service = load_service(find_definition(name, root / "hieradata" / "services"))
    return pin(service, revision, root / CATALOGUE / f"{name}.yaml", wishes, limit)


def pin(service: Service, revision: str, path: Path, wishes: Wishes, limit: float = LIMIT) -> Pin:
    """Pin the tag ``revision`` of the source of ``service`` in the catalogue ``path``.

    Git may take ``limit`` seconds. Raises AnswerIsNo where the tag has moved since it was pinned, and
    FleetError for whatever else keeps it from being pinned; the catalogue is untouched then.
    """
    check_revision(revision)
    if wishes.python is not None and not _PYTHON.fullmatch(wishes.python):
        raise FleetError(f"--python {quoted(wishes.python)} is no version such as 3.11")
    catalogue = Catalogue(path, service.name)
    if wishes.weights is not None and wishes.weights not in catalogue.weights:
        near = alike(wishes.weights, catalogue.weights)
        raise FleetError(f"{path}: no {quoted(wishes.weights)} in {service.name}::weights ({near})")
    old = catalogue.releases.get(revision, {})
    with open_source(service.source, limit) as source:
        commit = source.resolve(revision)
        if old and not wishes.repin:
            if old.get("commit") != commit:
                raise AnswerIsNo(
                    f"{catalogue.where(revision)}: the tag {revision} has moved: "
                    f"pinned at {old.get('commit')}, now on {commit} (--repin accepts that)"
                )
            if wishes.fields.items() <= old.items():
                return Pin(old, None)
        release = read_release(source.tree(revision), service)
    entry = _entry(commit, release, wishes, old, catalogue, service)
    _check(service, entry, f"{revision}: ")
    if not release.fits(entry["python"]):
        raise FleetError(
            f"{revision} needs Python {release.requires}, which {entry['python']} is not (say it: --python)"
        )
    change = catalogue.put_release(revision, entry) if entry != old else None
    return Pin(entry, change, tuple(_notes(revision, entry, release, service, catalogue)))


def _entry(
    commit: str, release: ReleaseTree, wishes: Wishes, old: Entry, catalogue: Catalogue, service: Service
) -> Entry:
    """Put a pin together. What git cannot tell stays as in the ``old`` one, or as in the newest release."""
    python = old.get("python") or catalogue.newest.get("python") or release.python
    read = {
        "commit": commit,
        "install": release.install,
        "lock_sha256": release.lock_sha256,
        "python": python,
        "weights": old.get("weights"),
        "flags": _flags(release, service) or old.get("flags"),
        **{field: old.get(field) for field in ("vram_mib", "least_vram_mib", "compute_capability")},
    }
    # without --repin only what is wished changes: somebody may have corrected the rest by hand
    entry = read | ({} if wishes.repin else old) | wishes.fields
    if entry["python"] is None:
        raise FleetError(
            f"{catalogue.path}: no release is pinned whose Python could be taken (say one: --python 3.11)"
        )
    return {field: value for field, value in entry.items() if value is not None}


def _flags(release: ReleaseTree, service: Service) -> list[str] | None:
    """The flags of ``release``; None where they cannot be all, since those of every start are missing."""
    taken = {service.listen.address_flag, service.listen.port_flag}
    return release.flags if release.flags and taken <= set(release.flags) else None


def _notes(
    revision: str, entry: Entry, release: ReleaseTree, service: Service, catalogue: Catalogue
) -> Iterator[str]:
    """Yield what is left to decide about a pinned release."""
    if service.weights and "weights" not in entry:
        like = catalogue.like(revision)
        wanted = f"{catalogue.releases[like]['weights']}, as {like} has" if like else "NAME"
        yield f"weights are left out, since git does not know them (--weights {wanted})"
    if "flags" not in entry:
        yield f"flags are left out, since {service.flags_from} does not show them: nothing checks them"
    missing = [extra for extra in service.extras if canonicalize_name(extra) not in release.extras]
    if missing and entry["install"] != "requirements":
        yield f"pyproject.toml has no extra {', '.join(missing)}: set {service.name}::extras for its nodes"


def _check(service: Service, entry: Entry, where: str) -> None:
    """Raise FleetError where ``entry`` is not of the module's data type Release."""
    aliases = {f"{service.namespace}::{entry.name}": entry.type for entry in service.types}
    mismatch = puppet_types.check(puppet_types.parse(f"{service.namespace}::Release", aliases), entry)
    if mismatch:
        raise FleetError(f"{where}{mismatch}")
