"""Progress of long work: one line a step, with the seconds it took, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce ``title``, run the body, and say how many seconds it took.

    On a terminal the announcement is replaced; elsewhere only the finished step is printed,
    so that steps that run side by side do not mix their lines.

    >>> with step('boot tts1'):
    ...     pass
    """
    started = time.monotonic()
    if sys.stderr.isatty():
        print(f"  … {title}", end="\r", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        say(f"  ✗ {title} ({time.monotonic() - started:.1f} s)")
        raise
    say(f"  ✓ {title} ({time.monotonic() - started:.1f} s)")
