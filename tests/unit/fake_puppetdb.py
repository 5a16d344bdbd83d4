"""A PuppetDB of this test: it answers with what a real one was seen to answer.

tests/lab asks a real one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve ``answer`` on loopback, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def say(status: int, body: bytes) -> Answer:
    """Make an answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def query_of(handler: BaseHTTPRequestHandler) -> str:
    """Read the query that was sent."""
    return str(json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["query"])


def recall(recorded: dict[str, object]) -> Answer:
    """Answer each query with what is recorded for it, and any other with 400, as PuppetDB does."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        query = query_of(handler)
        known = query in recorded
        say(200 if known else 400, json.dumps(recorded.get(query, f"not recorded: {query}")).encode())(
            handler
        )

    return answer


def write_settings(folder: Path, url: str) -> Path:
    """Write the settings of Puppet's client tools where a user whose home is ``folder`` has them."""
    path = folder / ".puppetlabs" / "client-tools" / "puppetdb.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"puppetdb": {"server_urls": url}}))
    return path
