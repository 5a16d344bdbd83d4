"""Who is let in, and what is refused: networks, passwords, sizes, rates, TLS, and the metrics."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.unit.front import http2
from tests.unit.front.front import Front, free_ports

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for localhost with its key, in one file."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not on this machine; installing it (`make setup`) takes root")
    folder = tmp_path_factory.mktemp("tls")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost".split()
    subprocess.run(
        [
            openssl,
            *made,
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            folder / "key",
            "-out",
            folder / "crt",
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text((folder / "crt").read_text() + (folder / "key").read_text())
    return both


def test_by_default_everybody_is_let_in(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    assert {front.ask("/config").status for _ in range(30)} == {200}
    assert front.ask("/gradio_api/upload", b"x" * 5_000_000).status == 200


def test_only_allowed_networks_are_let_in(front: Front) -> None:
    front.start(allowed=["10.0.0.0/8", "2001:db8::/32"])
    front.slots["0-blue"].start()
    assert front.ask("/config").status == 403
    front.configure(allowed=["10.0.0.0/8", "127.0.0.0/8"])
    front.reload()
    assert front.ask("/config").status == 200
    assert front.slots["0-blue"].asked == ["GET /config"]


def test_any_number_of_networks_may_be_allowed(front: Front) -> None:
    networks = [f"10.{net}.0.0/16" for net in range(200)]
    front.start(allowed=networks)
    front.slots["0-blue"].start()
    assert front.ask("/config").status == 403
    front.configure(allowed=[*networks, "127.0.0.1"])
    front.reload()
    assert front.ask("/config").status == 200


def test_a_password_is_asked_for_and_not_handed_on(front: Front) -> None:
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", "abcdefgh", "secret"], capture_output=True, text=True, check=True
    ).stdout.strip()
    front.start(users={"ann": hashed})
    front.slots["0-blue"].start()
    refused = front.ask("/config")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Basic realm="indextts2"')
    for user in (("ann", "wrong"), ("ann", hashed), ("bob", "secret")):
        assert front.ask("/config", user=user).status == 401
    assert front.slots["0-blue"].asked == []
    assert front.ask("/config", user=("ann", "secret")).status == 200
    assert "authorization" not in front.slots["0-blue"].headers


def test_a_body_that_is_too_large_is_refused_before_it_is_read(front: Front) -> None:
    front.start(max_body=100_000)
    front.slots["0-blue"].start()
    assert front.ask("/gradio_api/upload", b"x" * 100_000).status == 200
    client = http.client.HTTPConnection("127.0.0.1", front.port, timeout=5)
    client.putrequest("POST", "/gradio_api/upload")
    client.putheader("Content-Length", "100001")
    client.endheaders()
    assert client.getresponse().status == 413
    client.close()
    assert len(front.slots["0-blue"].asked) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_that_does_not_say_its_size_is_refused(front: Front, method: str) -> None:
    front.start(max_body=100_000)
    front.slots["0-blue"].start()
    with socket.create_connection(("127.0.0.1", front.port), timeout=5) as raw:
        chunked = "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
        raw.sendall(f"{method} /gradio_api/upload {chunked}".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 411 ")
    assert http2.status(front.port, method, "/gradio_api/upload", b"x") == 411
    assert front.slots["0-blue"].asked == []
    assert http2.status(front.port, method, "/config", None) == 200, "what has no body needs no size"


def test_a_body_without_a_size_that_is_long_in_coming_gets_nowhere(front: Front) -> None:
    front.start(max_body=100_000)
    front.slots["0-blue"].start()
    with socket.create_connection(("127.0.0.1", front.port), timeout=15) as raw:
        raw.sendall(b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 408 ")
    assert front.slots["0-blue"].asked == []


def test_more_requests_than_the_rate_are_refused(front: Front) -> None:
    front.start(max_rate=10)
    front.slots["0-blue"].start()
    assert [front.ask("/config").status for _ in range(12)] == [200] * 10 + [429] * 2


def test_no_more_requests_wait_than_may(front: Front) -> None:
    front.start(max_held=5)
    held = [front.ask_later("/config") for _ in range(3)]
    held += [front.ask_later("/gradio_api/queue/join", {"session_hash": f"s{n}"}) for n in range(2)]
    front.wait_for(lambda: front.held() == 5)
    for path, body in (("/config", None), ("/gradio_api/queue/join", {"session_hash": "more"})):
        answer = front.ask(path, body)
        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
        assert "too many requests waiting" in answer.text
        assert answer.seconds < 1
    front.slots["0-blue"].start()
    assert {one.answer().status for one in held} == {200}


def test_tls_is_spoken_and_a_plain_port_redirects(front: Front, certificate: Path) -> None:
    (plain,) = free_ports(1)
    front.start(tls={"certificate": str(certificate), "plain_port": plain})
    front.slots["0-blue"].start()
    assert front.ask("/config", trust=certificate).status == 200
    assert front.slots["0-blue"].headers["x-forwarded-proto"] == "https"
    for host in ("tts.example.org", f"tts.example.org:{plain}"):
        moved = front.ask("/a?b=c", port=plain, headers={"Host": host})
        assert moved.status == 308
        assert moved.headers["location"] == f"https://tts.example.org:{front.port}/a?b=c"
    moved = front.ask("/", port=plain, headers={"Host": f"[::1]:{plain}"})
    assert moved.headers["location"] == f"https://[::1]:{front.port}/"
    context = ssl.create_default_context(cafile=str(certificate))
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", front.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as spoken,
    ):
        assert (spoken.selected_alpn_protocol(), spoken.version()) == ("h2", "TLSv1.3")


@pytest.mark.parametrize("host", [b"", b"Host:\r\n", b"Host: :80\r\n"])
def test_a_plain_port_redirects_nobody_to_nowhere(front: Front, certificate: Path, host: bytes) -> None:
    (plain,) = free_ports(1)
    front.start(tls={"certificate": str(certificate), "plain_port": plain})
    with socket.create_connection(("127.0.0.1", plain), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n" + host + b"\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_plain_port_lets_in_whom_the_other_does(front: Front, certificate: Path) -> None:
    (plain,) = free_ports(1)
    tls = {"certificate": str(certificate), "plain_port": plain}
    front.start(tls=tls, allowed=["10.0.0.0/8"])
    assert front.ask("/", port=plain).status == 403
    front.configure(tls=tls, allowed=["127.0.0.0/8"], max_rate=4)
    front.reload()
    front.slots["0-blue"].start()
    assert front.ask("/config", trust=certificate).status == 200
    assert [front.ask("/", port=plain).status for _ in range(4)] == [308] * 3 + [429]


def test_requests_over_tls_are_held_too(front: Front, certificate: Path) -> None:
    front.start(tls={"certificate": str(certificate)})
    page = front.ask_later("/config", trust=certificate)
    front.wait_for(lambda: front.held() == 1)
    front.slots["0-blue"].start()
    assert page.answer().text == "0-blue"


def test_metrics_are_there_where_they_are_wanted_and_nothing_else_is(front: Front) -> None:
    (port,) = free_ports(1)
    front.start(metrics_port=port)
    said = front.ask("/metrics", port=port)
    assert said.status == 200
    assert 'haproxy_server_current_sessions{proxy="joins",server="0-green"} 0' in said.text
    assert front.ask("/config", port=port).status == 404
