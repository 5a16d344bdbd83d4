"""PuppetDB as the source of nodes: what it says, and every way in which it does not.

A server of this test answers with what a real one was seen to answer; tests/lab/test_server.py asks a real one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from generator import puppetdb
from generator.errors import FleetError, InputError
from generator.puppetdb import PuppetDB, settings_file

Settings = Callable[..., Path]


def entry(certname: str, **extensions: str) -> dict[str, Any]:
    """Make one entry of the endpoint inventory."""
    return {
        "certname": certname,
        "timestamp": "2026-01-02T03:04:05.678Z",
        "environment": "production",
        "facts": {"os": {"name": "Debian"}},
        "trusted": {"certname": certname, "extensions": extensions},
    }


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serve ``answer`` on loopback, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def say(status: int, body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Make an answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return a function that writes the settings of the client tools."""

    def write(**words: object) -> Path:
        path = tmp_path / "puppetdb.conf"
        path.write_text(json.dumps({"puppetdb": words}))
        return path

    return write


def test_nodes_come_by_name_with_certificate_and_facts(settings: Settings) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        entries = [entry("b.example", pp_role="tts_node", pp_environment="prod"), entry("a.example")]
        say(200, json.dumps(entries).encode())(handler)

    with serving(answer) as url:
        nodes = PuppetDB.load(settings(server_urls=url)).nodes()
    assert asked == ["/pdb/query/v4/inventory"]
    assert [node.certname for node in nodes] == ["a.example", "b.example"]
    assert (nodes[1].role, nodes[1].environment, nodes[1].facts) == (
        "tts_node",
        "prod",
        {"os": {"name": "Debian"}},
    )
    assert (nodes[0].role, nodes[0].environment) == ("", "")


@pytest.mark.parametrize(
    "urls", ["https://a.example:8081", "https://a.example:8081,https://b", ["https://a.example:8081"]]
)
def test_the_first_of_several_servers_is_asked(settings: Settings, urls: object) -> None:
    assert PuppetDB.load(settings(server_urls=urls)).url == "https://a.example:8081"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (say(403, b"denied"), "refuses who has no certificate: profile::puppetdb::clients names"),
        (say(500, b"oops"), "answers 500"),
        (say(200, b"<html>"), "cannot be asked: "),
        (say(200, b'{"error": "?"}'), "gives no inventory"),
        (say(200, b'[{"certname": "a"}]'), "gives no inventory"),
        (say(200, b"7"), "gives no inventory"),
    ],
)
def test_another_answer_is_said_in_one_line(
    settings: Settings, capfd: pytest.CaptureFixture[str], answer: Any, complaint: str
) -> None:
    with serving(answer) as url:
        path = settings(server_urls=url)
        with pytest.raises(FleetError) as caught:
            PuppetDB.load(path).nodes()
    assert str(caught.value).startswith(f"{path}: PuppetDB at {url} {complaint}")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_silence_is_not_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puppetdb, "TIMEOUT", (0.1, 0.2))
    with serving(lambda handler: time.sleep(2)) as url, pytest.raises(FleetError, match="timed out"):
        PuppetDB.load(settings(server_urls=url)).nodes()


def test_nobody_there(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        FleetError, match=r"cannot be asked: Connection refused \(--offline does without it\)$"
    ):
        PuppetDB.load(settings(server_urls="http://127.0.0.1:1")).nodes()
    assert capfd.readouterr().err == ""


def test_a_certificate_that_is_not_there_is_named(settings: Settings) -> None:
    path = settings(
        server_urls="https://127.0.0.1:1", cacert="/nowhere/ca.pem", cert="/nowhere/c", key="/nowhere/k"
    )
    with pytest.raises(FleetError, match="/nowhere/"):
        PuppetDB.load(path).nodes()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "1:1: this is no JSON"),
        ('{"puppetdb": {\n  x}}', "2:3: this is no JSON"),
        ("[]", "1:1: these are no settings of PuppetDB's clients (write {"),
        ('{"puppetdb": 3}', "1:1: these are no settings"),
        ('{"puppetdb": {}}', "1:1: server_urls is None, which is no address"),
        (
            '{"puppetdb": {"server_urls": "db.example"}}',
            "1:1: server_urls is 'db.example', which is no address",
        ),
        ('{"puppetdb": {"server_urls": "https://db:x"}}', "1:1: server_urls is 'https://db:x'"),
        ('{"puppetdb": {"server_urls": 7}}', "1:1: server_urls is 7"),
        ('{"puppetdb": {"server_urls": {"a": 1}}}', "1:1: server_urls is"),
        ('{"puppetdb": {"server_urls": "https://db", "key": 7}}', "1:1: key is 7, which is no text"),
    ],
)
def test_wrong_settings_are_said(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "puppetdb.conf"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        PuppetDB.load(path)
    assert str(caught.value).startswith(f"{path}:{complaint}")


def test_the_users_own_settings_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".puppetlabs" / "client-tools" / "puppetdb.conf"
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    assert settings_file() == own
