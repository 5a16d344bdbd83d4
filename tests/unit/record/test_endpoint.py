"""How an endpoint is asked: on a connection that is gone, by an answer that does not end, for longer than rsyslog waits."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shipper.cli import Shipper
from shipper.delivery import PATIENCE, Delivery
from shipper.documents import Document
from shipper.endpoint import Endpoint, Settings
from shipper.errors import Unavailable
from shipper.rejected import RejectedFile

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def answers(*each: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Give each connection to the next of ``each``, and close it then: the address, and the requests' first bytes."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in each:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def once(connection: socket.socket) -> None:
    connection.sendall(OK)


def nothing(_: socket.socket) -> None:
    """As an endpoint that goes away with the request in hand."""


def test_a_connection_that_was_closed_while_idle_is_none_that_is_told() -> None:
    with answers(once, once) as (url, asked), closing(Endpoint(Settings(url))) as endpoint:
        assert [endpoint.ask("GET", "/")[0] for _ in range(2)] == [200, 200]
        assert len(asked) == 2


def test_a_connection_that_is_fresh_is_not_tried_again() -> None:
    with answers(nothing, once) as (url, asked), closing(Endpoint(Settings(url))) as endpoint:
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1"):
            endpoint.ask("GET", "/")
        assert len(asked) == 1


def test_an_endpoint_that_closes_every_connection_is_tried_twice_and_told() -> None:
    with answers(once, nothing, once) as (url, asked), closing(Endpoint(Settings(url))) as endpoint:
        assert endpoint.ask("GET", "/")[0] == 200
        with pytest.raises(Unavailable):
            endpoint.ask("GET", "/")
        assert len(asked) == 2


def test_an_answer_that_never_ends_is_left_when_its_time_is_over() -> None:
    """Each byte of it comes in time."""
    given_up = threading.Event()

    def until_given_up(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(100):
            if given_up.wait(0.02):
                break
            connection.sendall(b" ")

    with answers(until_given_up) as (url, _), closing(Endpoint(Settings(url, timeout=0.3))) as endpoint:
        try:
            with pytest.raises(Unavailable, match=r"not answered within 0\.3 s"):
                endpoint.ask("GET", "/")
        finally:
            given_up.set()


def test_the_patience_with_a_batch_ends_between_the_parts_of_a_request_too() -> None:
    """Cut down to what it is about, a batch takes many requests."""
    clock = itertools.count(0, PATIENCE * 0.4)
    asked: list[bytes] = []

    class TooLarge:
        def ask(self, _method: str, _path: str, content: bytes, _kind: str) -> tuple[int, Any]:
            asked.append(content)
            return 413, None

    refused: list[Any] = []
    delivery = Delivery(TooLarge(), refused.extend, lambda: next(clock))  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match=f"more than {PATIENCE} s"):
        delivery.deliver([Document("fleet-reports-2026.11.27", str(n), "{}") for n in range(64)])
    assert len(asked) <= 3


def test_an_older_entry_of_the_rejected_goes_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("shipper.cli.syslog.syslog", lambda _, text: said.append(text))
    path = tmp_path / "rejected.jsonl"
    shipper = Shipper(Settings("http://127.0.0.1:9"), RejectedFile(path, limit=10))
    for _ in range(3):
        shipper.ship(["no document"])
    rotations = [text for text in said if f"{path}.1" in text]
    assert len(rotations) == 2
    assert "gone" not in rotations[0]
    assert "are gone" in rotations[1]
    assert len(said) == 5
