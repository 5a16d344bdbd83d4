"""A reload of the gateway, as a node that joins or leaves brings it: nothing is lost, and jobs are still known."""

from __future__ import annotations

import itertools
import threading

import pytest

from tests.unit.gateway.gateway import DATA, Gateway

pytestmark = pytest.mark.puppet


def test_no_request_is_lost_while_nodes_join_and_leave(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    statuses: list[object] = []
    over = threading.Event()

    def ask(who: int) -> None:
        for number in itertools.count():
            if over.is_set():
                return
            client = gateway.client(source=f"127.0.0.{10 + who}", keeps=who % 2 == 0)
            try:
                client.ask("/", page=client.keeps)
                statuses.append(len(client.job(f"{who}-{number}")))
            except Exception as error:
                statuses.append(repr(error))

    clients = [threading.Thread(target=ask, args=(who,), daemon=True) for who in range(4)]
    for thread in clients:
        thread.start()
    for _ in range(10):
        gateway.reload()
    over.set()
    for thread in clients:
        thread.join(20)
    assert set(statuses) == {1}, statuses
    assert len(statuses) > 20


def test_a_job_of_before_is_known_after(gateway: Gateway) -> None:
    gateway.start()
    client = gateway.client(source="127.0.0.10", keeps=False)
    node = gateway.slots[client.join("one")]
    running = gateway.ask_later(f"{DATA}?session_hash=one")
    node.until(1)
    gateway.until_it_teaches()
    # one more node, first by name, so that the numbers of all change
    gateway.configure(nodes=[*reversed(gateway.nodes((1, 1)))])
    gateway.reload()
    gateway.wait_for(lambda: "used:1" in gateway.command("show table jobs"))
    gateway.wait_for(lambda: "used:1" in gateway.command("show table sources"))
    assert client.file() == node.name
    node.finish()
    assert running.answer().text.endswith("data: done\n\n")
    assert gateway.client(source="127.0.0.11", keeps=False).stream("one") == node.name


def test_a_node_that_joins_gets_jobs(gateway: Gateway) -> None:
    gateway.start(nodes=gateway.nodes((1,)))
    assert {gateway.client().ask("/", page=True).text for _ in range(4)} == {"tts1.example"}
    gateway.configure()
    gateway.reload()
    assert {gateway.client().ask("/", page=True).text for _ in range(4)} == set(gateway.slots)
