"""A stand-in for Elasticsearch and OpenSearch: their bulk protocol, deduplicated by document id only, and their faults.

It knows what a shipper of the record needs of them: `POST /_bulk` with create and index, index templates, policies, and
`GET /`. It keeps documents in memory, counts each attempt at each of them, and goes away or refuses as a test says.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: What a document says that no mapping takes.
POISON = "no mapping takes this"


class Store:
    """What the endpoint keeps, and how it answers; it outlives the ports that it listens on."""

    def __init__(self) -> None:
        """Keep nothing, and answer everything."""
        self.documents: dict[tuple[str, str], dict[str, Any]] = {}
        self.attempts: Counter[str] = Counter()
        #: Settings that somebody put, by path.
        self.settings: dict[str, Any] = {}
        self.requests: list[tuple[str, str]] = []
        #: The status of every bulk request (429, 503), or None for an answer.
        self.refuses: int | None = None
        #: The status of every item of a bulk request, or None.
        self.refuses_items: int | None = None
        #: Seconds that a bulk request waits for its answer, which is given (and its documents kept) all the same.
        self.hangs: float = 0.0
        self.distribution = ""
        self.password: str | None = None
        self.changed = threading.Condition()

    def kept(self, index: str) -> dict[str, dict[str, Any]]:
        """The documents of the indices whose names begin so, by id."""
        with self.changed:
            return {
                id_: document for (name, id_), document in self.documents.items() if name.startswith(index)
            }

    def wait(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until something holds, for ``seconds`` at most; asked anew after each request."""
        end = time.monotonic() + seconds
        with self.changed:
            while not holds():
                left = end - time.monotonic()
                assert left > 0, f"not within {seconds} s: {what}"
                self.changed.wait(min(left, 0.5))

    def tried(self, times: int, seconds: float = 20) -> None:
        """Wait for so many further bulk requests, whatever their answers."""
        before = self.bulks()
        self.wait(lambda: self.bulks() >= before + times, seconds, f"{times} further requests")

    def bulks(self) -> int:
        """How many bulk requests there were."""
        return sum(path.startswith("/_bulk") for _, path in self.requests)

    def bulk(self, body: bytes) -> dict[str, Any]:
        """Answer a bulk request as Elasticsearch's "Bulk API" describes it."""
        lines = body.split(b"\n")
        assert lines.pop() == b"", "a bulk request ends with a line feed"
        items = []
        for head, source in zip(lines[::2], lines[1::2], strict=True):
            ((action, at),) = json.loads(head).items()
            status = self._take(action, at["_index"], at["_id"], source)
            item: dict[str, Any] = {"_index": at["_index"], "_id": at["_id"], "status": status}
            if status >= 300:
                item["error"] = {
                    "type": _ERRORS.get(status, "unavailable"),
                    "reason": f"as a test wishes: {status}",
                }
            items.append({action: item})
        return {
            "took": 1,
            "errors": any(next(iter(item.values()))["status"] >= 300 for item in items),
            "items": items,
        }

    def _take(self, action: str, index: str, id_: str, source: bytes) -> int:
        self.attempts[id_] += 1
        if self.refuses_items:
            return self.refuses_items
        try:
            document = json.loads(source)
        except ValueError:
            return 400
        if POISON in json.dumps(document, ensure_ascii=False):
            return 400
        there = (index, id_) in self.documents
        if there and action == "create":
            return 409
        self.documents[index, id_] = document
        return 200 if there else 201


_ERRORS = {
    400: "mapper_parsing_exception",
    409: "version_conflict_engine_exception",
    429: "es_rejected_execution_exception",
}


def _as_told(path: str, setting: dict[str, Any]) -> dict[str, Any]:
    """A setting as its own API tells it: "Get index template", "Get lifecycle policy" and OpenSearch's "Get policy"."""
    name = path.rpartition("/")[2]
    if path.startswith("/_index_template/"):
        return {"index_templates": [{"name": name, "index_template": setting}]}
    if path.startswith("/_ilm/policy/"):
        return {name: {"version": 1, "policy": setting["policy"]}}
    return {"_id": name, "_version": 1, "_seq_no": 7, "_primary_term": 2, "policy": setting["policy"]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        """Let the server know the connection, which it cuts when it goes."""
        super().setup()
        self.server.connections.append(self.connection)

    def do_GET(self) -> None:
        """Say what this is, or what somebody put there."""
        if not self._welcome():
            return
        store = self.server.store
        if self.path == "/":
            version = {"number": "2.19.0" if store.distribution else "8.17.0"}
            if store.distribution:
                version["distribution"] = store.distribution
            self._answer(200, {"version": version})
        elif self.path in store.settings:
            self._answer(200, _as_told(self.path, store.settings[self.path]))
        else:
            self._answer(404, {"error": "not there", "status": 404})

    def do_PUT(self) -> None:
        """Keep a setting."""
        content = self._content()
        if self._welcome():
            # OpenSearch wants to be told which version of a policy is replaced
            self.server.store.settings[self.path.partition("?")[0]] = json.loads(content)
            self._answer(200, {"acknowledged": True})

    def do_POST(self) -> None:
        """Take documents."""
        content = self._content()
        if not self._welcome():
            return
        store = self.server.store
        if store.hangs:
            self.server.over.wait(store.hangs)
        if store.refuses:
            error = {"type": _ERRORS.get(store.refuses, "unavailable"), "reason": "as a test wishes"}
            self._answer(store.refuses, {"error": error, "status": store.refuses})
            return
        with store.changed:
            answer = store.bulk(content)
        self._answer(200, answer)

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _welcome(self) -> bool:
        store = self.server.store
        with store.changed:
            store.requests.append((self.command, self.path))
            store.changed.notify_all()
        said = self.headers.get("Authorization", "")
        if store.password is None or said == "Basic " + base64.b64encode(store.password.encode()).decode():
            return True
        self._answer(401, {"error": {"type": "security_exception", "reason": "who is this"}, "status": 401})
        return False

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        with self.server.store.changed:
            self.server.store.changed.notify_all()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, store: Store, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.store = store
        self.over = threading.Event()
        self.connections: list[socket.socket] = []

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that did not wait for their answer."""


class Endpoint:
    """The stand-in at an address, which may go away and come back."""

    def __init__(
        self, address: str = "127.0.0.1", port: int = 0, tls: tuple[Path, Path] | None = None
    ) -> None:
        """Listen at once; at a free port where ``port`` is 0. ``tls`` is a certificate and its key."""
        self.store = Store()
        self.address = address
        self.port = port
        self._tls = tls
        self._server: _Server | None = None
        self.come()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self._tls else 'http'}://{self.address}:{self.port}"

    def come(self) -> None:
        """Listen at the port of before."""
        self._server = _Server(self.store, (self.address, self.port))
        self.port = self._server.server_address[1]
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def go(self) -> None:
        """Cut the connections that there are, and refuse others from now on."""
        if self._server:
            self._server.over.set()
            self._server.shutdown()
            self._server.server_close()
            for connection in self._server.connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None


@contextmanager
def endpoint(
    address: str = "127.0.0.1", port: int = 0, tls: tuple[Path, Path] | None = None
) -> Iterator[Endpoint]:
    """Have an endpoint for as long as a block runs."""
    here = Endpoint(address, port, tls)
    try:
        yield here
    finally:
        here.go()
