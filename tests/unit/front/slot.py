"""A web UI as small as can be: jobs by join and data stream, heartbeats, calls and files, as Gradio serves them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    slot: Slot

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients and the front go away in the middle of things, on purpose."""


class Slot:
    """One instance, called ``name``; it listens on ``port`` of loopback between :meth:`start` and :meth:`stop`."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        #: Sessions and calls whose job is here.
        self.jobs: set[str] = set()
        #: What was asked, in its order: method and path with query.
        self.asked: list[str] = []
        #: The headers of the last request.
        self.headers: dict[str, str] = {}
        #: The status that a gateway's check gets; None for that of any other page.
        self.health: int | None = None
        #: Headers that it answers with, beside its own.
        self.says: dict[str, str] = {}
        #: What it speaks TLS by, where it does.
        self.tls: ssl.SSLContext | None = None
        #: Whether it answers 500 to who joins, and whether a stream says where it ends, as Gradio's do.
        self.broken = self.chunked = False
        #: How many heartbeats and streams are open.
        self.open = 0
        self._finish = threading.Event()
        self._server: _Server | None = None
        self._connections: set[socket.socket] = set()

    def start(self) -> None:
        """Listen; with no job, as a process that has just started."""
        self.jobs.clear()
        self._finish.clear()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.slot = self
        if self.tls:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def finish(self) -> None:
        """Let every stream that is open, or will be, end with its result."""
        self._finish.set()

    def stop(self) -> None:
        """Be gone, with whatever is open."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self._connections):
            with_errors = connection.fileno() >= 0
            if with_errors:
                connection.close()

    def cut(self) -> None:
        """End what is open at once, as the death of a process does."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def until(self, count: int, within: float = 5) -> None:
        """Wait until ``count`` heartbeats and streams are open."""
        end = time.monotonic() + within
        while self.open != count:
            assert time.monotonic() < end, f"{self.name}: {self.open} open, not {count}; asked: {self.asked}"
            time.sleep(0.01)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def slot(self) -> Slot:
        return self.server.slot

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Streams, heartbeats, and pages that say which slot made them."""
        url = urlsplit(self.path)
        if url.path == "/gateway-health" and self.slot.health:
            self._answer(b"", self.slot.health)
            return
        self._note()
        session = parse_qs(url.query).get("session_hash", [""])[0]
        if url.path == "/gradio_api/queue/data":
            self._stream(session)
        elif url.path.startswith("/gradio_api/call/"):
            self._stream(url.path.rpartition("/")[2])
        elif url.path.startswith("/gradio_api/heartbeat/"):
            self._events(None)
        else:
            self._answer(self.slot.name.encode())

    def do_POST(self) -> None:
        """Joins and calls; of anything else, how long it was."""
        self._note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/gradio_api/queue/join" and self.slot.broken:
            self._answer(b"", 500)
        elif self.path == "/gradio_api/queue/join":
            self.slot.jobs.add(json.loads(body)["session_hash"])
            self._answer(json.dumps({"event_id": uuid.uuid4().hex, "by": self.slot.name}).encode())
        elif self.path == "/gradio_api/call/unknown":
            self._answer(b'{"detail": "Not Found"}', 404)
        elif self.path.startswith("/gradio_api/call/"):
            event = uuid.uuid4().hex
            self.slot.jobs.add(event)
            self._answer(json.dumps({"event_id": event}).encode())
        elif self.path == "/prompt":
            self._answer(json.dumps({"prompt_id": uuid.uuid4().hex, "by": self.slot.name}).encode())
        elif self.path == "/v1/audio/transcriptions":
            self._events(self.slot._finish)
        else:
            self._answer(f"{self.slot.name} {len(body)}".encode())

    def _note(self) -> None:
        self.slot._connections.add(self.connection)
        self.slot.asked.append(f"{self.command} {self.path}")
        self.slot.headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        for name, value in self.slot.says.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, job: str) -> None:
        if job in self.slot.jobs:
            self._events(self.slot._finish)
        else:
            self._answer(f"{self.slot.name} has no job of {job}".encode(), 404)

    def _say(self, text: str) -> None:
        self.wfile.write((f"{len(text):x}\r\n{text}\r\n" if self.slot.chunked else text).encode())

    def _events(self, end: threading.Event | None) -> None:
        """Say the slot's name every 50 ms, until ``end``."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if self.slot.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = not self.slot.chunked
        self.slot.open += 1
        try:
            while True:
                self._say(f"data: {self.slot.name}\n\n")
                if end and end.wait(0.05):
                    break
                time.sleep(0 if end else 0.05)
            self._say("data: done\n\n")
            if self.slot.chunked:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass
        finally:
            self.slot.open -= 1
