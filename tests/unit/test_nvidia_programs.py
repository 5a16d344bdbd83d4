"""The programs of the module nvidia: whose key a file holds, and the components of Debian that have the driver."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.private_apt import a_repository, an_apt

FILES = Path(__file__).parents[2] / "modules" / "nvidia" / "files"

#: The node's sources of Debian in each format, before and after; MIRROR is a folder, and OTHER another distribution's.
STANZAS = """\
# the node's own

# and more of it
Types: deb
URIs: file:MIRROR
Suites: bookworm
Components: main{added}
Trusted: yes

Types: deb
# apt counts no stanza that has no field
URIs: file:OTHER
Suites: stable
Components: main
Trusted: yes

Types: deb
URIs: file:MIRROR
Suites: bookworm-updates
Components: main non-free-firmware{added_to_some}
Trusted: yes
"""
LINES = """\
# the node's own
deb [trusted=yes] file:OTHER stable main

deb [trusted=yes] file:MIRROR bookworm main{added}
deb [trusted=yes] file:MIRROR bookworm-updates main non-free-firmware{added_to_some} # no contrib: ours
"""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two public keys, and one with the first of them, first.asc, beside it."""
    folder = tmp_path_factory.mktemp("keys")
    home = folder / "home"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    for name in ("first", "second"):
        # with a subkey, as NVIDIA's might get one
        subprocess.run(
            [*gpg, "--quick-gen-key", f"{name}@example.org", "ed25519", "cert,sign", "never"], check=True
        )
        subprocess.run(
            [*gpg, "--quick-add-key", fingerprint(gpg, name), "cv25519", "encr", "never"], check=True
        )
    for file, names in (("first.asc", ["first"]), ("both.asc", ["first", "second"])):
        subprocess.run([*gpg, "--armor", "--output", str(folder / file), "--export", *names], check=True)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)
    return folder / "both.asc"


def fingerprint(gpg: list[str], name: str) -> str:
    """What gpg says the fingerprint of the primary key of ``name`` is."""
    listed = subprocess.run(
        [*gpg, "--with-colons", "--list-keys", name], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))


def is_key(wanted: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Ask the program, in whose home nothing may be left: Puppet runs it as root."""
    home = file.with_name("nobody")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        ["sh", FILES / "is-key.sh", wanted, file], env=environment, capture_output=True, text=True
    )
    home.rmdir()
    return done


def fingerprints(key: Path) -> list[str]:
    """The fingerprints of the two keys."""
    gpg = ["gpg", "--homedir", str(key.with_name("home")), "--batch"]
    return [fingerprint(gpg, name) for name in ("first", "second")]


def test_a_key_is_taken_by_its_full_fingerprint(key: Path) -> None:
    first, second = fingerprints(key)
    file = key.with_name("first.asc")
    assert is_key(first, file).returncode == 0
    for wrong in (second, first[-16:], first.lower(), ""):
        assert is_key(wrong, file).returncode == 1
    assert first in is_key(second, file).stderr


def test_no_key_comes_in_beside_the_right_one(key: Path) -> None:
    for wanted in fingerprints(key):
        assert is_key(wanted, key).returncode == 1


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.asc"
    nothing.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN\n-----END PGP PUBLIC KEY BLOCK-----\n")
    for wanted in ("A" * 40, ""):
        assert is_key(wanted, nothing).returncode != 0


@pytest.mark.parametrize(("name", "text"), [("debian.sources", STANZAS), ("sources.list", LINES)])
def test_the_nodes_own_sources_get_the_components(tmp_path: Path, name: str, text: str) -> None:
    mirror, other = tmp_path / "mirror", tmp_path / "other"
    a_repository(mirror, "Debian", "bookworm", {"nvidia-smi": ["1"]}, component="non-free")
    a_repository(mirror, "Debian", "bookworm-updates", {})
    a_repository(other, "Somebody", "stable", {})
    text = text.replace("MIRROR", str(mirror)).replace("OTHER", str(other))
    sources = tmp_path / "apt" / "etc" / "sources.list.d" / name
    sources.parent.mkdir(parents=True)
    sources.write_text(text.format(added="", added_to_some=""))
    sources.chmod(0o640)
    environment = an_apt(tmp_path / "apt", sources)

    wanted = text.format(added=" contrib non-free non-free-firmware", added_to_some=" contrib non-free")
    for _ in range(2):
        subprocess.run(["sh", FILES / "non-free.sh"], env=environment, check=True, capture_output=True)
        assert sources.read_text() == wanted
        assert stat.S_IMODE(sources.stat().st_mode) == 0o640
        assert [each.name for each in sources.parent.iterdir()] == [name]
    policy = subprocess.run(
        ["apt-cache", "policy", "nvidia-smi"], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    assert "  Candidate: 1\n" in policy.stdout


def test_a_node_without_a_source_of_debian_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other"
    a_repository(other, "Somebody", "stable", {})
    sources = tmp_path / "apt" / "sources.list"
    sources.parent.mkdir()
    sources.write_text(f"deb [trusted=yes] file:{other} stable main\n")
    environment = an_apt(tmp_path / "apt", sources)
    done = subprocess.run(["sh", FILES / "non-free.sh"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "apt knows no source of Debian on this node" in done.stderr
