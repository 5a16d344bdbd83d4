"""What Prometheus says: instant queries over its HTTP API, in bounded time.

``/api/v1/query``, of its documentation's "HTTP API".
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from generator.bounded import Begun, Unfinished
from generator.errors import FleetError, reason

#: Seconds for all answers to what is asked together, and for a connection to go on.
LIMIT = 15.0
TIMEOUT = 6.0
#: Bytes of an answer: a series of 5,000 nodes has 200 each.
MAX_ANSWER = 64 * 2**20

#: Of an instant vector: the labels of each series, and its value.
Vector = list[tuple[Mapping[str, str], float]]


@dataclass(frozen=True)
class Prometheus:
    """The Prometheus at ``url``; what all answers together may take is ``limit`` seconds."""

    url: str
    limit: float = LIMIT

    def query(self, queries: Sequence[str], at: datetime) -> list[Vector]:
        """Answer queries as of a moment, asked at once; what is no number (NaN) is left out.

        Raises:
            FleetError: it does not answer in time, or not wholly, in a line.
        """
        end = time.monotonic() + self.limit
        asked = [Begun(lambda one=one: self._ask(one, at)) for one in queries]  # type: ignore[misc]
        return [self._wait(one, end) for one in asked]

    def _wait(self, asked: Begun[Vector], end: float) -> Vector:
        try:
            return asked.result(end - time.monotonic())
        except Unfinished:
            raise self._error(f"does not answer within {self.limit:g} s") from None
        except FleetError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError):
            # what urllib raises is an OSError
            raise self._error("gives an answer that is none of Prometheus's") from None
        except Exception as error:
            raise self._error(f"cannot be asked: {reason(error)}") from None

    def _ask(self, query: str, at: datetime) -> Vector:
        body = urlencode({"query": query, "time": f"{at.timestamp():.3f}", "timeout": f"{TIMEOUT:g}s"})
        # a query may be longer than an address; and what is asked of loopback goes by no proxy
        request = Request(f"{self.url.rstrip('/')}/api/v1/query", body.encode())
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT) as answer:
                text = answer.read(MAX_ANSWER + 1)
        except HTTPError as error:
            said = _said(error)
            raise self._error(f"answers {error.code}{said}") from None
        if len(text) > MAX_ANSWER:
            raise self._error(f"answers with more than {MAX_ANSWER} bytes")
        answer = json.loads(text)
        if answer["status"] != "success" or answer["data"]["resultType"] != "vector":
            raise ValueError
        if warnings := answer.get("warnings"):
            # so it says that a part of it is missing
            raise self._error(f"does not answer wholly: {_line(warnings[0])}")
        series = [({**one["metric"]}, float(one["value"][1])) for one in answer["data"]["result"]]
        return [(labels, value) for labels, value in series if not math.isnan(value)]

    def _error(self, complaint: str) -> FleetError:
        # an address may hold a password
        parts = urlsplit(self.url)
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return FleetError(f"Prometheus at {address} {complaint}")


def _said(error: HTTPError) -> str:
    """Return what Prometheus says of an error in its answer, where it says something."""
    try:
        said = json.loads(error.read(4096))["error"]
    except (ValueError, KeyError, TypeError, OSError):
        return ""
    return f" ({_line(said)})"


def _line(text: Any) -> str:
    words = " ".join(str(text).split())[:200]
    return "".join(letter if letter.isprintable() else "?" for letter in words)
