"""A job stays with its node, with cookies and without, and whatever becomes of the node meanwhile."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable

import pytest

from tests.unit.gateway.gateway import DATA, JOIN, UPLOAD, Gateway

pytestmark = pytest.mark.puppet


@pytest.mark.parametrize("keeps", [True, False])
def test_a_job_stays_with_its_node_from_voice_to_audio(gateway: Gateway, keeps: bool) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    nodes: list[str] = []
    for number in range(6):
        client = gateway.client(source=f"127.0.0.{10 + number}", keeps=keeps)
        client.ask("/", page=client.keeps)
        jobs = client.job(f"s{number}") | client.job(f"t{number}")
        assert len(jobs) == 1, jobs
        nodes += jobs
    assert set(nodes) == set(gateway.slots), "both have had some"


def test_browsers_at_one_address_are_spread_and_those_without_cookies_are_not(gateway: Gateway) -> None:
    gateway.start()
    browsers = [gateway.client() for _ in range(4)]
    assert {browser.ask("/", page=True).text for browser in browsers} == set(gateway.slots)
    assert len({browser.join(f"b{at}") for at, browser in enumerate(browsers)}) == 2
    assert len({gateway.client(keeps=False).join(f"c{at}") for at in range(4)}) == 1


def test_a_stream_comes_by_a_connection_that_did_not_lie_idle(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.chunked = True
        node.finish()
    tab = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    for number in range(4):
        job = json.dumps({"session_hash": f"s{number}"})
        tab.request("POST", JOIN, job, {"Content-Type": "application/json"})
        tab.getresponse().read()
        tab.request("GET", f"{DATA}?session_hash=s{number}")
        assert tab.getresponse().read()
    tab.close()
    [counted] = [row for row in gateway.stats() if row["pxname"] == "running" and row["svname"] == "BACKEND"]
    assert (counted["stot"], counted["reuse"]) == ("4", "0")


def test_a_stream_finds_its_job_by_the_session_alone(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    found = set()
    for number in range(8):
        there = gateway.client(source=f"127.0.0.{10 + number}", keeps=False).join(f"s{number}")
        assert gateway.client(source="127.0.0.99", keeps=False).stream(f"s{number}") == there
        found.add(there)
    assert found == set(gateway.slots)


def test_a_call_without_a_session_finds_its_job(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    found = set()
    for number in range(8):
        client = gateway.client(source=f"127.0.0.{10 + number}", keeps=False)
        began = time.monotonic()
        answer = client.ask("/gradio_api/call/gen", {"data": []})
        assert time.monotonic() - began < 2
        event = answer.text.split('"')[3]
        other = gateway.client(source="127.0.0.99", keeps=False)
        answer = other.ask(f"/gradio_api/call/gen/{event}")
        assert answer.status == 200
        found.add(answer.text.split()[1])
    assert found == set(gateway.slots)
    assert gateway.client(keeps=False).ask("/gradio_api/call/unknown", {"data": []}).status == 404


@pytest.mark.parametrize("keeps", [True, False])
def test_a_join_that_is_too_long_to_read_stays_with_its_node(gateway: Gateway, keeps: bool) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    for number in range(3):
        client = gateway.client(source=f"127.0.0.{10 + number}", keeps=keeps)
        client.ask("/", page=client.keeps)
        there = client.join(f"s{number}", 1_000_000)
        assert client.stream(f"s{number}") == there


@pytest.mark.parametrize("keeps", [True, False])
def test_a_node_that_drains_gets_no_new_jobs_and_its_own_go_on(gateway: Gateway, keeps: bool) -> None:
    gateway.start()
    runs = gateway.client(source="127.0.0.10", keeps=keeps)
    runs.ask("/", page=keeps)
    node = gateway.slots[runs.join("runs")]
    stream = gateway.ask_later(f"{DATA}?session_hash=runs")
    node.until(1)
    gateway.drain(node)
    node.asked.clear()
    for number in range(6):
        client = gateway.client(source=f"127.0.0.{20 + number}", keeps=keeps)
        client.ask("/", page=client.keeps)
        assert client.upload() == client.join(f"new{number}") != node.name
    # of the session whose stream it has, whoever asks
    assert runs.join("runs") == node.name
    assert node.asked == [f"POST {JOIN}"]
    assert runs.file() == node.name
    node.finish()
    assert stream.answer().text.endswith("data: done\n\n")
    time.sleep(0.2)
    # with nothing open there, its next job begins elsewhere, and its client stays there
    moved = runs.join("runs")
    assert moved != node.name
    assert runs.file() == moved
    # and back, when it takes jobs again
    node.health = 200
    gateway.until(node.name, "new", "UP")
    fresh = [gateway.client(source=f"127.0.0.{40 + number}", keeps=keeps) for number in range(4)]
    assert node.name in {client.upload() for client in fresh}


def test_browsers_are_not_known_by_the_address_that_they_share(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    for number in range(4):
        one = gateway.client()
        one.ask("/", page=True)
        one.job(f"before{number}")
    drains = next(iter(gateway.slots.values()))
    gateway.drain(drains)
    for number in range(6):
        other = gateway.client()
        assert {other.ask("/", page=True).text, *other.job(f"after{number}")} == {*gateway.slots} - {
            drains.name
        }


@pytest.mark.parametrize("keeps", [True, False])
def test_a_voice_that_is_there_keeps_its_job_at_a_node_that_drains(gateway: Gateway, keeps: bool) -> None:
    gateway.start()
    client = gateway.client(keeps=keeps)
    client.ask("/", page=client.keeps)
    node = gateway.slots[client.upload()]
    node.finish()
    gateway.drain(node)
    assert client.join("one") == client.stream("one") == client.file() == node.name


def test_where_all_drain_they_hold_what_comes(gateway: Gateway) -> None:
    gateway.start()
    for node in gateway.slots.values():
        gateway.drain(node)
    assert gateway.client().join("one") in gateway.slots


def test_a_node_that_is_gone_loses_no_new_request(gateway: Gateway) -> None:
    gateway.start()
    clients = [gateway.client(source=f"127.0.0.{10 + number}", keeps=number % 2 == 0) for number in range(8)]
    for client in clients:
        client.ask("/", page=client.keeps)
        client.upload()
    gone, left = gateway.slots.values()
    gone.stop()
    for number, client in enumerate(clients):
        assert client.join(f"s{number}") == left.name
        assert client.upload() == left.name
    gateway.until(gone.name, "kept", "DOWN")
    assert [client.join("x") for client in clients] == [left.name] * len(clients)


def test_a_node_that_does_not_let_the_gateway_in_is_as_one_that_is_gone(gateway: Gateway) -> None:
    gateway.start()
    client = gateway.client()
    node = gateway.slots[client.upload()]
    node.health = 403
    gateway.until(node.name, "kept", "DOWN")
    assert client.join("one") != node.name


def test_nodes_of_before_that_do_not_know_what_a_gateway_asks_serve(gateway: Gateway) -> None:
    for node in gateway.slots.values():
        node.health = 404
    gateway.start(taking=False)
    client = gateway.client()
    assert client.join("one") == client.file()


def test_a_page_that_is_loaded_anew_leaves_a_node_that_takes_no_jobs(gateway: Gateway) -> None:
    gateway.start()
    client = gateway.client()
    node = gateway.slots[client.upload()]
    gateway.drain(node)
    assert client.ask("/config").text == node.name
    assert client.ask("/", page=True).text == client.join("one") == client.file() != node.name


def test_with_no_node_at_all_the_answer_says_so(gateway: Gateway) -> None:
    gateway.start()
    assert gateway.ask("/up", port=gateway.metrics).text == "2 nodes answer\n"
    for node in gateway.slots.values():
        node.stop()
        gateway.until(node.name, "kept", "DOWN")
    answer = gateway.client().ask(UPLOAD, b"voice")
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert "no node of indextts2 answers" in answer.text
    assert gateway.ask("/up", port=gateway.metrics).status == 503


@pytest.mark.parametrize(("weights", "share"), [((2, 9, 9), 10), ((1, 1), 50), ((1, 3), 25)])
def test_a_canary_gets_its_share_of_the_jobs(
    make_gateway: Callable[..., Gateway], weights: tuple[int, ...], share: int
) -> None:
    gateway = make_gateway(*weights)
    gateway.start()
    for node in gateway.slots.values():
        node.finish()
    found: list[str] = []
    for number in range(2000 if share == 10 else 400):
        client = gateway.client()
        found.append(client.ask("/", page=True).text)
        if number % 10 == 0:
            assert client.job(f"s{number}") == {found[-1]}
    assert found.count("tts1.example") / len(found) * 100 == pytest.approx(share, abs=2)
