"""Times that an operator writes: a while ago, a day, or a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from generator import clock

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WRITE = "write 12h, 7d, 2026-11-20 or 2026-11-20T08:00:00Z"


def since(text: str, now: datetime) -> datetime:
    """Read how long ago, a day, or a moment; what names no zone is UTC.

    >>> since("7d", datetime(2026, 11, 27, tzinfo=UTC)).isoformat()
    '2026-11-20T00:00:00+00:00'

    Raises:
        ValueError: it is none of them, or not before ``now``.
    """
    if ago := re.fullmatch(r"([0-9]+)([smhdw])", text):
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError(f"{text} ago is before all time ({_WRITE})") from None
    try:
        read = datetime.fromisoformat(text)
        moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time ({_WRITE})") from None
    if moment >= now:
        raise ValueError(f"{text} is not past yet ({_WRITE})")
    return moment


def read_since(
    context: click.Context, option: click.Parameter, value: str | datetime | None
) -> datetime | None:
    """Read the option of a time, as :func:`since` does; click says what is wrong with it."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        return since(value, clock.now())
    except ValueError as error:
        raise click.BadParameter(str(error), context, option) from None
