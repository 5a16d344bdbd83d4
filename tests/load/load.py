"""Clients that keep asking, in a thread of their own, beside whatever happens to the server meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Self

from tests.load.job import Client, Failure, Job
from tests.load.kinds import Kind
from tests.load.result import Result
from tests.load.wav import check

#: After a failure a person looks up before pressing the button again, in seconds.
LOOK_UP = 0.5


class Load:
    """The load on one page.

    A client that ``start`` adds sends its next job ``pause`` seconds after the one before, give or take the part
    ``jitter`` of them; no job is tried again.
    A job whose audio has not come after ``patience`` seconds has failed.
    """

    def __init__(self, kind: Kind, pause: float = 0.0, patience: float = 900.0, jitter: float = 0.0) -> None:
        """Ask nothing yet."""
        self._kind, self._pause, self._patience, self._jitter = kind, pause, patience, jitter
        self._run = secrets.token_hex(2)  # two loads on one page never send the same text
        self._numbers = itertools.count(1)
        self._random = random.Random(0)
        self._jobs: list[Job] = []
        self._asking: list[Future[None]] = []
        self._stopped = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="load", daemon=True)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock."""
        self._thread.start()
        self._began = time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop, and close everything."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def now(self) -> float:
        """Seconds since the load began: the clock of its jobs."""
        return time.monotonic() - self._began

    @property
    def ended(self) -> int:
        """How many jobs have ended so far, served or failed."""
        return len(self._jobs)

    @property
    def served(self) -> int:
        """How many jobs were served so far."""
        return sum(job.reason is None for job in self._jobs)

    def start(self, clients: int) -> None:
        """Add ``clients`` that keep asking until the load is told to stop; they begin spread over a pause."""
        self._add(clients, None, self._pause / clients)

    def burst(self, jobs: int) -> None:
        """Add ``jobs`` clients that ask once each, all at once."""
        self._add(jobs, 1, 0.0)

    def stop(self) -> Result:
        """Send no more jobs, wait for those that were sent, and tell what became of all."""
        seconds = self.now
        self._loop.call_soon_threadsafe(self._stopped.set)
        for asking in self._asking:
            asking.result()
        return Result(sorted(self._jobs, key=lambda job: job.ended), seconds, self._kind.heartbeats)

    def _add(self, clients: int, jobs: int | None, apart: float) -> None:
        for place, number in enumerate(itertools.islice(self._numbers, clients)):
            asking = self._ask(number, itertools.islice(itertools.count(1), jobs), place * apart or None)
            self._asking.append(asyncio.run_coroutine_threadsafe(asking, self._loop))

    async def _ask(self, number: int, jobs: Iterator[int], wait: float | None) -> None:
        """Be client ``number``: ask for one of ``jobs`` after the other until they end or the load stops.

        The first waits for ``wait`` seconds; None is at once, even where the load stops just then.
        """
        async with self._kind.client() as client:
            for count in jobs:
                if wait is not None and await self._stops_within(wait):
                    break
                job = Job(number, f"{self._run} {number} {count}", began=self.now)
                await self._serve(client, job)
                self._jobs.append(job)
                pause = self._pause * self._random.uniform(1 - self._jitter, 1 + self._jitter)
                wait = pause if job.reason is None else max(pause, LOOK_UP)

    async def _stops_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        return self._stopped.is_set()

    async def _serve(self, client: Client, job: Job) -> None:
        reason = None
        try:
            async with asyncio.timeout(self._patience):
                check(await client.ask(job), job.text)
        except Failure as failure:
            reason = str(failure)
        except TimeoutError:
            reason = f"no audio within {self._patience:g} s"
        job.end(self.now, reason)
