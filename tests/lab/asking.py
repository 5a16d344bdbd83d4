"""Somebody who keeps asking a service of the lab, and for each answer until it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Self, TypeVar

Answer = TypeVar("Answer")


class Asking(Generic[Answer]):
    """Asks in a thread of its own for as long as the body runs; ``answers`` came, and ``reasons`` are why others did not."""

    def __init__(self, ask: Callable[[], Answer], pause: float = 0.0) -> None:
        """Ask nothing yet; ``ask`` does so once, and raises where no answer came. ``pause`` is in seconds."""
        self.answers: list[Answer] = []
        self.reasons: list[str] = []
        self._ask, self._pause = ask, pause
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask for no more, and wait for the last."""
        self._end.set()
        self._thread.join(180)

    def _work(self) -> None:
        while True:
            try:
                self.answers.append(self._ask())
            except Exception as error:  # whatever it is, an answer was lost
                self.reasons.append(f"{type(error).__name__}: {error}")
            if self._end.wait(self._pause):
                return
