"""Starts that go wrong because somebody wants to see what comes of them."""

from __future__ import annotations

import itertools
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Error(BaseHTTPRequestHandler):
    """Every page is an internal error."""

    def do_GET(self) -> None:
        """Answer with it; the server logs that it did."""
        self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)


#: What goes wrong with jobs, of a start that went well.
OF_JOBS = ("mute", "tenth", "slow", "greedy")
#: What a slow job takes longer, and what a greedy one keeps.
SLOW_SECONDS, GREEDY_BYTES = 1.5, 30_000_000

_kept: list[bytearray] = []


def of_release(wanted: str, revision: str) -> str:
    """Return the fault of a release: ``slow@v24-beta`` is of that alone, ``slow`` of each; empty for none."""
    fault, _, only = wanted.partition("@")
    return fault if only in ("", revision) else ""


def misbehave(fault: str, address: str, port: int) -> None:
    """Never get ready: ``hang`` without a port, ``exit``, or answer each page of ``port`` with ``error``.

    With those of :data:`OF_JOBS` it does get ready.
    """
    print(f">> the fault {fault!r} was asked for", flush=True)
    if fault in OF_JOBS:
        return
    if fault == "error":
        HTTPServer((address, port), Error).serve_forever()
    while fault == "hang":
        time.sleep(60)
    if fault == "exit":
        raise SystemExit("the fault 'exit' was asked for")
    raise SystemExit(
        f"STANDIN_FAULT is {fault!r}, which is no fault: set it to hang, exit, error, {', '.join(OF_JOBS)}, or not at all"
    )


def spoil(fault: str) -> bool:
    """Have a job go as ``fault`` wants, and say whether it is to fail."""
    if fault == "slow":
        time.sleep(SLOW_SECONDS)
    if fault == "greedy":
        _kept.append(bytearray(b"\1" * GREEDY_BYTES))
    return fault == "mute"


class Tenth:
    """What a web server's app goes through, so that it answers 500 to a tenth of those who join the queue."""

    def __init__(self, app: Any) -> None:
        """Stand before ``app``, which is one of ASGI's."""
        self.app = app
        self.joins = itertools.count(1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or let the app answer."""
        if not scope.get("path", "").endswith("/queue/join") or next(self.joins) % 10:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
