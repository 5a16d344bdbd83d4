"""``fleet join``: what it prints is what a node needs, and the server's half accepts it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from generator.commands.join import invitation, join, read_key
from generator.errors import FleetError
from generator.tokens import make_token

KEY = b"k" * 64
WHEN = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


def test_the_attributes_name_the_role_and_carry_a_token() -> None:
    text = invitation(KEY, "tts-01.example.org", "tts_node", "prod", "puppet.example.org", WHEN)
    found = re.search(r"<<'END'\n(.*?)^END$", text, re.DOTALL | re.MULTILINE)
    assert found
    attributes = yaml.safe_load(found[1])
    assert attributes["extension_requests"] == {"pp_role": "tts_node", "pp_environment": "prod"}
    version, expiry, nonce, mac = attributes["custom_attributes"]["challengePassword"].split(".")
    assert (version, int(expiry), len(nonce), len(mac)) == ("1", int(WHEN.timestamp()), 32, 64)
    assert "before 2030-01-02 03:04 UTC" in text


def test_what_it_prints_is_a_shell_script() -> None:
    text = invitation(KEY, "tts-01.example.org", "tts_node", "prod", "puppet.example.org", WHEN)
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize("host", ["$(reboot)", "a b", "", "UPPER", "x;y", "-x"])
def test_no_name_reaches_the_shell_that_is_no_host_name(host: str) -> None:
    with pytest.raises(FleetError):
        invitation(KEY, host, "tts_node", "prod", "puppet.example.org", WHEN)
    with pytest.raises(FleetError):
        invitation(KEY, "tts-01", "tts_node", "prod", host, WHEN)


def test_two_invitations_are_two_tokens() -> None:
    assert make_token(KEY, "a", "r", "e", WHEN) != make_token(KEY, "a", "r", "e", WHEN)


def test_without_the_key_it_says_where_to_run(tmp_path: Path) -> None:
    fleet = Path(sys.executable).with_name("fleet")
    arguments = ["join", "a", "--role", "r", "--env", "e", "--server", "s", "--key", str(tmp_path / "none")]
    done = subprocess.run([str(fleet), *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr == f"{tmp_path}/none: No such file or directory; run this as root on the Puppet server\n"
    )
    (tmp_path / "short").write_text("short\n")
    with pytest.raises(FleetError, match="holds no key"):
        read_key(tmp_path / "short")


def test_a_name_that_has_a_certificate_is_not_invited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.commands.join.CA", tmp_path)
    (tmp_path / "key").write_bytes(KEY)
    arguments = [
        "tts-01.example.org",
        "--role",
        "tts_node",
        "--env",
        "prod",
        "--server",
        "puppet.example.org",
    ]
    assert CliRunner().invoke(join, [*arguments, "--key", str(tmp_path / "key")]).exit_code == 0
    for folder in ("signed", "requests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tts-01.example.org.pem").touch()
        done = CliRunner().invoke(join, [*arguments, "--key", str(tmp_path / "key")])
        assert isinstance(done.exception, FleetError)
        assert str(done.exception).endswith(
            "already: fleet leave tts-01.example.org --yes takes it out first"
        )
        (tmp_path / folder / "tts-01.example.org.pem").unlink()


@pytest.mark.parametrize(
    ("role", "environment", "complaint"),
    [
        ("tts_nod", "prod", "no role tts_nod .did you mean tts_node"),
        ("tts_node", "prd", "no environment prd .did you mean prod"),
    ],
)
def test_a_mistyped_role_or_environment_is_not_invited_to(
    tmp_path: Path, role: str, environment: str, complaint: str
) -> None:
    (tmp_path / "key").write_bytes(KEY)
    arguments = ["tts-01", "--role", role, "--env", environment, "--key", str(tmp_path / "key")]
    done = CliRunner().invoke(join, arguments)
    assert isinstance(done.exception, FleetError)
    assert re.search(complaint, str(done.exception))


def test_the_server_that_invites_is_the_one_that_nodes_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setattr("generator.commands.join.certname", lambda: "puppet.example.org")
    arguments = ["tts-01", "--role", "tts_node", "--env", "prod", "--key", str(tmp_path / "key")]
    assert "\\nserver = puppet.example.org\\n" in CliRunner().invoke(join, arguments).output
