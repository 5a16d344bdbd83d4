"""Reading a git repository over ssh: a real server, and nobody there to answer a question."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from generator.errors import CommandFailed
from generator.git_source import open_source
from tests.unit.origin import Origin, Silent, Threads, own_git, processes_below, served
from tests.unit.sshd import Sshd


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_git(monkeypatch, tmp_path)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    origin = Origin(tmp_path / "origin")
    origin.tag("v1", {"a": "1"})
    origin.tag("v2", {"a": "2"}, "--annotate", "--message=x")
    return origin


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sshd:
    server = Sshd(tmp_path / "sshd")
    monkeypatch.setenv("PATH", f"{server.wrapper().parent}:{os.environ['PATH']}")
    for name in ("GIT_SSH", "GIT_SSH_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    return server


def refusal(url: str) -> str:
    """Return the line that says why ``url`` cannot be read, which comes at once."""
    started = time.monotonic()
    with pytest.raises(CommandFailed) as raised, open_source(url, limit=20) as source:
        source.resolve("v1")
    assert time.monotonic() - started < 10
    said = str(raised.value)
    assert said.isprintable()
    shown = re.sub("//.*@", "//", url)
    assert said.startswith(f"{shown}: ")
    return said.removeprefix(f"{shown}: ")


def test_tags_and_files_are_read(origin: Origin, sshd: Sshd) -> None:
    with sshd.serve() as address, open_source(f"{address}{origin.path}", limit=20) as source:
        assert source.tree("v1").read("a") == b"1"
        assert source.tree("v2").read("a") == b"2"
        assert source.resolve("v2") == origin.git("rev-parse", "v2^{commit}")


@pytest.mark.parametrize("way", ["GIT_SSH_COMMAND", "GIT_SSH", "core.sshCommand"])
def test_the_operators_own_ssh_is_the_one_that_runs(
    way: str, origin: Origin, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = sshd.wrapper()
    monkeypatch.setenv("PATH", os.environ["PATH"].removeprefix(f"{own.parent}:"))
    if way == "core.sshCommand":
        (tmp_path / "gitconfig").write_text(f"[core]\n\tsshCommand = {own}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    else:
        monkeypatch.setenv(way, str(own))
    with sshd.serve() as address, open_source(f"{address}{origin.path}", limit=20) as source:
        assert source.tree("v1").read("a") == b"1"


def test_an_ssh_of_another_maker_is_called_as_it_is(
    origin: Origin, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # plink and the like know none of OpenSSH's options
    plink = tmp_path / "plink"
    plink.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/said\nexit 1\n')
    plink.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{plink} -load 'a host'")
    refusal(f"ssh://git@host.test{origin.path}")
    assert "BatchMode" not in (tmp_path / "said").read_text()


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ("", "ssh does not know its host key (connect by ssh once and compare the key, then try again)"),
        (
            "stranger",
            "its host key is not the one that ssh knows (is it the right host? then renew it in known_hosts)",
        ),
    ],
)
def test_a_host_that_is_not_known_is_refused(known: str, reason: str, origin: Origin, sshd: Sshd) -> None:
    before = sshd.known_hosts
    with sshd.serve(known=known) as address:
        said = before.read_text()
        assert refusal(f"{address}{origin.path}") == reason
        assert before.read_text() == said


NOT_LET_IN = "ssh is not let in, and fleet gives no password (is the address right, the key in ssh-agent?)"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once a program that asks for passwords has run."""
    path = tmp_path / "asked"
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\necho $0 >>{path}\necho secret\n")
    helper.chmod(0o755)
    for name in ("SSH_ASKPASS", "GIT_ASKPASS"):
        monkeypatch.setenv(name, str(helper))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    return path


@pytest.mark.parametrize("case", ["refused", "password", "passphrase"])
def test_who_is_not_let_in_is_told_so_and_asked_nothing(
    case: str, origin: Origin, sshd: Sshd, asked: Path
) -> None:
    if case == "passphrase":
        sshd.make_key("user", "secret")
        sshd.let_in("user")
    else:
        sshd.let_in("stranger")
        sshd.settings = f"PasswordAuthentication {'yes' if case == 'password' else 'no'}\n"
    with sshd.serve() as address:
        assert refusal(f"{address}{origin.path}") == NOT_LET_IN
    assert not asked.exists()
    # an empty password is one that was tried
    assert "Failed password" not in sshd.log.read_text()


def test_an_ssh_behind_another_name_asks_nothing_either(
    origin: Origin, sshd: Sshd, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH", str(sshd.wrapper().rename(sshd.folder / "deploy")))
    sshd.let_in("stranger")
    with sshd.serve() as address:
        assert refusal(f"{address}{origin.path}") == NOT_LET_IN
    assert not asked.exists()


def test_a_greeting_is_not_taken_for_the_reason(sshd: Sshd) -> None:
    with sshd.serve() as address:
        assert refusal(f"{address}/nowhere") == "'/nowhere' does not appear to be a git repository"


def test_a_server_that_says_nothing_is_left_in_time(sshd: Sshd, scratch: Path) -> None:
    started = time.monotonic()
    with served(Silent, Threads) as address:
        with (
            pytest.raises(CommandFailed, match=r"no answer within 0\.5 s"),
            open_source(f"ssh://git@{address}/x.git", limit=0.5) as source,
        ):
            source.resolve("v1")
        left = processes_below(scratch)
    assert time.monotonic() - started < 5
    assert left == []


def test_nobody_listens(sshd: Sshd) -> None:
    assert "Connection refused" in refusal("ssh://git@127.0.0.1:1/x.git")
