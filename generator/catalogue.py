"""The catalogue of a service: the releases and the weights that exist, in a file that people keep, too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from generator.errors import FleetError
from generator.tree import Change
from generator.yaml_edit import set_value, write_beside
from generator.yaml_source import Document, load_data

Entry = dict[str, Any]
#: Below the control repository: the catalogue of each service.
CATALOGUE = Path("hieradata") / "catalogue"


class Catalogue:
    """The catalogue of a service in the file ``path``; one that is missing is empty."""

    def __init__(self, path: Path, service: str) -> None:
        """Read it. Raises FleetError where the file cannot be read, or is no catalogue."""
        self.path = path
        self._releases, self._weights = f"{service}::releases", f"{service}::weights"
        self._content = self._read()
        self._document: Document | None = None if self._content is None else load_data(path)[0]
        self.releases = self._entries(self._releases)
        self.weights = self._entries(self._weights)

    def _read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FleetError(f"{self.path}: cannot read it: {error.strerror} (check name and mode)") from None

    def _entries(self, key: str) -> dict[str, Entry]:
        document = self._document
        found = document.data.get(key) if document else None
        if document is None or found is None:
            return {}
        if not isinstance(found, dict):
            raise document.error((key,), f"{key} must be a mapping of names to their entries")
        for name, entry in found.items():
            if not isinstance(entry, dict):
                raise document.error((key, name), f"{name} must be a mapping")
        return found

    def where(self, revision: str) -> str:
        """Path, line and column of the commit of the release ``revision``."""
        assert self._document
        line, column = self._document.position((self._releases, revision, "commit"))
        return f"{self.path}:{line}:{column}"

    @property
    def newest(self) -> Entry:
        """The newest release, by the numbers in its name; empty where there is none."""
        return self.releases[max(self.releases, key=_numbers)] if self.releases else {}

    def like(self, revision: str) -> str | None:
        """The name of the newest release that has weights and the major and minor version of ``revision``."""
        version = _numbers(revision)[:2]
        alike = [n for n, entry in self.releases.items() if "weights" in entry and _numbers(n)[:2] == version]
        return max(alike, key=_numbers, default=None)

    def put_release(self, revision: str, entry: Entry) -> Change:
        """Write ``entry`` as the release ``revision``; see :meth:`_put`."""
        return self._put((self._releases, revision), entry)

    def put_files(self, bundle: str, digest: str) -> Change:
        """Write which list of files the bundle of weights ``bundle`` has; see :meth:`_put`."""
        return self._put((self._weights, bundle, "files_sha256"), digest)

    def _put(self, place: tuple[str, ...], value: object) -> Change:
        """Write ``value`` at a place; the rest of the file stays as it is.

        Raises FleetError where somebody has changed the file since it was read.
        """
        text = set_value((self._content or b"").decode(), place, value, self.path)
        if self._read() != self._content:
            raise FleetError(f"{self.path} was changed meanwhile, so nothing is written (run it again)")
        write_beside(self.path, text)
        return Change(self.path, self._content, text.encode())


def _numbers(revision: str) -> tuple[int, ...]:
    """The numbers in the name of a release, by which releases are older and newer."""
    return tuple(int(number) for number in re.findall(r"\d{1,18}", revision))
