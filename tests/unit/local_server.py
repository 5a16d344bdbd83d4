"""A web server of the tests, for as long as a block of theirs runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

_Server = TypeVar("_Server", bound="LocalServer")


class LocalServer(ThreadingHTTPServer):
    """Listens on loopback, or at another address; ``over`` is set when the block is, for answers that wait for it."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], address: str = "127.0.0.1") -> None:
        """Listen on a free port."""
        super().__init__((address, 0), handler)
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


@contextmanager
def served(server: _Server) -> Iterator[_Server]:
    """Have ``server`` answer until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
