"""Columns of text, and times, as the answers of ``fleet`` write them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime


def table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return the rows with their columns below each other; those whose places are in ``right`` end together.

    >>> table([("name", "nodes"), ("a", "1")], right={1})
    ['name  nodes', 'a         1']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            word.rjust(width) if place in right else word.ljust(width)
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def utc(at: datetime) -> str:
    """Write a time in UTC, to the second.

    >>> utc(datetime(2026, 11, 27, 20, 0, tzinfo=UTC))
    '2026-11-27T20:00:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
