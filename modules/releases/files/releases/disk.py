"""The releases and deployments on the disk."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import NamedTuple

from releases import files
from releases.description import Description, is_id, release_of
from releases.state import Stamps

STAMP = ".venv/.complete"
#: What a web UI that was started before has to be started anew for: its checkout was put back, or moved.
_CHECKOUT = (".git/restored", ".git/HEAD")
_UNIT_OF = re.compile(r"# deployment (\S+)\n")


class Release(NamedTuple):
    """A release's folder: complete or half-made, and when it last became so (seconds since 1970)."""

    name: str
    complete: bool
    at: float


class Disk:
    """What is in a service's folders."""

    def __init__(self, description: Description) -> None:
        """Look at the folders that ``description`` names."""
        self._releases = description.releases_dir
        self._deployments = description.deployments_dir

    def release_dir(self, name: str) -> str:
        """Say where a release is."""
        return f"{self._releases}/{name}"

    def deployment_file(self, identifier: str) -> str:
        """Say where a deployment's unit is."""
        return f"{self._deployments}/{identifier}.service"

    def stamps(self, identifier: str) -> Stamps:
        """Return what the release of a deployment looks like, None where it is not complete.

        The time is in it, so that an environment built again counts as another, whatever its digest.
        """
        folder = self.release_dir(release_of(identifier))
        found = {}
        for name in (STAMP, *_CHECKOUT):
            text = files.read(f"{folder}/{name}")
            if text is not None:
                found[name] = f"{text.strip()} {os.stat(f'{folder}/{name}').st_mtime_ns}"
        return found if STAMP in found else None

    def deployment(self, identifier: str) -> str | None:
        """Return the unit of a deployment, or None where there is none."""
        return files.read(self.deployment_file(identifier)) if is_id(identifier) else None

    def deployments(self) -> list[str]:
        """List the deployments' IDs, the newest file last."""
        found = []
        for entry in _entries(self._deployments):
            identifier = entry.name[: -len(".service")]
            if entry.name.endswith(".service") and is_id(identifier):
                with suppress(FileNotFoundError):  # it went meanwhile
                    found.append((entry.stat().st_mtime_ns, identifier))
        return [identifier for _, identifier in sorted(found)]

    def remove_deployment(self, identifier: str) -> None:
        """Delete a deployment's unit, if it is still there."""
        with suppress(FileNotFoundError):
            os.unlink(self.deployment_file(identifier))

    def releases(self) -> list[Release]:
        """List the releases, by name; what is half deleted is half-made."""
        found = []
        for entry in _entries(self._releases):
            with suppress(FileNotFoundError):  # it went meanwhile
                if entry.is_dir(follow_symlinks=False):
                    found.append(self._release(entry))
        return sorted(found)

    def _release(self, entry: os.DirEntry[str]) -> Release:
        stamp = f"{entry.path}/{STAMP}"
        complete = not entry.name.startswith(".") and os.path.isfile(stamp)
        return Release(entry.name, complete, os.stat(stamp if complete else entry.path).st_mtime)

    def remove_release(self, name: str) -> None:
        """Delete a release, if it is still there; one that is cut short leaves what counts as half-made."""
        import shutil  # heavy, and seldom needed

        aside = f"{self._releases}/.{name.lstrip('.')}"
        if aside != self.release_dir(name):
            shutil.rmtree(aside, ignore_errors=True)
            with suppress(FileNotFoundError):
                os.rename(self.release_dir(name), aside)
        with suppress(FileNotFoundError):
            shutil.rmtree(aside)

    def commit(self, identifier: str) -> str | None:
        """Return the full commit of a deployment's release, where its checkout says it."""
        head = files.read(f"{self.release_dir(release_of(identifier))}/.git/HEAD") or ""
        return head.strip() if re.fullmatch(r"[0-9a-f]{40}\n?", head) else None


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def deployment_in(unit: str | None) -> str | None:
    """Read from a unit's text which deployment it is of."""
    first = _UNIT_OF.match(unit or "")
    return first[1] if first and is_id(first[1]) else None
