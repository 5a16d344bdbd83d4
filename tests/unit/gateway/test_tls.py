"""TLS to nodes, and between gateways."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.front.front import free_ports
from tests.unit.gateway.certificates import Authority
from tests.unit.gateway.gateway import DATA, Gateway

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the authority of a fleet."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return another one."""
    return Authority(tmp_path_factory.mktemp("stranger"))


def serve(gateway: Gateway, *certificates: Path) -> None:
    """Have the nodes speak TLS, each with a certificate, and the gateway know of it."""
    for node, certificate in zip(gateway.slots.values(), certificates, strict=True):
        node.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        node.tls.load_cert_chain(certificate)
    gateway.values["nodes"] = [{**node, "tls": True} for node in gateway.values["nodes"]]


def test_a_node_is_known_by_its_certificate(
    gateway: Gateway, authority: Authority, stranger: Authority
) -> None:
    """One that says another's name, or whose authority nobody knows, gets no request."""
    for forged in (authority.certificate("tts9.example"), stranger.certificate("tts2.example")):
        serve(gateway, authority.certificate("tts1.example"), forged)
        gateway.start(taking=None, ca_bundle=str(authority.ca))
        gateway.until("tts1.example", "new", "UP")
        gateway.until("tts2.example", "new", "DOWN")
        gateway.until("tts2.example", "kept", "DOWN")
        assert {gateway.client().ask("/", page=True).text for _ in range(4)} == {"tts1.example"}
        gateway.stop()


def test_jobs_reach_nodes_over_tls(gateway: Gateway, authority: Authority) -> None:
    serve(gateway, authority.certificate("tts1.example"), authority.certificate("tts2.example"))
    gateway.start(ca_bundle=str(authority.ca))
    for node in gateway.slots.values():
        node.finish()
    for number in range(2):
        client = gateway.client()
        client.ask("/", page=True)
        assert len(client.job(f"s{number}")) == 1


def test_the_watch_is_told_by_a_certificate_of_the_fleet_and_nobody_else(
    gateway: Gateway, authority: Authority, stranger: Authority
) -> None:
    (port,) = free_ports(1)
    own = {"certificate": str(authority.certificate("localhost")), "ca": str(authority.ca), "port": port}
    gateway.start(watch=own)

    def told(certificate: Path | None) -> bytes:
        tls = ssl.create_default_context(cafile=str(authority.ca))
        if certificate:
            tls.load_cert_chain(certificate)
        with urllib.request.urlopen(f"https://localhost:{port}/metrics", timeout=10, context=tls) as answer:
            return bytes(answer.read())

    said = b'haproxy_server_status{proxy="kept",server="tts1.example",state="UP"} 1'
    assert said in told(authority.certificate("watch.puppet.example"))
    for other in (None, stranger.certificate("watch.puppet.example")):
        with pytest.raises((OSError, urllib.error.URLError)):
            told(other)


def peers(gateways: dict[str, Gateway], certificates: Authority, signer: Authority) -> None:
    """Have gateways at 127.0.0.1, 127.0.0.2, … tell each other which job is where."""
    (port,) = free_ports(1)
    addresses = {name: f"127.0.0.{number}" for number, name in enumerate(gateways, 1)}
    for name, gateway in gateways.items():
        gateway.values |= {
            "name": name,
            "peers": {
                "certificate": str(signer.certificate(name)),
                "ca": str(certificates.ca),
                "port": port,
                "addresses": addresses,
            },
        }


def test_two_gateways_know_each_others_jobs(
    make_gateway: Callable[..., Gateway], authority: Authority
) -> None:
    one, two = make_gateway(1, 1), make_gateway(1, 1)
    peers({"gw1.example": one, "gw2.example": two}, authority, authority)
    two.values["nodes"] = one.values["nodes"]
    two.slots = {}
    one.start()
    two.start()
    client = one.client(source="127.0.0.10", keeps=False)
    node = one.slots[client.join("one")]
    node.finish()
    two.wait_for(lambda: "used:1" in two.command("show table jobs"), 15)
    other = two.client(source="127.0.0.10", keeps=False)
    assert other.file() == node.name
    assert two.client(source="127.0.0.11", keeps=False).ask(f"{DATA}?session_hash=one").status == 200


def test_a_gateway_of_another_authority_is_told_nothing(
    make_gateway: Callable[..., Gateway], authority: Authority, stranger: Authority
) -> None:
    one, two = make_gateway(1, 1), make_gateway(1, 1)
    peers({"gw1.example": one, "gw2.example": two}, authority, authority)
    # it asks for nobody's certificate itself
    honest = two.render
    two.render = lambda values: honest(values).replace("verify required", "verify none")
    two.values["peers"] |= {"certificate": str(stranger.certificate("gw2.example")), "ca": str(stranger.ca)}
    two.values["nodes"] = one.values["nodes"]
    two.slots = {}
    one.start()
    two.start()
    one.client(source="127.0.0.10", keeps=False).join("one")
    with pytest.raises(AssertionError, match="not within"):
        two.wait_for(lambda: "used:1" in two.command("show table jobs"), 8)


def test_a_job_is_known_after_a_reload_with_another_gateway_beside_it(
    make_gateway: Callable[..., Gateway], authority: Authority
) -> None:
    gateway = make_gateway(1, 1)
    peers({"gw1.example": gateway}, authority, authority)
    gateway.start()
    client = gateway.client(source="127.0.0.10", keeps=False)
    node = gateway.slots[client.join("one")]
    gateway.until_it_teaches()
    gateway.reload()
    gateway.wait_for(lambda: "used:1" in gateway.command("show table jobs"), 10)
    node.finish()
    assert client.stream("one") == node.name
