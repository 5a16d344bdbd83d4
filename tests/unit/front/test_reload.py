"""A reload of the front, and its death: what waits, what runs, and what it remembers."""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.unit.front.front import Front

pytestmark = pytest.mark.puppet
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"


def test_no_request_is_lost_while_it_reloads(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    statuses: list[int | str] = []
    over = threading.Event()

    def ask() -> None:
        for number in itertools.count():
            if over.is_set():
                return
            try:
                path, body = (JOIN, {"session_hash": f"s{number}"}) if number % 2 else ("/config", None)
                statuses.append(front.ask(path, body).status)
            except Exception as error:
                statuses.append(repr(error))

    clients = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(3):
        front.reload()
    over.set()
    for client in clients:
        client.join(10)
    assert set(statuses) == {200}
    assert len(statuses) > 50


def test_a_reload_keeps_where_jobs_are(front: Front) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
        slot.finish()
    assert front.ask(JOIN, {"session_hash": "one"}).status == 200
    assert front.ask(JOIN, {"session_hash": "two", "data": "x" * 200_000}).status == 200
    front.until_it_teaches()
    front.reload()
    front.wait_for(lambda: "used:4" in front.command("show table jobs"))
    front.steer("0-green")
    for session in ("one", "two"):
        assert "0-blue" in front.ask(f"{DATA}?session_hash={session}").text


def test_what_waits_and_what_runs_goes_on_in_the_process_of_before(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    assert front.ask(JOIN, {"session_hash": "one"}).status == 200
    stream = front.ask_later(f"{DATA}?session_hash=one")
    front.slots["0-blue"].until(1)
    front.steer("0-green")
    page = front.ask_later("/config")
    front.wait_for(lambda: front.held() == 1)
    front.reload()
    new, old = front.workers()
    # what it has is only told through the master
    assert (front.current("0-blue", old), front.current("0-blue", new)) == (1, 0)
    assert page.waits
    front.slots["0-green"].start()
    assert page.answer().text == "0-green"
    front.slots["0-blue"].finish()
    assert stream.answer().text.endswith("data: done\n\n")
    front.wait_for(lambda: front.workers() == [new])


@contextmanager
def kept_over_a_reload(front: Front) -> Iterator[http.client.HTTPConnection]:
    """A connection that has had an answer, and then the front was reloaded."""
    front.start()
    front.slots["0-blue"].start()
    with closing(http.client.HTTPConnection("127.0.0.1", front.port, timeout=5)) as connection:
        connection.request("GET", "/config")
        assert connection.getresponse().read()
        front.reload()
        yield connection


def test_a_connection_that_a_client_keeps_is_not_closed_under_its_next_request(front: Front) -> None:
    with kept_over_a_reload(front) as connection:
        time.sleep(0.5)
        connection.request("GET", "/config")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"0-blue")
        # and the client knows that the next needs another
        assert answer.headers["Connection"] == "close"
    front.wait_for(lambda: len(front.workers()) == 1)


def test_a_connection_that_is_kept_for_nothing_ends_before_a_switch_may_begin(front: Front) -> None:
    with kept_over_a_reload(front):
        assert len(front.workers()) == 2
        # as long as `releases` waits
        front.wait_for(lambda: len(front.workers()) == 1, within=6.5)


def test_a_process_that_has_only_idle_tabs_goes_in_the_end(front: Front) -> None:
    front.start(hold=2)
    front.slots["0-blue"].start()
    front.ask_later("/gradio_api/heartbeat/one")
    front.slots["0-blue"].until(1)
    front.reload()
    assert len(front.workers()) == 2
    front.wait_for(lambda: len(front.workers()) == 1)


def test_a_configuration_that_is_wrong_does_not_end_what_runs(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    front.config.write_text(front.config.read_text().replace("mode http", "mode htpp"))
    assert front.process
    front.process.send_signal(signal.SIGUSR2)
    front.wait_for(lambda: "Loading failure" in front.log.read_text())
    assert front.ask("/config").status == 200


def test_without_its_worker_nothing_of_it_goes_on(front: Front) -> None:
    # so that systemd starts it again
    front.start()
    os.kill(front.workers()[0], signal.SIGKILL)
    assert front.process
    assert front.process.wait(5) != 0
