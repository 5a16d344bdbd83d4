"""A limit of the time that a block takes, whatever it waits for."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Late(Exception):
    """The time is over; no OSError, since after one of those a connection is tried at the next address."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End the block by Late after ``seconds``: a socket's own timeout begins anew with each byte.

    By the process's one alarm, so in its main thread only. A look-up of a name goes on to its own end.
    """

    def late(*_: object) -> None:
        raise Late(f"not answered within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    # whoever has started this process may have blocked it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
