"""A hub for the lab: serves weights by as much of the Hugging Face hub's API as its client asks for.

Below the root lies ``<owner>/<name>/<revision>/<files>``, of a space below ``spaces/``; a branch such as
``main`` is a link to a revision. Start it with
``python -m generator.lab.hub --root DIR --listen 10.77.0.1:8000``, and point a client at it with
``HF_ENDPOINT``.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import click

NAME = r"[\w.-]+/[\w.-]+"
DESCRIPTION = re.compile(
    rf"/api/(?:models/|(?P<kind>spaces/))(?P<name>{NAME})"
    r"(?:/(?P<view>revision|tree)/(?P<revision>[^/]+))?/?"
)
FILE = re.compile(rf"/(?P<repository>(?:spaces/)?{NAME})/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
RANGE = re.compile(r"bytes=(?P<first>\d+)-(?P<last>\d*)")


class Span(NamedTuple):
    """The bytes of a file from ``first`` to before ``end``."""

    first: int
    end: int


def span(header: str | None, size: int) -> Span | None:
    """Read a ``Range`` header of one range; None where the file of ``size`` bytes has no such bytes."""
    asked = RANGE.fullmatch(header or "")
    if not asked:
        return Span(0, size)
    first = int(asked["first"])
    end = min(int(asked["last"]) + 1, size) if asked["last"] else size
    return Span(first, end) if first < end else None


def find(root: Path, *parts: str) -> Path | None:
    """Follow ``parts`` below ``root``, links too; None where that leads nowhere, or out of it."""
    found = root.joinpath(*parts).resolve()
    return found if found.is_relative_to(root) and found.exists() else None


@functools.cache
def _digest(file: Path, size: int, changed_ns: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digest(file: Path) -> str:
    """Give the sha256 of ``file``; it is read again only when its size or time has changed."""
    status = file.stat()
    return _digest(file, status.st_size, status.st_mtime_ns)


def copy(source: BufferedIOBase, target: BufferedIOBase, length: int, rate: int | None = None) -> None:
    """Copy ``length`` bytes, at most ``rate`` of them a second."""
    while length and (block := source.read(min(length, rate // 20 if rate else 1 << 20))):
        target.write(block)
        length -= len(block)
        if rate:
            time.sleep(0.05)


class Handler(BaseHTTPRequestHandler):
    """One connection to the hub."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with a repository's description, its list of files, or a file."""
        path = unquote(urlsplit(self.path).path)
        if asked := DESCRIPTION.fullmatch(path):
            repository = f"{asked['kind'] or ''}{asked['name']}"
            self._describe(repository, asked["revision"] or "main", asked["view"] == "tree")
        elif asked := FILE.fullmatch(path):
            self._file(asked["repository"], asked["revision"], asked["path"])
        else:
            self._missing("EntryNotFound", path)

    def _describe(self, repository: str, revision: str, tree: bool) -> None:
        snapshot = self._snapshot(repository, revision)
        if not snapshot:
            return
        files = sorted(file for file in snapshot.rglob("*") if file.is_file())
        names = [str(file.relative_to(snapshot)) for file in files]
        answer: object
        if tree:
            answer = [
                {"type": "file", "path": name, "size": file.stat().st_size, "oid": digest(file)[:40]}
                for name, file in zip(names, files, strict=True)
            ]
        else:
            siblings = [{"rfilename": name} for name in names]
            answer = {"id": repository, "sha": snapshot.name, "private": False, "siblings": siblings}
        self._json(HTTPStatus.OK, answer)

    def _file(self, repository: str, revision: str, path: str) -> None:
        snapshot = self._snapshot(repository, revision)
        if not snapshot:
            return
        file = find(snapshot, path)
        if not file or not file.is_file():
            self._missing("EntryNotFound", path)
            return
        size = file.stat().st_size
        wanted = span(self.headers["Range"], size)
        if not wanted:
            self._json(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {}, {"Content-Range": f"bytes */{size}"})
            return
        partial = wanted != Span(0, size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
        self.send_header("ETag", f'"{digest(file)}"')
        self.send_header("X-Repo-Commit", snapshot.name)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(wanted.end - wanted.first))
        if partial:
            self.send_header("Content-Range", f"bytes {wanted.first}-{wanted.end - 1}/{size}")
        self.end_headers()
        if self.command == "GET":
            with file.open("rb") as content:
                content.seek(wanted.first)
                copy(content, self.wfile, wanted.end - wanted.first, self.server.rate)

    def _snapshot(self, repository: str, revision: str) -> Path | None:
        """Find the folder of a revision, or answer that there is none."""
        if not find(self.server.root, repository):
            self._missing("RepoNotFound", repository)
        elif snapshot := find(self.server.root, repository, revision):
            return snapshot
        else:
            self._missing("RevisionNotFound", revision)
        return None

    def _missing(self, code: str, what: str) -> None:
        # The client tells a missing repository from a missing file by this header.
        self._json(HTTPStatus.NOT_FOUND, {"error": f"{code}: {what}"}, {"X-Error-Code": code})

    def _json(self, status: HTTPStatus, answer: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


class Hub(ThreadingHTTPServer):
    """Serves the repositories below ``root`` at ``address``; port 0 takes a free one.

    A connection gets at most ``rate`` bytes a second of a file.
    """

    daemon_threads = True

    def __init__(self, root: Path, address: tuple[str, int], rate: int | None = None) -> None:
        """Bind to ``address``; ``serve_forever`` answers."""
        self.root, self.rate = root.resolve(), rate
        super().__init__(address, Handler)


@click.command()
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--listen", metavar="ADDRESS:PORT", default="127.0.0.1:8000", show_default=True)
@click.option("--rate", type=int, help="Bytes of a file that a connection gets in a second, at most.")
def main(root: Path, listen: str, rate: int | None) -> None:
    """Serve the weights below ROOT."""
    address, _, port = listen.rpartition(":")
    Hub(root, (address, int(port)), rate).serve_forever()


if __name__ == "__main__":
    main()
