"""Starts that go wrong because somebody wants to see what comes of them."""

from __future__ import annotations

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer


class Error(BaseHTTPRequestHandler):
    """Every page is an internal error."""

    def do_GET(self) -> None:
        """Answer with it; the server logs that it did."""
        self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)


def misbehave(fault: str, address: str, port: int) -> None:
    """Never get ready: ``hang`` without a port, or answer each page of ``port`` with ``error``.

    With ``mute`` it does get ready, and each job fails.
    """
    print(f">> the fault {fault!r} was asked for", flush=True)
    if fault == "mute":
        return
    if fault == "error":
        HTTPServer((address, port), Error).serve_forever()
    while fault == "hang":
        time.sleep(60)
    raise SystemExit(
        f"STANDIN_FAULT is {fault!r}, which is no fault: set it to hang, error or mute, or not at all"
    )
