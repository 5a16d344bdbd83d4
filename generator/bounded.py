"""Work that is waited for no longer than somebody who asks would."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Unfinished(Exception):
    """Work has not come to its end in the time that was given."""


class Begun(Generic[_T]):
    """Work that has begun, in a thread that nobody has to wait for."""

    def __init__(self, work: Callable[[], _T]) -> None:
        """Begin ``work``."""
        self._answer: Queue[tuple[_T] | Exception] = Queue()

        def run() -> None:
            try:
                self._answer.put((work(),))
            except Exception as error:
                self._answer.put(error)

        Thread(target=run, daemon=True).start()

    def result(self, seconds: float) -> _T:
        """Return what the work returned, or raise what it raised.

        Raises:
            Unfinished: it does not come to an end within ``seconds`` from now.
        """
        try:
            answer = self._answer.get(timeout=max(0.0, seconds))
        except Empty:
            raise Unfinished from None
        if isinstance(answer, Exception):
            raise answer
        return answer[0]
