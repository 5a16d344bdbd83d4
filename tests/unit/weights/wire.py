"""A wire to a server: it counts what goes through, and can be slow, or break."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BLOCK = 2**16


class Wire(socketserver.ThreadingTCPServer):
    """Leads to ``port`` of loopback; ``sent`` counts the bytes of the server's answers.

    ``breaks``: after how many bytes it cuts a connection, and ``left``: how many more of them, or None for
    all; ``rate``: bytes each lets through in a second; while it ``hangs`` nothing goes through.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, address: str) -> None:
        super().__init__((address, 0), _Connection)
        self.port = port
        self.sent = 0
        self.breaks: int | None = None
        self.left: int | None = None
        self.rate: int | None = None
        self.hangs = threading.Event()
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def cuts(self, sent: int) -> bool:
        """Say whether to cut a connection that would have ``sent`` so many bytes with the next ones."""
        with self.counting:
            if self.breaks is None or sent <= self.breaks or self.left == 0:
                return False
            if self.left:
                self.left -= 1
            return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class _Connection(socketserver.BaseRequestHandler):
    server: Wire
    request: socket.socket

    def handle(self) -> None:
        """Carry bytes both ways until one side has enough."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as other:
            asking = threading.Thread(target=_carry, args=(self.request, other), daemon=True)
            asking.start()
            self._answer(other)
            for end in (other, self.request):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            asking.join()

    def _answer(self, other: socket.socket) -> None:
        wire, sent = self.server, 0
        while block := other.recv(_BLOCK):
            if wire.rate:
                time.sleep(len(block) / wire.rate)
            while wire.hangs.is_set():
                time.sleep(0.02)
            if wire.cuts(sent + len(block)):
                return
            self.request.sendall(block)
            sent += len(block)
            with wire.counting:
                wire.sent += len(block)


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while block := one.recv(_BLOCK):
            other.sendall(block)
        other.shutdown(socket.SHUT_WR)


@contextmanager
def wire(port: int, address: str = "127.0.0.1") -> Iterator[Wire]:
    """Lead to ``port`` from a free port of ``address`` until the block ends."""
    with Wire(port, address) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.hangs.clear()
            server.shutdown()
            thread.join()
