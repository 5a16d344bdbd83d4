"""A PuppetDB and a Puppet Server on loopback, with a fleet of any size: what real ones were seen to answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.fake_puppetdb import query_of
from tests.unit.local_server import LocalServer, served

NOW = datetime.now(UTC).replace(microsecond=0)
#: What the stand-in of Puppet Server says, as `/status/v1/services?level=debug` has it (of Puppet Server 8.7).
SERVICES = {
    "jruby-metrics": {
        "state": "running",
        "status": {
            "experimental": {
                "metrics": {
                    "num-jrubies": 2,
                    "num-free-jrubies": 1,
                    "requested-instances": [{"requested-event": {}}],
                    "average-borrow-time": 2500,
                    "average-wait-time": 12,
                    "queue-limit-hit-count": 0,
                }
            }
        },
    },
    "puppet-profiler": {
        "state": "running",
        "status": {
            "experimental": {
                "catalog-metrics": [
                    {"metric": "find_node", "count": 7, "mean": 30, "aggregate": 210},
                    {"metric": "compile", "count": 8, "mean": 3000, "aggregate": 24000},
                ]
            }
        },
    },
}


def stamp(ago: float) -> str:
    """Write the time ``ago`` seconds before NOW as PuppetDB does."""
    return (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def report(certname: str, ago: float = 600, **more: object) -> dict[str, Any]:
    """Make the last report of a node, which ran for 42 s."""
    return {
        "certname": certname,
        "hash": "0" * 40,
        "transaction_uuid": "11111111-2222-3333-4444-555555555555",
        "catalog_uuid": "11111111-2222-3333-4444-666666666666",
        "configuration_version": "a" * 40,
        "environment": "production",
        "status": "unchanged",
        "start_time": stamp(ago + 43),
        "end_time": stamp(ago + 1),
        "producer_timestamp": stamp(ago),
        "noop": False,
        "noop_pending": False,
        "cached_catalog_status": "not_used",
        **more,
    }


def facts(certname: str, wanted: str = "v2", active: str = "v2") -> dict[str, Any]:
    """Make a node's entry of the inventory: a service, with one card."""
    card = {"release": active, "commit": "b" * 40, "since": stamp(9000)}
    return {
        "certname": certname,
        "facts.releases": {"indextts2": {"wanted": wanted, "cards": {"0": card}}},
        "trusted.extensions.pp_role": "tts_node",
        "trusted.extensions.pp_environment": "prod",
    }


class Fleet(LocalServer):
    """What both say; ``before`` is called before each answer, and may be slow or raise."""

    request_queue_size = 50

    def __init__(self) -> None:
        """Have no node."""
        super().__init__(_Answers)
        self.nodes: list[str] = []
        self.reports: list[dict[str, Any]] = []
        self.inventory: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.corrected: list[dict[str, Any]] = []
        self.certificates: list[dict[str, Any]] = []
        self.logs: dict[str, list[str]] = {}
        self.depth = 3
        self.services: Any = SERVICES
        self.queries: list[str] = []
        self.before: Callable[[str], None] = lambda _path: None

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a connection that was cut."""

    def add(self, certname: str, *, wanted: str = "v2", active: str = "v2", **of_the_report: Any) -> None:
        """Have a node with a report."""
        self.nodes.append(certname)
        self.reports.append(report(certname, **of_the_report))
        self.inventory.append(facts(certname, wanted, active))

    def answer(self, query: str) -> list[dict[str, Any]]:
        """Answer a query in PQL."""
        self.queries.append(query)
        entity = query.partition("[")[0]
        if entity == "nodes":
            return [{"certname": name} for name in self.nodes]
        if entity == "reports" and "logs" in query:
            assert 'cached_catalog_status = "on_failure"' in query, query
            return [
                {"certname": row["certname"], "logs": {"data": [{"message": text} for text in said]}}
                for row in self.reports
                if row["cached_catalog_status"] == "on_failure"
                and (said := self.logs.get(row["certname"])) is not None
            ]
        if entity == "reports":
            return self.reports
        if entity == "events" and "latest_report? = true" in query:
            return self.events if "group by certname" in query else []
        if entity == "events":
            assert "(corrective)".replace("(", "[(]").replace(")", "[)]") in query, query
            return self.corrected
        return {"inventory": self.inventory, "facts": self.certificates, "resources": []}[entity]


@contextmanager
def fleet() -> Iterator[Fleet]:
    """Answer for as long as the body runs."""
    with served(Fleet()) as server:
        yield server


class _Answers(BaseHTTPRequestHandler):
    server: Fleet

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        try:
            self.server.before(url.path)
        except ConnectionError:
            return self.close_connection_now()
        if url.path.startswith("/pdb/query/v4"):
            return self._json(self.server.answer(query_of(self)))
        if url.path == "/status/v1/services/puppetdb-status":
            return self._json({"state": "running", "status": {"queue_depth": self.server.depth}})
        assert url.path == "/status/v1/services", url.path
        assert parse_qs(url.query) == {"level": ["debug"]}
        return self._json(self.server.services)

    do_POST = do_GET

    def close_connection_now(self) -> None:
        """Answer nothing."""
        self.close_connection = True

    def _json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def slowly(seconds: float, of: str, over: Callable[[float], bool]) -> Callable[[str], None]:
    """Make what has the paths ``of`` answered late; ``over`` waits, and ends where the test does."""

    def before(path: str) -> None:
        if of in path:
            over(seconds)

    return before


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds ``work`` took, and what it returned."""
    began = time.monotonic()
    found = work()
    return time.monotonic() - began, found
