"""``fleet leave``: what it asks, in which order it acts, and what it says.

PuppetDB is a server of this test that answers as a real one was seen to, and Puppet Server's tool is stood in for;
tests/lab/test_join.py has both.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from generator import leave
from generator.commands.leave import leave as leave_verb
from generator.errors import CommandFailed, FleetError
from generator.puppet_conf import certname
from tests.unit.local_server import LocalServer, served

HOST = "tts1.example.org"
SERVER = "puppet.example.org"


class PuppetDB(LocalServer):
    """Knows some nodes, each active or deactivated; ``deaf`` takes commands and does not carry them out."""

    def __init__(self) -> None:
        """Know one active node."""
        self.nodes: dict[str, str | None] = {HOST: None}
        self.deaf = False
        super().__init__(Answer)


class Answer(BaseHTTPRequestHandler):
    """Answers the query for a node, and the command that deactivates it."""

    server: PuppetDB

    def do_POST(self) -> None:
        """Tell of one node, or deactivate one."""
        path = urlsplit(self.path)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if path.path == "/pdb/query/v4":
            return self._tell(asked["query"])
        assert parse_qs(path.query)["command"] == ["deactivate node"]
        if not self.server.deaf:
            self.server.nodes[asked["certname"]] = asked["producer_timestamp"]
        return self._say({"uuid": "1"})

    def _tell(self, query: str) -> None:
        assert 'node_state = "any"' in query, "else PuppetDB names active nodes only"
        found = [
            {"deactivated": when, "expired": None}
            for name, when in self.server.nodes.items()
            if f'"{name}"' in query
        ]
        self._say(found)

    def _say(self, found: object) -> None:
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server:
    """The Puppet server's folders, and its tool, which takes away what it is told to."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have a certificate of one node, a turn to reboot of it, and data of its own."""
        self.ca, self.turns, self.repository, self.log = (
            root / "ca",
            root / "turns",
            root / "repository",
            root / "log",
        )
        for folder in ("signed", "requests"):
            (self.ca / folder).mkdir(parents=True)
        self.sign(HOST)
        (self.ca / "inventory.txt").write_text(
            f"0x0002 2026-01-02T03:04:05UTC 2031-01-02T03:04:05UTC /CN={HOST}\n"
        )
        self.turns.mkdir()
        (self.turns / HOST).touch()
        data = self.repository / "hieradata" / "nodes"
        data.mkdir(parents=True)
        (data / f"{HOST}.yaml").write_text("indextts2::port: 7000\n")
        tools = root / "bin"
        tools.mkdir()
        self.tool = tools / "puppetserver"
        self.works()
        monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        for name, value in (("CA", self.ca), ("TURNS", self.turns), ("PATIENCE", 0.3)):
            monkeypatch.setattr(leave, name, value)

    def sign(self, host: str) -> None:
        """Have a certificate of a node."""
        (self.ca / "signed" / f"{host}.pem").touch()

    def works(self) -> None:
        """Have the tool do what it is told."""
        self._tool(f'echo "$@" >>{self.log}; rm -f {self.ca}/signed/$4.pem {self.ca}/requests/$4.pem')

    def keeps(self) -> None:
        """Have the tool keep what it revokes, numbered in order, to be looked at."""
        self.kept = self.ca.with_name("kept")
        self.kept.mkdir()
        self._tool(f'echo "$@" >>{self.log}; mv {self.ca}/signed/$4.pem {self.kept}/$(wc -l <{self.log}).pem')

    def fails(self) -> None:
        """Have the tool reach no server."""
        self._tool("echo 'Failed connecting to https://puppet.example.org:8140' >&2; exit 1")

    def _tool(self, script: str) -> None:
        self.tool.write_text(f"#!/bin/sh\n{script}\n")
        self.tool.chmod(0o755)


@pytest.fixture
def puppetdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PuppetDB]:
    with served(PuppetDB()) as server:
        settings = tmp_path / "puppetdb.conf"
        settings.write_text(json.dumps({"puppetdb": {"server_urls": server.url}}))
        monkeypatch.setattr(leave, "settings_file", lambda: settings)
        yield server


@pytest.fixture
def server(tmp_path: Path, puppetdb: PuppetDB, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(tmp_path, monkeypatch)


def call(server: Server, *arguments: str) -> Result:
    return CliRunner().invoke(leave_verb, [*arguments, "--root", str(server.repository)])


def test_it_says_what_it_would_do_and_does_nothing(server: Server, puppetdb: PuppetDB) -> None:
    done = call(server, HOST)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "its certificate would be revoked and cleaned",
        "PuppetDB would have it no more, and gateway and monitoring ask there",
        "its turn to reboot would be another's",
        f"in the control repository, then commit: git rm hieradata/nodes/{HOST}.yaml",
        f"on {HOST}, which serves on until it is switched off: systemctl disable --now puppet-agent.timer",
        f"nothing is done yet: fleet leave {HOST} --yes",
    ]
    assert not server.log.exists() and puppetdb.nodes == {HOST: None} and (server.turns / HOST).exists()


def test_a_node_leaves_and_leaves_again(server: Server, puppetdb: PuppetDB) -> None:
    done = call(server, HOST, "--yes")
    assert done.exit_code == 0, done.output
    assert server.log.read_text() == f"ca clean --certname {HOST}\n"
    assert puppetdb.nodes[HOST] and not (server.turns / HOST).exists()
    assert (server.repository / "hieradata" / "nodes" / f"{HOST}.yaml").exists(), "it is git's to remove"
    for again in (call(server, HOST, "--yes"), call(server, HOST)):
        assert again.exit_code == 0
        assert again.output.startswith(
            f"{HOST} has left already: it has no certificate, and PuppetDB has it no more\n"
        )
    assert server.log.read_text().count("clean") == 1


def test_the_door_is_shut_though_puppetdb_is_away(server: Server, puppetdb: PuppetDB) -> None:
    puppetdb.deaf = True
    done = call(server, HOST, "--yes")
    assert isinstance(done.exception, FleetError) and "call this again" in str(done.exception)
    assert not (server.ca / "signed" / f"{HOST}.pem").exists()
    puppetdb.deaf = False
    assert call(server, HOST, "--yes").exit_code == 0
    assert puppetdb.nodes[HOST] and server.log.read_text().count("clean") == 1


def test_a_server_that_does_not_answer_leaves_all_as_it_is(server: Server, puppetdb: PuppetDB) -> None:
    server.fails()
    done = call(server, HOST, "--yes")
    assert isinstance(done.exception, CommandFailed)
    assert "Failed connecting to https://puppet.example.org:8140" in str(done.exception)
    assert puppetdb.nodes == {HOST: None} and (server.turns / HOST).exists()
    server.works()
    assert call(server, HOST, "--yes").exit_code == 0


def test_a_request_that_nobody_signed_goes_too(server: Server, puppetdb: PuppetDB) -> None:
    (server.ca / "requests" / "tts2.example.org.pem").touch()
    assert "its request for a certificate would be cleaned" in call(server, "tts2.example.org").output
    assert call(server, "tts2.example.org", "--yes").exit_code == 0
    assert not list((server.ca / "requests").iterdir())


def test_a_mistyped_name_is_no_node_that_has_left(server: Server, puppetdb: PuppetDB) -> None:
    for arguments in (["tts11.example.org"], ["tts11.example.org", "--yes"]):
        done = call(server, *arguments)
        assert isinstance(done.exception, FleetError) and done.exception.exit_code == 1
        assert "tts11.example.org was never a node" in str(done.exception)
    assert not server.log.exists()


def openssl(*words: str | Path, folder: Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def sign(server: Server) -> Callable[[str, str], Path]:
    """Return a function that signs a certificate for a name, by this authority or "another"; gives its file."""
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout")

    def sign(host: str, by: str = "ca") -> Path:
        folder = server.ca if by == "ca" else server.ca.with_name(by)
        folder.mkdir(exist_ok=True)
        if not (folder / "ca_crt.pem").exists():
            openssl(
                "req",
                "-x509",
                *key,
                "ca_key.pem",
                "-out",
                "ca_crt.pem",
                "-subj",
                "/CN=Puppet CA",
                folder=folder,
            )
        request, file = f"{host}.csr", server.repository.with_name(f"{host}.pem")
        openssl("req", *key, "key.pem", "-out", request, "-subj", f"/CN={host}", folder=folder)
        words = ("-CA", "ca_crt.pem", "-CAkey", "ca_key.pem", "-set_serial", "0x2A", "-days", "1")
        openssl("x509", "-req", "-in", request, "-out", file, *words, folder=folder)
        return file

    return sign


LATE = "tts2.example.org"


def test_a_node_that_the_authority_forgot_is_not_said_to_be_shut_out(
    server: Server, puppetdb: PuppetDB
) -> None:
    puppetdb.nodes[LATE] = None
    looked = call(server, LATE)
    assert looked.exit_code == 0 and "its certificate stays good" in looked.output
    for _ in range(2):
        done = call(server, LATE, "--yes")
        assert isinstance(done.exception, FleetError) and done.exception.exit_code == 1
        assert f"{LATE} is not shut out: its certificate stays good" in str(done.exception)
        assert f"fleet leave {LATE} --yes --certificate {LATE}.pem" in str(done.exception)
        assert puppetdb.nodes[LATE], "the rest is done all the same"
    assert "has left already" not in call(server, LATE).output


@pytest.mark.parametrize("known", [False, True], ids=["of no certificate", "of an older certificate"])
def test_a_node_that_the_authority_forgot_leaves_by_its_own_certificate(
    server: Server, puppetdb: PuppetDB, sign: Callable[[str], Path], known: bool
) -> None:
    puppetdb.nodes[LATE] = None
    if known:
        server.sign(LATE)
    file = sign(LATE)
    server.keeps()
    looked = call(server, LATE, "--certificate", str(file))
    assert "its certificate would be revoked and cleaned" in looked.output
    assert "stays good" not in looked.output and not server.log.exists()
    done = call(server, LATE, "--yes", "--certificate", str(file))
    assert done.exit_code == 0, done.output
    revoked = [kept.read_text() for kept in sorted(server.kept.iterdir())]
    assert revoked == ([""] if known else []) + [file.read_text()]
    assert server.log.read_text().count(f"ca clean --certname {LATE}\n") == len(revoked)
    entry = (server.ca / "inventory.txt").read_text().splitlines()[-1]
    assert re.fullmatch(rf"0x002A( \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dUTC){{2}} /CN={re.escape(LATE)}", entry)
    again = call(server, LATE, "--yes")
    assert again.exit_code == 0 and "has left already" in again.output


def test_no_other_certificate_than_its_own_is_revoked(
    server: Server, puppetdb: PuppetDB, sign: Callable[..., Path]
) -> None:
    puppetdb.nodes[LATE] = None
    text = server.repository.with_name("text.pem")
    text.write_text("no certificate")
    for file, why in (
        (sign(SERVER), f"is a certificate of 'CN={SERVER}', and not {LATE}'s"),
        (text, "is no certificate"),
        (text.with_name("none"), "No such file or directory"),
        (sign(LATE, by="another"), "another authority than"),
    ):
        done = call(server, LATE, "--yes", "--certificate", str(file))
        assert isinstance(done.exception, FleetError) and f"{file}: " in str(done.exception)
        assert why in str(done.exception)
    assert not server.log.exists() and puppetdb.nodes[LATE] is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"nodes:\n  {HOST}: {{role: tts_node, env: prod}}\n", True),
        (f"nodes: {{{HOST}: {{role: tts_node, env: prod}}}}\n", True),
        (f"nodes: [\n# {HOST}.\n", True),
        (f"nodes:\n  my-{HOST}: {{role: tts_node, env: prod}}\n", False),
        (f"nodes:\n  {HOST}.net: {{role: tts_node, env: prod}}\n", False),
    ],
)
def test_the_inventory_names_a_node_by_its_whole_name(tmp_path: Path, text: str, named: bool) -> None:
    (tmp_path / "inventory.yaml").write_text(text)
    assert leave.own_data(HOST, tmp_path) == (("inventory.yaml",) if named else ())


@pytest.mark.parametrize("host", ["../x", "A", 'a" or certname ~ ".', "", "-x"])
def test_what_is_no_name_reaches_nothing(server: Server, host: str) -> None:
    with pytest.raises(FleetError, match="is no certname"):
        leave.check_host(host, SERVER)


def test_the_server_itself_cannot_leave() -> None:
    with pytest.raises(FleetError, match="is this Puppet server itself"):
        leave.check_host(SERVER, SERVER)


def test_what_the_server_watches_by_is_no_node_that_could_leave() -> None:
    with pytest.raises(FleetError, match="is no node: this Puppet server watches by that certificate"):
        leave.check_host(f"watch.{SERVER}", SERVER)
    leave.check_host("watch.example.org", SERVER)


def test_elsewhere_than_on_the_server_it_says_where_to_run(server: Server) -> None:
    shutil.rmtree(server.ca)
    done = call(server, HOST)
    assert isinstance(done.exception, FleetError)
    assert str(done.exception).endswith("run this as root on the Puppet server")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[main]\nserver = x\ncertname = a.example.org\n", "a.example.org"),
        (
            "[main]\ncertname = a.example.org\n[server]\ncertname=b.example.org\nautosign = /a/b%c\n",
            "b.example.org",
        ),
    ],
)
def test_the_servers_own_name_is_what_puppet_says(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "puppet.conf").write_text(text)
    assert certname(tmp_path / "puppet.conf") == name


def test_without_a_word_of_puppets_it_is_the_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: "Host.example.org")
    assert certname(tmp_path / "none") == "host.example.org"
    (tmp_path / "odd").write_text("certname = x\n")
    with pytest.raises(FleetError, match="is no configuration of Puppet's"):
        certname(tmp_path / "odd")
