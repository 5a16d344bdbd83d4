"""An attempt to have a web UI do something: why it came to nothing, in a line, within a limit."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable


class Failed(Exception):
    """The reason why nothing came of it, in a line."""


def within(seconds: int, work: Callable[[], None], wanted: str, whose: str) -> str | None:
    """Do ``work``; return why the ``wanted`` did not come, or None where it did.

    ``whose`` answers are expected: one of another form is a reason, too.
    """
    reason: list[str | None] = []

    def attempt() -> None:
        try:
            work()
            reason.append(None)
        except Failed as failed:
            reason.append(str(failed))
        except (OSError, http.client.HTTPException) as error:
            reason.append(f"{type(error).__name__}: {error}".rstrip(": "))
        except Exception as error:  # whatever an answer of another form leads to
            reason.append(f"an answer that is not {whose}: {error!r}")

    # A thread of its own, since no limit of a socket ends an answer that comes byte by byte.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return f"smoke request: no {wanted} within {seconds} s"
    # what a page says may be many lines, or move a terminal's cursor
    return f"smoke request: {' '.join(re.sub('[^ -~]', ' ', reason[0]).split())[:300]}" if reason[0] else None
