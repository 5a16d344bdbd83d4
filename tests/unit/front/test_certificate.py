"""The file that the front reads certificate and key from: what gets there, and what never does."""

from __future__ import annotations

import grp
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.definition import REPOSITORY
from tests.unit.front.front import HAPROXY

SCRIPT = REPOSITORY / "modules" / "releases" / "files" / "pem.sh"
NAMED = "tls_certificate and tls_key of indextts2"
EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")

pytestmark = pytest.mark.skipif(
    HAPROXY != "/usr/sbin/haproxy",
    reason="haproxy is not on this machine; installing it (`make setup`) takes root",
)


class Node:
    """A node's certificate, its key, and the file that the front reads."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key, self.pem = folder / "tts.pem", folder / "tts.key", folder / "front.pem"

    def make(self, *kind: str) -> None:
        """Make certificate and key of a kind that `openssl req` knows."""
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            *kind,
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]
        command += ["-keyout", str(self.key), "-out", str(self.certificate)]
        subprocess.run(command, check=True, capture_output=True)

    def run(self, action: str) -> subprocess.CompletedProcess[str]:
        """Run the script as Puppet does."""
        group = grp.getgrgid(os.getgid()).gr_name
        command: list[str | Path] = ["sh", SCRIPT, action, self.certificate, self.key, self.pem]
        command += [group, NAMED]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a node with a certificate that the front has taken over."""
    node = Node(tmp_path)
    node.make(*EC)
    done = node.run("install")
    assert done.returncode == 0, done.stderr
    return node


def test_a_certificate_is_taken_over_for_the_group_to_read(node: Node) -> None:
    assert node.run("check").returncode == 0
    assert node.pem.stat().st_mode & 0o777 == 0o640
    node.make(*EC)
    assert node.run("check").returncode == 1
    assert node.run("install").returncode == 0
    assert node.run("check").returncode == 0


def test_a_certificate_whose_last_line_has_no_end_is_no_other(node: Node) -> None:
    node.certificate.write_text(node.certificate.read_text().rstrip("\n"))
    done = node.run("install")
    assert done.returncode == 0, done.stderr
    assert "-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n" in node.pem.read_text()
    assert node.run("check").returncode == 0


def short_key(node: Node) -> None:
    """Have a key that nobody should use."""
    node.make("rsa:1024")


def broken_chain(node: Node) -> None:
    """Have a chain that somebody cut off."""
    text = node.certificate.read_text()
    node.certificate.write_text(text + text[: len(text) // 2])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [(short_key, "unable to load SSL certificate"), (broken_chain, "No Private Key found")],
    ids=["short key", "broken chain"],
)
def test_what_haproxy_does_not_take_never_gets_there(
    node: Node, wrong: Callable[[Node], None], why: str
) -> None:
    before = node.pem.read_text()
    wrong(node)
    done = node.run("install")
    assert done.returncode == 1
    assert why in done.stderr
    assert f"HAProxy does not take {node.certificate} with {node.key}" in done.stderr
    assert NAMED in done.stderr
    assert node.pem.read_text() == before
    assert [one.name for one in node.pem.parent.iterdir() if one.name.startswith("front.pem")] == [
        "front.pem"
    ]
