"""A real HAProxy on loopback, before a web UI of ours in each slot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from releases.description import Description
from releases.front import Front, FrontError
from tests.unit.releases.simulated import DESCRIPTION

HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")

CONFIG = """
global
    stats socket {folder}/admin.sock mode 600 level admin expose-fd listeners
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    retries 30
    retry-on conn-failure
    option redispatch 1
frontend web
    bind 127.0.0.1:{port}
    use_backend heartbeats if {{ path_beg /heartbeat }}
    use_backend streams if {{ path_beg /slow }}
    use_backend joins if {{ path_beg /join }}
    default_backend pages
"""
BACKEND = """backend {name}
    server 0-blue 127.0.0.1:{blue} weight 100
    server 0-green 127.0.0.1:{green} weight 0
"""


def free_ports(count: int) -> list[int]:
    """Find ports on which nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slow(BaseHTTPRequestHandler):
    """Answers which slot it is; a request below /slow or /heartbeat ends when the test lets it."""

    def do_GET(self) -> None:
        """Answer."""
        server = self.server
        assert isinstance(server, WebUI)
        if self.path != "/":
            server.let_go.wait(20)
        body = server.slot.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class WebUI(ThreadingHTTPServer):
    """The web UI of a slot."""

    daemon_threads = True

    def __init__(self, slot: str, port: int) -> None:
        """Listen on ``port``."""
        self.slot = slot
        self.let_go = threading.Event()
        super().__init__(("127.0.0.1", port), Slow)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Haproxy:
    """HAProxy as the front runs it: a master and its workers."""

    def __init__(self, folder: Path) -> None:
        """Write a configuration in ``folder``."""
        self.folder = folder
        self.port, self.blue, self.green = free_ports(3)
        self.config = folder / "haproxy.cfg"
        names = (*DESCRIPTION.backends, *DESCRIPTION.idle_backends)
        backends = [BACKEND.format(name=name, blue=self.blue, green=self.green) for name in names]
        self.config.write_text(CONFIG.format(folder=folder, port=self.port) + "".join(backends))
        self.description: Description = DESCRIPTION._replace(front_dir=str(folder))
        self.process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def serve(self) -> Iterator[Haproxy]:
        """Run it."""
        assert HAPROXY
        with (self.folder / "log").open("wb") as log:
            master = f"{self.folder}/master.sock"
            self.process = subprocess.Popen(
                [HAPROXY, "-W", "-f", str(self.config), "-S", master], stdout=log, stderr=log
            )
            try:
                self._wait()
                yield self
            finally:
                self.process.terminate()
                self.process.wait(20)

    def _wait(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError, FrontError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                Front(self.description).jobs("0-blue")  # the master is the last to answer
                return
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def reload(self) -> None:
        """Ask for a reload, and return at once, as systemd does."""
        assert self.process
        self.process.send_signal(signal.SIGUSR2)

    def get(self, path: str = "/") -> str:
        """Ask for ``path``."""
        address = f"http://127.0.0.1:{self.port}{path}"
        command = ["curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "25", address]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def get_beside(self, path: str) -> threading.Thread:
        """Ask for ``path``, and do not wait for the answer."""
        thread = threading.Thread(target=self.get, args=(path,), daemon=True)
        thread.start()
        return thread
