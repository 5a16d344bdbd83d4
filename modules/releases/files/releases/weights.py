"""The program that keeps a service's weights: what nothing needs of them, and how that is deleted."""

from __future__ import annotations

import json
import subprocess
from typing import Any, NamedTuple

from releases.errors import CommandFailed

#: Seconds after which a listing, which reads no weights, is given up.
_PATIENCE = 30


class Old(NamedTuple):
    """What nothing needs, at ``path`` below the folder of weights: the ``bytes`` that it would free.

    ``stays`` says why it is not deleted.
    """

    path: str
    bytes: int
    stays: str | None


class Weights:
    """The weights of a service; it has none where there is no ``program`` that keeps them."""

    def __init__(self, program: str | None, service: str) -> None:
        """Ask ``program``, which knows ``service`` by its name."""
        self._program, self._service = program, service

    def old(self) -> list[Old]:
        """List what neither Puppet nor any release that is kept needs. Raises CommandFailed."""
        if self._program is None:
            return []
        try:
            done = self._run("list", "--json", capture_output=True, timeout=_PATIENCE)
            if done.returncode:
                raise CommandFailed(" ".join(done.stderr.split()))
            found: dict[str, Any] = json.loads(done.stdout)["old"]
            return [Old(path, one["bytes"], one["stays"]) for path, one in found.items()]
        except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            raise CommandFailed(f"{self._program} {self._service} list --json: {error}") from None

    def prune(self) -> None:
        """Delete that; the program says what goes. Raises CommandFailed."""
        if self._program and self._run("prune").returncode:
            raise CommandFailed(f"{self._service}: not all old weights could be deleted")

    def _run(self, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        command = [str(self._program), self._service, *arguments]
        try:
            return subprocess.run(command, text=True, check=False, **how)
        except OSError as error:
            raise CommandFailed(f"{self._program}: {error.strerror} (a Puppet run puts it there)") from None
