"""What rsyslog says and hears: confirmMessages and useTransactions of "omprog" in its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from shipper.errors import Unavailable

BEGIN = "BEGIN TRANSACTION"
COMMIT = "COMMIT TRANSACTION"


def follow(
    lines: Iterable[str], answer: Callable[[str], None], deliver: Callable[[Sequence[str]], None]
) -> None:
    """Take transactions until the lines end: one that is not confirmed is handed over again."""
    batch: list[str] = []
    answer("OK")
    for line in lines:
        line = line.rstrip("\n")
        if line == BEGIN:
            batch = []
            answer("OK")
        elif line == COMMIT:
            try:
                deliver(batch)
            except Unavailable as error:
                answer("Error: " + " ".join(str(error).split()))
            else:
                answer("OK")
            batch = []
        else:
            batch.append(line)
            answer("DEFER_COMMIT")
