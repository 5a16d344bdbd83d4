"""A smart HTTP server of git on loopback: git's own git-http-backend behind the standard library's server."""

from __future__ import annotations

import gzip
import os
import subprocess
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from tests.unit.origin import Origin


class SmartHttp(BaseHTTPRequestHandler):
    """Serves the repositories of ``root``; what a test wants wrong is set on a class of its own (``serves``)."""

    protocol_version = "HTTP/1.1"
    root: Path
    #: The paths that were asked for.
    requests: ClassVar[list[str]]
    #: Whether git's newer protocol is spoken; servers before 2018, and some proxies, know the older one only.
    new_protocol = True
    #: A word of what the server says it can do, which it is made not to know.
    lacks = b""
    #: The service (info/refs, git-upload-pack) that wants a password.
    locked = ""
    #: The service that never ends: it sends a byte now and then.
    drips = ""
    #: Where requests for a path that begins so are sent.
    moved: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        """Answer, or pass it on to git."""
        self.requests.append(self.path)
        path, _, query = self.path.partition("?")
        for old, new in self.moved.items():
            if path.startswith(old):
                return self._answer(301, Location=self.path.replace(old, new, 1))
        if self.locked and path.endswith(self.locked):
            return self._answer(401, **{"WWW-Authenticate": 'Basic realm="git"'})
        if self.drips and path.endswith(self.drips):
            return self._drip()
        return self._git(path, query)

    do_POST = do_GET

    def _answer(self, status: int, **headers: str) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self) -> None:
        kind = "result" if self.command == "POST" else "advertisement"
        self.send_response(200)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.end_headers()
        with suppress(ConnectionError):
            # the head of a line that is longer than what comes
            self.wfile.write(b"fff0")
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)

    def _git(self, path: str, query: str) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "") if self.new_protocol else "",
        }
        backend = ["git", "-c", "safe.directory=*", "http-backend"]
        done = subprocess.run(backend, input=body, env=environment, stdout=subprocess.PIPE, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        if self.lacks:
            # as long as the word, so that the lengths that git writes before its lines stay true
            content = content.replace(self.lacks, b"x" * len(self.lacks))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def serves(origin: Origin, **wrong: Any) -> type[SmartHttp]:
    """A handler that serves ``origin`` as /origin/.git, with what is ``wrong`` with it."""
    return type("Serves", (SmartHttp,), {"root": origin.path.parent, "requests": [], **wrong})
