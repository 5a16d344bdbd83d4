"""The state file: read by everybody, changed under a short lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from releases import files, state
from releases.errors import CommandFailed
from releases.state import State


class Store:
    """A state file and the lock of those who change it.

    On a full disk a switch that has begun must still come to its end, so what cannot be written is kept in
    memory; :meth:`check` says so to whoever can still turn back.
    """

    _unwritten: State | None = None
    _trouble: CommandFailed | None = None

    def __init__(self, path: str, lock: str) -> None:
        """Keep the state at ``path``."""
        self.path = path
        self._lock = lock

    def read(self) -> State | None:
        """Return the state, or None where it is missing or rubbish."""
        return self._unwritten or state.parse(self._text() or "")

    def edit(self, change: Callable[[State | None], State]) -> State:
        """Put what ``change`` makes of the state in its place; rubbish is kept aside, as .broken."""
        with self.locked():
            before = self.read()
            after = change(before)
            if after != before or self._unwritten:
                self._try_to_write(after, aside=before is None)
            return after

    def locked(self) -> AbstractContextManager[None]:
        """Hold the state as it is; whoever does so must not edit it."""
        return files.locked(self._lock)

    def check(self) -> None:
        """Raise CommandFailed where the last change could not be written."""
        if self._trouble:
            raise self._trouble

    def _try_to_write(self, after: State, aside: bool) -> None:
        try:
            if aside:
                self._put_aside()
            self._write(state.dump(after))
        except OSError as error:
            self._unwritten, self._trouble = after, CommandFailed(f"{self.path}: {error.strerror}")
        else:
            self._unwritten = self._trouble = None

    def _text(self) -> str | None:
        return files.read(self.path)

    def _put_aside(self) -> None:
        if os.path.lexists(self.path):
            os.replace(self.path, f"{self.path}.broken")

    def _write(self, text: str) -> None:
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        files.write(self.path, text, 0o600)
