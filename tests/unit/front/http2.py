"""One request over HTTP/2 that says no size, and leaves its body open: clients make different things of a refusal."""

from __future__ import annotations

import socket

from h2.connection import H2Connection
from h2.events import ResponseReceived


def status(port: int, method: str, path: str, body: bytes | None) -> int:
    """Ask a port of loopback without a Content-Length, and leave ``body`` without an end; the status."""
    connection = H2Connection()
    connection.initiate_connection()
    headers = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
    connection.send_headers(1, headers, end_stream=body is None)
    if body is not None:
        connection.send_data(1, body)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.sendall(connection.data_to_send())
        while received := stream.recv(65536):
            for event in connection.receive_data(received):
                if isinstance(event, ResponseReceived):
                    return int(dict(event.headers)[b":status"])
    raise AssertionError("the connection ended without an answer")
