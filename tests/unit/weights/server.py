"""A web server that has files, and something that is wrong with it."""

from __future__ import annotations

import re
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.unit.local_server import LocalServer, served

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
MEGA = 2**20


class Server(LocalServer):
    """Has ``files``, by their paths. ``wrong`` says how it misbehaves.

    ``404`` and the like: it answers with that; ``breaks``: it closes each connection after 3 MiB; ``stalls``: it
    sends 1 MiB and nothing more; ``lies``: one byte in the middle is another; ``short``: files end a byte early;
    ``elsewhere``: it redirects to where nothing is; ``no ranges``: it sends all of a file whatever part is asked for;
    ``expired``: it speaks TLS, with a certificate that was good until yesterday.
    """

    def __init__(self, files: Mapping[str, bytes], wrong: str, address: str = "127.0.0.1") -> None:
        super().__init__(_Handler, address)
        self.files, self.wrong = files, wrong
        self.sent = 0
        if wrong == "expired":
            self.socket = _expired().wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return super().url.replace("http", "https") if isinstance(self.socket, ssl.SSLSocket) else super().url


def _expired() -> ssl.SSLContext:
    """Make a certificate that was good until yesterday."""
    with tempfile.TemporaryDirectory() as folder:
        request = "openssl req -newkey rsa:2048 -nodes -keyout key -out request -subj /CN=localhost"
        sign = "openssl x509 -req -in request -signkey key -days -1 -out certificate"
        for command in (request, sign):
            subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
    return context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, in the way that is wrong."""
        server, content = self.server, self.server.files.get(self.path.lstrip("/"))
        if content is None or server.wrong.isdigit():
            self.send_error(404 if content is None else int(server.wrong))
        elif server.wrong == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(_damaged(content) if server.wrong == "lies" else content)

    def _send(self, content: bytes) -> None:
        wrong = self.server.wrong
        content = content[:-1] if wrong == "short" else content
        asked = _RANGE.fullmatch(self.headers.get("Range", "")) if wrong != "no ranges" else None
        first = int(asked[1]) if asked else 0
        end = min(int(asked[2] or len(content)) + 1 if asked and asked[2] else len(content), len(content))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(end - first))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{len(content)}")
        self.end_headers()
        limit = {"breaks": 3 * MEGA, "stalls": MEGA}.get(wrong, end)
        part = content[first : min(end, first + limit)]
        self.server.sent += len(part)
        try:
            self.wfile.write(part)
            self.wfile.flush()
        except OSError:
            return
        if wrong == "stalls":
            self.server.over.wait(60)
        self.close_connection = first + len(part) < end


def _damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@contextmanager
def serve(files: Mapping[str, bytes], wrong: str = "", address: str = "127.0.0.1") -> Iterator[Server]:
    """Serve ``files`` until the block ends."""
    with served(Server(files, wrong, address)) as server:
        yield server


def wait_until_sent(server: Server, amount: int, seconds: float = 20) -> None:
    """Wait until ``server`` has sent ``amount`` bytes."""
    end = time.monotonic() + seconds
    while server.sent < amount:
        assert time.monotonic() < end
        time.sleep(0.02)
