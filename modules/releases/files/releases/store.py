"""The state file: read by everybody, changed under a short lock."""

from __future__ import annotations

import os
from collections.abc import Callable

from releases import files, state
from releases.state import State


class Store:
    """A state file and the lock of those who change it."""

    def __init__(self, path: str, lock: str) -> None:
        """Keep the state at ``path``."""
        self.path = path
        self._lock = lock

    def read(self) -> State | None:
        """Return the state, or None where it is missing or rubbish."""
        text = files.read(self.path)
        return None if text is None else state.parse(text)

    def edit(self, change: Callable[[State | None], State]) -> State:
        """Put what ``change`` makes of the state in its place; rubbish is kept aside, as .broken."""
        with files.locked(self._lock):
            before = self.read()
            if before is None and os.path.lexists(self.path):
                os.replace(self.path, f"{self.path}.broken")
            after = change(before)
            if after != before:
                os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
                files.write(self.path, state.dump(after), 0o600)
            return after
