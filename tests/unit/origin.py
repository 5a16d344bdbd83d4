"""Git repositories and servers on this machine, for tests of what reads a repository elsewhere."""

from __future__ import annotations

import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

Files = Mapping[str, bytes | str]


class Origin:
    """A repository that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"file://{path}"
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git in it, and give what that prints."""
        identity = ("-c", "user.name=tester", "-c", "user.email=tester@example.org")
        done = subprocess.run(
            ["git", "-C", str(self.path), *identity, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: Files) -> str:
        """Commit ``files``, and give the commit."""
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")

    def tag(self, name: str, files: Files, *how: str) -> str:
        """Commit ``files``, put the tag ``name`` on them (``how``: options), and give the commit."""
        commit = self.commit(files)
        self.git("tag", *how, name)
        return commit


def own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the configuration of this machine out; give the folder in which temporary ones are made now."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return scratch


def processes_below(scratch: Path) -> list[str]:
    """The processes that work in a folder below ``scratch``."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(scratch):
                found.append((link.parent / "cmdline").read_text())
        except OSError:
            continue  # gone, or another user's
    return found


class Threads(socketserver.ThreadingTCPServer):
    """A server that waits for nobody when it ends."""

    daemon_threads = True
    block_on_close = False


@contextmanager
def served(
    handler: type[socketserver.BaseRequestHandler], kind: type[socketserver.TCPServer]
) -> Iterator[str]:
    """Serve on loopback; gives host and port."""
    with kind(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Http(BaseHTTPRequestHandler):
    """Answers every request with ``status``, and keeps what it was asked in ``requests``."""

    status = 200
    requests: list[str | None]

    def do_GET(self) -> None:
        """Note who asks, and answer."""
        self.requests.append(self.headers.get("Authorization"))
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def answers(status: int) -> type[Http]:
    """A handler that answers with ``status``."""
    return type("Answers", (Http,), {"status": status, "requests": []})


class Silent(socketserver.BaseRequestHandler):
    """Takes a connection, and says nothing until the other end leaves."""

    def handle(self) -> None:
        """Read what comes."""
        while self.request.recv(4096):
            pass
