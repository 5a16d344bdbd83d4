"""Who is let in by a gateway, and what it tells nodes and clients."""

from __future__ import annotations

import subprocess

import pytest

from tests.unit.gateway.gateway import UPLOAD, Gateway

pytestmark = pytest.mark.puppet


def test_only_allowed_networks_are_let_in(gateway: Gateway) -> None:
    gateway.start(allowed=["10.0.0.0/8", "127.0.0.10"])
    assert gateway.client(source="127.0.0.11").ask("/").status == 403
    assert gateway.client(source="127.0.0.10").ask("/").status == 200
    assert sum(len(node.asked) for node in gateway.slots.values()) == 1


def test_a_password_is_asked_for_and_not_handed_on(gateway: Gateway) -> None:
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", "abcdefgh", "secret"], capture_output=True, text=True, check=True
    ).stdout.strip()
    gateway.start(users={"ann": hashed})
    assert gateway.ask("/config").status == 401
    assert gateway.ask("/config", user=("ann", "wrong")).status == 401
    answer = gateway.ask("/config", user=("ann", "secret"))
    assert answer.status == 200
    assert "authorization" not in gateway.slots[answer.text].headers


def test_sizes_and_rates_are_bounded(gateway: Gateway) -> None:
    gateway.start(max_body=1000, max_rate=5)
    client = gateway.client()
    assert [client.ask(UPLOAD, b"x" * size).status for size in (1000, 1001)] == [200, 413]
    assert [client.ask("/").status for _ in range(4)] == [200] * 3 + [429]


def test_a_node_is_told_who_asks_by_nobody_but_the_gateway(gateway: Gateway) -> None:
    gateway.start()
    node = gateway.slots[gateway.ask("/config", headers={"X-Forwarded-For": "1.2.3.4"}).text]
    assert node.headers["x-forwarded-for"] == "127.0.0.1"


def test_the_release_that_answered_is_told(gateway: Gateway) -> None:
    gateway.start()
    answer = gateway.client().ask("/config")
    assert answer.headers["x-release"] == f"v1-{answer.text}"


def test_the_cookie_is_for_the_gateway_alone(gateway: Gateway) -> None:
    gateway.start()
    client = gateway.client()
    said = client.ask("/", page=True).headers["set-cookie"]
    assert said.startswith("indextts2_node=")
    assert "HttpOnly" in said and "SameSite=Lax" in said
    assert not any(name in said for name in gateway.slots), "no node's name"
    node = gateway.slots[client.ask("/config").text]
    assert "indextts2_node" not in node.headers.get("cookie", "")


def test_metrics_tell_of_each_node(gateway: Gateway) -> None:
    gateway.start()
    said = gateway.ask("/metrics", port=gateway.metrics)
    assert 'haproxy_server_status{proxy="kept",server="tts1.example",state="UP"} 1' in said.text
    assert gateway.ask("/config", port=gateway.metrics).status == 404
