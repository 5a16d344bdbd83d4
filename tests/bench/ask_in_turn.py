"""Run on a node, where only the standard library is: ask URLS in turn, and print what each took as JSON.

For each: ``median_s``, seconds of one request on a connection that is kept, and ``requests_s``, requests a second
of several connections at once.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

ONE_BY_ONE = 1000
CONNECTIONS, EACH = 8, 250
ROUNDS = 3


class Connection:
    """A kept connection to the server of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._http, self._path = HTTPConnection(parts.hostname, parts.port, timeout=30), parts.path

    def ask(self) -> float:
        """Ask once; the seconds that it took."""
        began = time.perf_counter()
        self._http.request("GET", self._path)
        answer = self._http.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return time.perf_counter() - began


def requests_a_second(url: str) -> float:
    """Ask on several connections at once."""
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda connection: [connection.ask() for _ in range(EACH)], connections))
    return CONNECTIONS * EACH / (time.perf_counter() - began)


def main(urls: list[str]) -> None:
    """Measure each of ``urls``, in turn, so that a machine that slows down slows all of them."""
    connections = [Connection(url) for url in urls]
    for connection in connections:
        connection.ask()  # connect
    taken = [[connection.ask() for connection in connections] for _ in range(ONE_BY_ONE)]
    rates = [[requests_a_second(url) for url in urls] for _ in range(ROUNDS)]
    medians = zip(zip(*taken, strict=True), zip(*rates, strict=True), strict=True)
    print(
        json.dumps(
            [{"median_s": statistics.median(t), "requests_s": statistics.median(r)} for t, r in medians]
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
