"""PuppetDB as the source of nodes: what it says, and every way in which it does not.

tests/lab/test_server.py asks a real one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import puppetdb
from generator.commands.bump import bump
from generator.commands.explain import explain
from generator.errors import FleetError, InputError
from generator.fleet_nodes import fleet_nodes, settings_file
from generator.puppetdb import PuppetDB
from tests.unit.fake_puppetdb import query_of, say, serving

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
        (say(200, b"<html>"), "gives no inventory"),
        (say(200, b""), "gives no inventory"),
        (say(200, b"[]"), "knows no node"),
        (say(200, json.dumps([entry("a") | {"facts": 7}]).encode()), "gives no inventory"),
        (say(200, json.dumps([entry("a") | {"certname": None}]).encode()), "gives no inventory"),
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


def test_a_query_is_answered_with_its_entries(settings: Settings) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append((handler.command, handler.path, query_of(handler)))
        say(200, b'[{"certname": "a.example"}]')(handler)

    with serving(answer) as url:
        found = PuppetDB.load(settings(server_urls=url)).query("nodes[certname]{}")
    assert found == [{"certname": "a.example"}]
    # PuppetDB answers 414 to a query of more than 8 KiB in the address
    assert asked == [("POST", "/pdb/query/v4", "nodes[certname]{}")]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (say(403, b"denied"), "refuses who has no certificate"),
        (say(400, b"PQL parse error"), "answers 400"),
        (say(200, b"<html>"), "gives no answer to a query, so it is none or one of another version"),
        (say(200, b'["a"]'), "gives no answer to a query"),
        (say(200, b'{"error": "?"}'), "gives no answer to a query"),
    ],
)
def test_another_answer_to_a_query_is_said_in_one_line(
    settings: Settings, answer: Any, complaint: str
) -> None:
    with serving(answer) as url:
        path = settings(server_urls=url)
        with pytest.raises(FleetError) as caught:
            PuppetDB.load(path).query("nodes[certname]{}")
    assert str(caught.value).startswith(f"{path}: PuppetDB at {url} {complaint}")
    assert "\n" not in str(caught.value)


def test_silence_is_not_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puppetdb, "TIMEOUT", (0.1, 0.2))
    with serving(lambda handler: time.sleep(2)) as url, pytest.raises(FleetError, match="timed out"):
        PuppetDB.load(settings(server_urls=url)).nodes()


def test_what_never_comes_to_an_end_is_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(40):
                handler.wfile.write(b" ")
                time.sleep(0.05)

    monkeypatch.setattr(puppetdb, "LIMIT", 0.3)
    with serving(drip) as url, pytest.raises(FleetError, match=r"does not come to an end within 0\.3 s"):
        PuppetDB.load(settings(server_urls=url)).nodes()


def test_a_node_without_facts_or_certificate_is_a_node(settings: Settings) -> None:
    entries = [entry("a") | {"facts": None, "trusted": None}, entry("b") | {"trusted": {"extensions": None}}]
    with serving(say(200, json.dumps(entries).encode())) as url:
        nodes = PuppetDB.load(settings(server_urls=url)).nodes()
    assert [(node.certname, node.role, node.environment) for node in nodes] == [("a", "", ""), ("b", "", "")]


def test_a_password_is_used_and_never_shown(settings: Settings) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["Authorization"])
        say(500, b"")(handler)

    with serving(answer) as url, pytest.raises(FleetError) as caught:
        PuppetDB.load(settings(server_urls=url.replace("//", "//me:hush@"))).nodes()
    assert asked == ["Basic bWU6aHVzaA=="]
    assert "hush" not in str(caught.value)
    assert url in str(caught.value)


def test_nobody_there(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FleetError, match=r"cannot be asked: Connection refused$"):
        PuppetDB.load(settings(server_urls="http://127.0.0.1:1")).nodes()
    assert capfd.readouterr().err == ""


def test_who_can_do_without_it_is_told_so(home: Path, tmp_path: Path) -> None:
    (home / "puppetdb.conf").write_text(json.dumps({"puppetdb": {"server_urls": "http://127.0.0.1:1"}}))
    with pytest.raises(FleetError, match=r"Connection refused \(--offline does without it\)$"):
        fleet_nodes(tmp_path)


def test_queries_are_asked_at_once_and_answered_in_their_order(settings: Settings) -> None:
    together = threading.Barrier(3, timeout=10)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        together.wait()
        query = query_of(handler)
        say(200, json.dumps([{"asked": query}]).encode())(handler)

    with serving(answer) as url:
        found = PuppetDB.load(settings(server_urls=url)).queries("a", "b", "c")
    assert found == [[{"asked": "a"}], [{"asked": "b"}], [{"asked": "c"}]]


def test_a_limit_is_for_all_that_is_asked(settings: Settings) -> None:
    never = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        never.wait(10)

    with serving(wait) as url:
        puppetdb = PuppetDB.load(settings(server_urls=url)).within(0.05)
        assert puppetdb.limit and puppetdb.limit.end - time.monotonic() < 0.05
        for _ in range(2):
            with pytest.raises(FleetError, match=r"does not come to an end within 0\.05 s$"):
                puppetdb.queries("a", "b")
        assert puppetdb.limit.end < time.monotonic(), "and so the second had no time of its own"
        never.set()


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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and the folder in it that Puppet's client tools read."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".puppetlabs" / "client-tools"
    folder.mkdir(parents=True)
    return folder


def test_reported_nodes_and_invited_ones_are_the_fleet(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "tests" / "facts").mkdir(parents=True)
    (root / "tests" / "facts" / "debian-12.json").write_text("{}")
    (root / "inventory.yaml").write_text(
        "nodes:\n  a.example: {role: tts_node, env: prod}\n  c.example: {role: tts_node, env: prod}\n"
    )
    entries = [entry("a.example", pp_role="tts_node", pp_environment="staging"), entry("b.example")]
    assert fleet_nodes(root) is None
    with serving(say(200, json.dumps(entries).encode())) as url:
        (home / "puppetdb.conf").write_text(json.dumps({"puppetdb": {"server_urls": url}}))
        nodes = fleet_nodes(root)
        assert nodes is not None
        assert [(node.certname, node.environment) for node in nodes] == [
            ("a.example", "staging"),
            ("b.example", ""),
            ("c.example", "prod"),
        ]
        assert fleet_nodes(root, offline=True) is None


def test_explain_and_bump_take_its_word(home: Path) -> None:
    entries = [entry("gpu-7.example", pp_role="tts_node", pp_environment="prod")]
    with serving(say(200, json.dumps(entries).encode())) as url:
        (home / "puppetdb.conf").write_text(json.dumps({"puppetdb": {"server_urls": url}}))
        done = CliRunner().invoke(explain, ["gpu-7.example", "indextts2::revision"])
        assert "gpu-7.example" in done.output, done.output
        with pytest.raises(FleetError, match=r"did you mean gpu-7\.example"):
            CliRunner().invoke(explain, ["gpu-8.example", "indextts2::revision"], catch_exceptions=False)
        with pytest.raises(FleetError, match=r"gpu-8\.example: no node of this name .*gpu-7\.example"):
            arguments = ["indextts2", "v2.0.0", "--node", "gpu-8.example"]
            CliRunner().invoke(bump, arguments, catch_exceptions=False)
    with pytest.raises(FleetError, match="cannot be asked: Connection refused"):
        CliRunner().invoke(explain, ["gpu-7.example", "indextts2::revision"], catch_exceptions=False)
    offline = CliRunner().invoke(explain, ["--offline", "gpu-7.example", "indextts2::revision"])
    assert "no node of this name is known" in str(offline.exception)
