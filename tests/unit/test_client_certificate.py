"""The program that makes a certificate for a client that is no node, on an authority of openssl's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "modules" / "profile" / "files" / "client-certificate.sh"
NAME = "watch.puppet.example.org"
#: `puppetserver ca`, as ruby-puppetserver-ca-cli 2.7.0 behaves where it matters here: of a setting that comes
#: twice the last word counts, and what is there already is refused.
PUPPETSERVER = """#!{python}
import pathlib, re, subprocess, sys
root = pathlib.Path({root!r})
ca = root / "ca"
words = sys.argv[1:]
name = words[words.index("--certname") + 1]
signed, request = ca / "signed" / f"{{name}}.pem", ca / "requests" / f"{{name}}.pem"
with (root / "calls").open("a") as calls:
    calls.write(words[1] + "\\n")
if (root / "away").exists():
    sys.exit("Failed connecting to the authority")
if words[1] == "clean":
    only_asked = not signed.exists()
    signed.unlink(missing_ok=True)
    request.unlink(missing_ok=True)
    sys.exit(1 if only_asked else 0)
assert words[:2] == ["ca", "generate"], words
config = pathlib.Path(words[words.index("--config") + 1]).read_text()
settings = dict(re.findall(r"^\\s*(\\w+)\\s*=\\s*(.+?)\\s*$", config, re.MULTILINE))
own = pathlib.Path(settings["hostcert"].replace("$certname", settings["certname"]))
assert own.read_text() == "the server's own", "it asks by the certificate of the server"
role = pathlib.Path(settings["csr_attributes"])
if signed.exists() or request.exists():
    sys.exit("already there")
folders = [pathlib.Path(settings[key]) for key in ("certdir", "privatekeydir")]
for folder in folders:
    folder.mkdir(exist_ok=True)
cert, key = (folder / f"{{name}}.pem" for folder in folders)
new = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
new += [f"/CN={{name}}" + (f"/OU={{role.read_text().strip()}}" if role.exists() else ""), "-keyout", key]
csr = subprocess.run(new, check=True, capture_output=True).stdout
if (root / "killed").exists():
    request.write_bytes(csr)
    sys.exit("killed")
sign = ["openssl", "x509", "-req", "-CA", ca / "ca_crt.pem", "-CAkey", ca / "ca_key.pem", "-days", (root / "days").read_text()]
signed.write_bytes(subprocess.run(sign, input=csr, check=True, capture_output=True).stdout)
cert.write_bytes(signed.read_bytes())
"""


class Authority:
    """A folder with an authority, a server's certificate and the program."""

    def __init__(self, root: Path) -> None:
        """Make it: nobody but the server has a certificate."""
        self.root, self.ssl, self.ca = root, root / "ssl", root / "ca"
        for folder in ("ca/signed", "ca/requests", "ssl/certs", "ssl/private_keys", "bin"):
            (root / folder).mkdir(parents=True)
        (self.ssl / "certs" / "puppet.example.org.pem").write_text("the server's own")
        (root / "csr_attributes.yaml").write_text("puppet_server")
        (root / "days").write_text("100")
        (root / "puppet.conf").write_text(
            f"[main]\ncertname = puppet.example.org\n[server]\ncsr_attributes = {root}/csr_attributes.yaml\n"
        )
        self.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ca", "-days", "9",
            "-keyout", self.ca / "ca_key.pem", "-out", self.ca / "ca_crt.pem",
        )  # fmt: skip
        text = PROGRAM.read_text()
        for place, here in {
            "/etc/puppet/puppetserver/ca": self.ca,
            "/var/lib/puppet/ssl": self.ssl,
            "/etc/puppet/puppet.conf": root / "puppet.conf",
        }.items():
            assert place in text
            text = text.replace(place, str(here))
        (root / "program").write_text(text)
        puppetserver = root / "bin" / "puppetserver"
        puppetserver.write_text(PUPPETSERVER.format(python=sys.executable, root=str(root)))
        puppetserver.chmod(0o755)
        self.cert, self.key = (self.ssl / folder / f"{NAME}.pem" for folder in ("certs", "private_keys"))

    def openssl(self, *words: str | Path) -> str:
        """Call openssl; what it prints."""
        return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the program."""
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        command = ["sh", str(self.root / "program"), *words]
        return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)

    def is_good(self) -> bool:
        """Whether it says that the certificate is good, which it says by its exit code alone."""
        done = self.call("check", NAME)
        assert (done.stdout, done.stderr) == ("", "")
        return done.returncode == 0

    def make(self) -> bool:
        """Have it make the certificate; whether it says that it did."""
        return self.call("make", NAME).returncode == 0

    def calls(self) -> list[str]:
        """List what the authority was asked for."""
        return (self.root / "calls").read_text().split()

    def left(self) -> set[str]:
        """List what it has left beside the certificates."""
        return {path.name for path in self.ssl.iterdir()} - {"certs", "private_keys"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_it_is_made_once_and_is_of_no_role(authority: Authority) -> None:
    assert not authority.is_good()
    assert authority.make() and authority.is_good()
    subject = authority.openssl("x509", "-in", authority.cert, "-noout", "-subject", "-nameopt", "RFC2253")
    assert subject.strip() == f"subject=CN={NAME}", "the server's csr_attributes.yaml has no part in it"
    assert authority.calls() == ["generate"] and authority.left() == set()
    assert authority.key.stat().st_mode & 0o077 == 0


def test_what_was_revoked_or_is_another_authoritys_is_no_good(authority: Authority) -> None:
    assert authority.make()
    signed = authority.ca / "signed" / f"{NAME}.pem"
    signed.rename(signed.with_suffix(".gone"))
    assert not authority.is_good()
    assert authority.make() and authority.is_good()


def test_a_key_that_is_not_the_certificates_is_no_good(authority: Authority) -> None:
    assert authority.make()
    authority.openssl("genpkey", "-algorithm", "ed25519", "-out", authority.key)
    assert not authority.is_good()
    authority.key.unlink()
    assert not authority.is_good()
    assert authority.make() and authority.is_good()
    assert authority.calls() == ["generate", "clean", "generate"]


@pytest.mark.parametrize(("days", "good"), [("29", False), ("31", True)])
def test_it_is_made_anew_in_time(authority: Authority, days: str, good: bool) -> None:
    (authority.root / "days").write_text(days)
    assert authority.make()
    assert authority.is_good() == good


def test_what_is_there_stays_until_there_is_another(authority: Authority) -> None:
    assert authority.make()
    before = authority.cert.read_bytes(), authority.key.read_bytes()
    for trouble in ("away", "killed"):
        (authority.root / trouble).touch()
        assert not authority.make()
        assert (authority.cert.read_bytes(), authority.key.read_bytes()) == before
        assert authority.left() == set()
        (authority.root / trouble).unlink()
    assert authority.make() and authority.is_good(), "a request that a killed one has left is no hindrance"


@pytest.mark.parametrize("words", [(), ("make",), ("revoke", NAME), ("make", NAME, "x")])
def test_what_it_does_not_know_changes_nothing(authority: Authority, words: tuple[str, ...]) -> None:
    done = authority.call(*words)
    assert done.returncode == 2 and done.stderr.startswith("usage: ")
    assert not (authority.root / "calls").exists()
