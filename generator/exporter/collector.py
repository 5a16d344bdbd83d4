"""A scrape: PuppetDB and Puppet Server are asked now, side by side, and each for a bounded time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from generator.bounded import Begun, Unfinished
from generator.errors import FleetError
from generator.exporter.metrics import gauge, node_metrics, server_metrics
from generator.exporter.puppetserver import Identity, queue_depth, server_state
from generator.exporter.record import Record, read_record
from generator.puppetdb import PuppetDB

_T = TypeVar("_T")

#: Seconds for a whole scrape: below the 10 s that Prometheus gives one by default.
LIMIT = 8.0


class FleetCollector(Collector):
    """What is registered with Prometheus' client: each scrape asks anew.

    Who is away is told as such, and nothing is told of what it alone knows: no number of an earlier scrape,
    and none that is made up.
    """

    def __init__(
        self, puppetdb: PuppetDB, puppetserver: str | None, window: float, limit: float = LIMIT
    ) -> None:
        """Ask ``puppetdb``, and the Puppet Server at this address by the same identity."""
        self._puppetdb = puppetdb
        self._identity = Identity(puppetdb.cert, puppetdb.key, puppetdb.cacert)
        self._puppetserver = puppetserver
        self._window = window
        self._limit = limit
        self._alone = Lock()
        self._said: dict[str, str] = {}

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: the client would scrape for it."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Ask, and yield what is known; of several that scrape at once, one asks after the other."""
        with self._alone:
            yield from self._collect()

    def _collect(self) -> Iterator[Metric]:
        end = time.monotonic() + self._limit
        server, url = self._puppetserver, self._puppetdb.address
        asked = Begun(lambda: self._record())
        depth = Begun(lambda: queue_depth(url, self._identity))
        state = Begun(lambda: server_state(server, self._identity)) if server else None

        record = self._known("PuppetDB", asked, end)
        yield from self._up("puppetdb", "PuppetDB", record is not None)
        if record:
            yield from node_metrics(record)
            waiting = self._known("PuppetDB's queue", depth, end)
            yield from gauge(
                "fleet_puppetdb_queue_depth", "Commands that PuppetDB has yet to store.", waiting
            )
        if state:
            found = self._known("Puppet Server", state, end)
            yield from self._up("puppetserver", "Puppet Server", found is not None)
            yield from server_metrics(found) if found else ()
        took = time.monotonic() - (end - self._limit)
        yield from gauge("fleet_scrape_seconds", "What this scrape took.", took)

    def _record(self) -> Record:
        return read_record(self._puppetdb.within(self._limit - 0.5), self._window, datetime.now(UTC))

    def _known(self, what: str, begun: Begun[_T], end: float) -> _T | None:
        """Wait for an answer; who gives none is named in the journal, once for each reason."""
        try:
            found = begun.result(end - time.monotonic())
        except (FleetError, Unfinished) as error:
            complaint = str(error) or f"{what} does not come to an end within {self._limit:g} s"
            if self._said.get(what) != complaint:
                print(complaint, file=sys.stderr, flush=True)
            self._said[what] = complaint
            return None
        if self._said.pop(what, None):
            print(f"{what} answers again", file=sys.stderr, flush=True)
        return found

    @staticmethod
    def _up(name: str, what: str, up: bool) -> Iterator[Metric]:
        yield GaugeMetricFamily(f"fleet_{name}_up", f"Whether {what} answered this scrape.", value=up)
