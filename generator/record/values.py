"""What stands in a row of PuppetDB: times, intervals and texts. A node may have written anything there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

#: Seconds between two runs where nothing says: Puppet's own default.
INTERVAL = 1800
#: What these functions raise for what is none.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError)

#: As Puppet's settings have it (lib/puppet/settings/duration_setting.rb): Profile::Interval, and more.
_INTERVAL = re.compile(r"([0-9]{1,9})([smhdy]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "y": 31_536_000}


def time_of(text: str) -> datetime:
    """Read a time as PuppetDB writes it; in UTC.

    >>> time_of("2026-11-27T20:25:26.950Z").isoformat()
    '2026-11-27T20:25:26.950000+00:00'

    Raises:
        ValueError, TypeError, OverflowError: it is none.
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def text_of(value: object) -> str:
    """Return a text, without what no text in UTF-8 has: half of a surrogate pair.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value.encode(errors="replace").decode()


def text_or_none(value: object) -> str | None:
    """Return the same, and None where there is none: an empty one is none, too."""
    return None if value is None else text_of(value) or None


def written(value: object) -> str | None:
    """Write a value of an event: a text as it is, and what is none as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def interval(text: object) -> int | None:
    """Read an interval as Puppet's settings write it, in seconds; None where it is none.

    >>> interval("30m"), interval("90"), interval("0"), interval("soon")
    (1800, 90, None, None)
    """
    found = _INTERVAL.fullmatch(str(text))
    return int(found[1]) * _SECONDS[found[2]] or None if found else None
