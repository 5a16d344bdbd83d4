"""Why a run failed: the first error of its report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from generator.puppetdb import PuppetDB

#: Reports whose logs are asked for at once: one has some kilobytes, at times hundreds.
CHUNK = 100
_ERRORS = ("err", "alert", "emerg", "crit")
#: What an agent says before what the server says.
_PREFACE = re.compile(
    r"Could not retrieve catalog from remote server: (Error \d+ on SERVER: (Server Error: )?)?"
)


def first_errors(puppetdb: PuppetDB, reports: Sequence[str]) -> dict[str, str]:
    """Map each of the ``reports`` (by hash) that has an error to the first of them, in one line.

    Raises:
        FleetError: PuppetDB does not answer.
    """
    found: dict[str, str] = {}
    for start in range(0, len(reports), CHUNK):
        names = json.dumps(list(reports[start : start + CHUNK]))
        rows = puppetdb.query(f"reports[hash, logs]{{hash in {names}}}")
        try:
            found |= {row["hash"]: said for row in rows if (said := _first(row["logs"]["data"] or []))}
        except (KeyError, TypeError, AttributeError):
            raise puppetdb.stranger() from None
    return found


def _first(logs: Sequence[dict[str, Any]]) -> str | None:
    """Return the first error, with the resource that it is of.

    >>> _first([{"level": "err", "source": "/Stage[main]/Exec[a]/returns", "message": "exited 1"}])
    'Exec[a]/returns: exited 1'
    """
    for entry in logs:
        if entry["level"] in _ERRORS:
            source, message = entry["source"] or "", one_line(entry["message"] or "")
            if source in ("", "Puppet"):
                return _PREFACE.sub("", message, count=1)
            # what contains the resource is left out: /Stage[main]/Class/Exec[a]/returns
            resource = (
                source[source.rfind("/", 0, max(source.rfind("["), 0)) + 1 :] if "[" in source else source
            )
            return f"{one_line(resource)}: {message}"
    return None


def one_line(text: str) -> str:
    r"""Return a text without line breaks and what else would move a terminal's cursor.

    >>> one_line("a\n  b\x1b[2J")
    'a b?[2J'
    """
    words = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)
