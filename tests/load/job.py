"""One job: a text that was sent to become audio, and what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol, Self


class Failure(Exception):
    """A job failed; the message is the reason, in one line."""


@dataclass
class Job:
    """A text sent by a client; times are seconds on the load's own clock.

    ``phases`` has the seconds of each phase that was begun, in their order. ``failed_in`` and ``reason`` are None
    where the audio came and speaks the text. ``releases`` and ``nodes`` are those that answered, where a client
    notes them.
    """

    client: int
    text: str
    began: float
    phases: dict[str, float] = field(default_factory=dict)
    ended: float = 0.0
    failed_in: str | None = None
    reason: str | None = None
    releases: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    _entered: float = field(default=0.0, repr=False)

    def enter(self, phase: str) -> None:
        """Begin ``phase``, which ends the one before."""
        self._leave()
        self.phases[phase] = 0.0

    def end(self, at: float, reason: str | None = None) -> None:
        """End the job: served, or failed for ``reason`` in the phase that it was in."""
        self._leave()
        self.ended, self.reason = at, reason
        if reason is not None:
            self.failed_in = next(reversed(self.phases), "start")

    @property
    def latency(self) -> float:
        """Seconds from the first request to the last byte of the audio."""
        return self.ended - self.began

    def data(self) -> dict[str, object]:
        """Give the job as JSON data."""
        seconds = {phase: round(seconds, 4) for phase, seconds in self.phases.items()}
        times = {"began": round(self.began, 4), "ended": round(self.ended, 4), "phases": seconds}
        failure = {"failed_in": self.failed_in, "reason": self.reason} if self.reason is not None else {}
        return {"client": self.client, "text": self.text, **times, **failure}

    def _leave(self) -> None:
        now = time.monotonic()
        if self.phases:
            self.phases[next(reversed(self.phases))] = now - self._entered
        self._entered = now


class Client(Protocol):
    """One that asks, as one person does: job after job."""

    async def __aenter__(self) -> Self:
        """Begin to be there."""
        ...

    async def __aexit__(self, *error: object) -> None:
        """Be gone, with every connection."""
        ...

    async def ask(self, job: Job) -> bytes:
        """Have the text of ``job`` spoken, entering each phase; give the WAV. Raises Failure."""
        ...
