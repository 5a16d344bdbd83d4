"""The policy that signs certificates, on requests as Puppet makes them."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator.errors import FleetError
from generator.tokens import make_token

pytestmark = pytest.mark.puppet

AUTOSIGN = Path(__file__).parents[2] / "modules" / "profile" / "files" / "autosign.py"
KEY = b"k" * 64
#: After these tests, however long those before them take: this is read when they are collected.
SOON = datetime.now(UTC) + timedelta(hours=6)
ROLE, ENVIRONMENT = "1.3.6.1.4.1.34380.1.1.13", "1.3.6.1.4.1.34380.1.1.12"
#: pp_cli_auth: a certificate that carries it may sign others.
CLI_AUTH = "1.3.6.1.4.1.34380.1.3.39"


class Server:
    """Where the script runs: a copy of it that finds its key and its memory in ``folder``."""

    def __init__(self, folder: Path, node_key: Path) -> None:
        """Install the script, a key and an empty memory in ``folder``; nodes ask with ``node_key``."""
        self.folder, self.node_key = folder, node_key
        (folder / "used").mkdir()
        (folder / "key").write_bytes(KEY + b"\n")
        script = AUTOSIGN.read_text()
        script = script.replace("/etc/puppet/autosign.key", str(folder / "key"))
        self.script = folder / "autosign.py"
        self.script.write_text(script.replace("/var/lib/puppetserver/autosign", str(folder / "used")))

    def request(self, certname: str, token: str | None, asked: dict[str, str], san: str = "") -> bytes:
        """Make a certificate request with openssl."""
        wanted = [f"{oid} = ASN1:UTF8String:{value}" for oid, value in asked.items()]
        # openssl takes the last of two equal names of a section: `twice` is a second name of the role.
        config = [
            "oid_section = oids",
            "[oids]",
            f"twice = {ROLE}",
            "[req]",
            "prompt = no",
            "distinguished_name = dn",
            "req_extensions = ext",
        ]
        config += ["attributes = attributes"] if token is not None else []
        config += ["[dn]", f"CN = {certname}", "[attributes]", f"challengePassword = {token}"]
        config += ["[ext]", *wanted, *([f"subjectAltName = DNS:{san}"] if san else []), ""]
        (self.folder / "req.cnf").write_text("\n".join(config))
        config_file = str(self.folder / "req.cnf")
        command = ["openssl", "req", "-new", "-key", str(self.node_key), "-config", config_file]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def start(self, certname: str) -> subprocess.Popen[bytes]:
        """Call the policy as Puppet Server does, with Debian's own Python."""
        pipe = subprocess.PIPE
        return subprocess.Popen(["/usr/bin/python3", self.script, certname], stdin=pipe, stderr=pipe)

    def ask(self, certname: str, pem: bytes) -> tuple[bool, str]:
        """Tell whether the policy signs, and what it said."""
        process = self.start(certname)
        _, errors = process.communicate(pem)
        assert process.returncode in (0, 1) and b"Traceback" not in errors
        return process.returncode == 0, errors.decode()


@pytest.fixture(scope="module")
def node_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("node") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    return key


@pytest.fixture
def server(tmp_path: Path, node_key: Path) -> Server:
    return Server(tmp_path, node_key)


def token(certname: str = "tts1.lab.test", role: str = "tts_node", expires: datetime = SOON) -> str:
    return make_token(KEY, certname, role, "staging", expires)


def asked(role: str = "tts_node", environment: str = "staging") -> dict[str, str]:
    return {ROLE: role, ENVIRONMENT: environment}


def test_an_invited_node_is_signed_once(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), asked())
    assert server.ask("tts1.lab.test", pem) == (True, "")
    signed, why = server.ask("tts1.lab.test", pem)
    assert not signed and "used before" in why


def test_of_two_that_come_at_once_one_is_signed(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), asked())
    both = [server.start("tts1.lab.test") for _ in range(2)]
    for process in both:
        process.communicate(pem)
    assert sorted(process.returncode for process in both) == [0, 1]


@pytest.mark.parametrize(
    ("invited", "wanted", "why"),
    [
        ({}, {"role": "puppet_server"}, "not for this certname, role and environment"),
        ({}, {"environment": "prod"}, "not for this certname, role and environment"),
        ({"certname": "tts2.lab.test"}, {}, "not for this certname, role and environment"),
        ({"expires": datetime.now(UTC) - timedelta(seconds=2)}, {}, "expired"),
    ],
)
def test_a_node_is_nothing_but_what_it_was_invited_as(
    server: Server, invited: dict[str, str], wanted: dict[str, str], why: str
) -> None:
    pem = server.request("tts1.lab.test", token(**invited), asked(**wanted))  # type: ignore[arg-type]
    signed, said = server.ask("tts1.lab.test", pem)
    assert not signed and why in said
    assert not list((server.folder / "used").iterdir())


def test_a_token_with_its_expiry_moved_is_refused(server: Server) -> None:
    version, expiry, *rest = token().split(".")
    moved = ".".join([version, str(int(expiry) + 60), *rest])
    assert not server.ask("tts1.lab.test", server.request("tts1.lab.test", moved, asked()))[0]


def test_another_certname_than_the_subject_is_refused(server: Server) -> None:
    pem = server.request("tts2.lab.test", token(), asked())
    signed, said = server.ask("tts1.lab.test", pem)
    assert not signed and "subject" in said


def test_nothing_else_may_be_asked_for(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), {**asked(), CLI_AUTH: "true"})
    assert "may not be asked for" in server.ask("tts1.lab.test", pem)[1]
    pem = server.request("tts1.lab.test", token(), asked(), san="puppet")
    assert "may not be asked for" in server.ask("tts1.lab.test", pem)[1]


@pytest.mark.parametrize("password", [None, "x", "1.2.3", "1.99999999999999999999.a.b", "传"])
def test_a_missing_or_malformed_token_is_refused(server: Server, password: str | None) -> None:
    assert not server.ask("tts1.lab.test", server.request("tts1.lab.test", password, asked()))[0]


def test_a_role_asked_for_twice_is_refused(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), {**asked(), "twice": "puppet_server"})
    signed, said = server.ask("tts1.lab.test", pem)
    assert not signed and "DuplicateExtension" in said


def test_role_and_environment_have_to_be_asked_for(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), {ROLE: "tts_node"})
    assert "both" in server.ask("tts1.lab.test", pem)[1]


@pytest.mark.parametrize("pem", [b"", b"garbage", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", b"\0" * 99])
def test_garbage_is_refused_in_a_sentence(server: Server, pem: bytes) -> None:
    assert not server.ask("tts1.lab.test", pem)[0]


def test_without_a_key_nothing_is_signed(server: Server) -> None:
    pem = server.request("tts1.lab.test", token(), asked())
    (server.folder / "key").write_text("")
    assert "holds no key" in server.ask("tts1.lab.test", pem)[1]
    (server.folder / "key").unlink()
    assert not server.ask("tts1.lab.test", pem)[0]


@pytest.mark.parametrize(
    ("certname", "role"), [("a\nb", "tts_node"), ("Tts1", "x"), ("tts1", "a b"), ("", "x")]
)
def test_no_token_is_made_for_what_is_no_name(certname: str, role: str) -> None:
    with pytest.raises(FleetError, match="is no"):
        make_token(KEY, certname, role, "staging", SOON)
