"""Reading a git repository elsewhere: real repositories and servers on this machine, and nothing beyond it."""

from __future__ import annotations

import os
import random
import socketserver
import subprocess
import time
from http.server import HTTPServer
from pathlib import Path

import pytest

from generator.argparse_flags import known_flags
from generator.errors import CommandFailed, FleetError
from generator.git_source import open_source
from tests.unit.origin import Origin, Silent, Threads, answers, own_git, processes_below, served


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_git(monkeypatch, tmp_path)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


def test_a_tag_gives_its_commit_annotated_or_not(origin: Origin) -> None:
    plain = origin.tag("v1", {"a": "1"})
    annotated = origin.tag("v2", {"a": "2"}, "--annotate", "--message=x")
    origin.git("tag", "--annotate", "--message=x", "v2-again", "v2")
    with open_source(origin.url) as source:
        assert source.resolve("v1") == plain
        assert source.resolve("v2") == source.resolve("v2-again") == annotated


def test_a_branch_is_no_revision_but_a_tag_of_its_name_is(origin: Origin) -> None:
    commit = origin.tag("both", {"a": "1"})
    origin.commit({"a": "2"})
    origin.git("branch", "both")
    with open_source(origin.url) as source:
        with pytest.raises(FleetError, match=r"main is a branch of .*never a revision"):
            source.resolve("main")
        assert source.resolve("both") == commit


def test_no_such_tag_names_those_near(origin: Origin) -> None:
    origin.tag("v2.0.0", {"a": "1"})
    origin.git("tag", "v2.5.0")
    with open_source(origin.url) as source:
        with pytest.raises(FleetError, match=r"^v2\.5 is no tag of file://.* \(near: v2\.5\.0, v2\.0\.0\)$"):
            source.resolve("v2.5")
        with pytest.raises(FleetError, match=r"\(it has 2, none of them near\)$"):
            source.resolve("zzz")


def test_files_are_read_as_they_are_at_the_commit(origin: Origin) -> None:
    bytes_of_all_kinds = bytes(range(256)) * 3
    origin.tag("v1", {"a": bytes_of_all_kinds, "folder/b": "b\r\n", ".gitattributes": "* text eol=crlf\n"})
    origin.commit({"a": "later"})
    with open_source(origin.url) as source:
        tree = source.tree("v1")
        assert tree.read("a") == bytes_of_all_kinds
        assert tree.read("folder/b") == b"b\n"
        assert tree.read("missing") is None


def test_what_is_no_plain_file_is_refused(origin: Origin) -> None:
    (origin.path / "link").symlink_to("/etc/passwd")
    origin.tag("v1", {"folder/b": "b"})
    origin.git("tag", "blob", origin.git("rev-parse", "HEAD:folder/b"))
    with open_source(origin.url) as source:
        tree = source.tree("v1")
        for path in ("link", "folder"):
            with pytest.raises(FleetError, match=rf"{path} is no plain file at v1"):
                tree.read(path)
        with pytest.raises(FleetError, match=r"the tag blob of .* is on no commit"):
            source.tree("blob")


def test_neither_history_nor_files_that_are_not_read_cross(origin: Origin, scratch: Path) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    noise = random.Random(1).randbytes(300_000)
    origin.commit({"old": noise})
    origin.git("rm", "--quiet", "old")
    origin.tag("v1", {"weights": noise[::-1], "uv.lock": "lock"})
    with open_source(origin.url) as source:
        tree = source.tree("v1")
        assert tree.read("uv.lock") == b"lock"
        assert source.git("rev-list", "--count", tree.commit) == b"1\n"
        size = sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file())
    assert size < 100_000
    assert not list(scratch.iterdir())


def test_a_file_that_is_too_big_is_refused(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.git_tree.MAX_FILE", 10)
    origin.tag("v1", {"uv.lock": "12345678901"})
    with (
        open_source(origin.url) as source,
        pytest.raises(FleetError, match=r"uv\.lock has more than 10 bytes"),
    ):
        source.tree("v1").read("uv.lock")


def test_more_than_a_commit_has_is_not_taken(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    # its host gives files along with the commit: uploadpack.allowFilter is not set
    monkeypatch.setattr("generator.git_source.MAX_FETCHED", 2 * 2**20)
    origin.tag("v1", {"weights": random.Random(1).randbytes(3 * 2**20)})
    with open_source(origin.url) as source, pytest.raises(CommandFailed, match=r"more than 2 MiB came"):
        source.tree("v1")


def test_what_goes_on_coming_is_stopped(
    origin: Origin, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.git_source.MAX_FETCHED", 2 * 2**20)
    origin.tag("v1", {"weights": random.Random(1).randbytes(8 * 2**20)})
    slow = tmp_path / "slow"
    slow.write_text("""#!/usr/bin/env python3
import os, subprocess, sys, time
with subprocess.Popen(["git", "upload-pack", *sys.argv[1:]], stdout=subprocess.PIPE) as real:
    sent = 0
    while some := os.read(real.stdout.fileno(), 65536):
        sent += os.write(1, some)
        time.sleep(0.3 * (sent > 3_000_000))
""")
    slow.chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f'[remote "source"]\n\tuploadpack = {slow}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    started = time.monotonic()
    with open_source(origin.url) as source, pytest.raises(CommandFailed, match=r"more than 2 MiB came"):
        source.tree("v1")
    assert time.monotonic() - started < 10
    assert not processes_below(scratch)


def test_the_default_branch_is_read_as_a_tag_is(origin: Origin) -> None:
    with open_source(origin.url) as source, pytest.raises(FleetError, match="has no commit yet"):
        source.head()
    origin.tag("v1", {"a": "1"})
    commit = origin.commit({"a": "2"})
    with open_source(origin.url) as source:
        tree = source.head()
        assert (tree.tag, tree.commit, tree.read("a")) == ("HEAD", commit, b"2")


def test_names_are_those_of_git_whatever_is_in_them(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    os.symlink("/etc/passwd", origin.path / "link")
    odd = [b"line\nbreak", b"-rf", b"\x1b[2J", b"\xff"]
    for name in odd:
        Path(os.fsdecode(os.fsencode(origin.path) + b"/" + name)).write_text("x")
    origin.tag("v1", {"folder/b.sh": "b"})
    with open_source(origin.url) as source:
        tree = source.tree("v1")
        assert tree.names() == {**dict.fromkeys([*odd, b"folder/b.sh"], "100644"), b"link": "120000"}
        monkeypatch.setattr("generator.git_tree.MAX_NAMES", 10)
        with pytest.raises(FleetError, match="too many files at v1"):
            tree.names()


def test_files_are_brought_at_once(origin: Origin) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.tag("v1", {"a": "1", "b/c": "2", "d": "3"})
    with open_source(origin.url) as source:
        tree = source.tree("v1")
        tree.bring(["a", "b/c"])
        there = source.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
        assert there.count(b"blob") == 2
        tree.bring(["a"])
        assert tree.read("a") == b"1"


def test_an_answer_that_never_comes_ends_in_time_and_leaves_nothing(scratch: Path) -> None:
    started = time.monotonic()
    with served(Silent, Threads) as address:
        with (
            pytest.raises(CommandFailed, match=r"no answer within 0\.5 s"),
            open_source(f"http://{address}/x.git", limit=0.5) as source,
        ):
            source.resolve("v1")
        left = processes_below(scratch)
    assert time.monotonic() - started < 5
    assert left == []
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("askpass", ["GIT_ASKPASS", "SSH_ASKPASS"])
def test_nobody_is_asked_for_a_password(
    askpass: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\necho $0 >> {asked}\necho secret\n")
    helper.chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[credential]\n\thelper = {helper}\n[core]\n\taskPass = {helper}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv(askpass, str(helper))
    locked = answers(401)
    with (
        served(locked, HTTPServer) as address,
        pytest.raises(CommandFailed) as raised,
        open_source(f"http://{address}/x.git", limit=10) as source,
    ):
        source.resolve("v1")
    assert "it asks for a password" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert locked.requests == [None]
    assert not asked.exists()


def test_what_git_says_is_one_line_without_control_characters_or_passwords() -> None:
    with (
        served(answers(503), HTTPServer) as address,
        pytest.raises(CommandFailed) as raised,
        open_source(f"http://me:secret@{address}/x.git", limit=10) as source,
    ):
        source.resolve("v1")
    message = str(raised.value)
    assert "503" in message
    assert "secret" not in message
    assert message.isprintable()


@pytest.mark.parametrize(
    "url",
    ["file:///nowhere/x.git", "http://127.0.0.1:1/x.git", "ext::touch RAN", "-x", "--upload-pack=touch RAN"],
)
def test_what_cannot_be_read_is_one_line_and_runs_nothing(
    url: str, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    url = url.replace("RAN", str(ran))
    config = tmp_path / "gitconfig"
    config.write_text('[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    with pytest.raises(CommandFailed) as raised, open_source(url, limit=10) as source:
        source.resolve("v1")
    assert str(raised.value).startswith(f"{url}: ")
    assert str(raised.value).isprintable()
    assert not ran.exists()


def test_the_repository_that_git_would_take_from_its_surroundings_stays_untouched(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = origin.tag("v1", {"a": "1"})
    around = Origin(tmp_path / "around")
    monkeypatch.setenv("GIT_DIR", str(around.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(around.path / ".git" / "objects"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "remote.source.url")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "file:///nowhere")
    monkeypatch.chdir(around.path)
    with open_source(origin.url) as source:
        assert source.tree("v1").read("a") == b"1"
        assert source.resolve("v1") == commit
    assert not [path for path in (around.path / ".git" / "objects").rglob("*") if path.is_file()]


def test_a_git_daemon_is_read_as_a_file_is(origin: Origin) -> None:
    commit = origin.tag("v1", {"a": "1"}, "--annotate", "--message=x")
    base = f"--base-path={origin.path.parent}"

    class Daemon(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            descriptor = self.request.fileno()
            daemon = ["git", "daemon", "--inetd", "--export-all", base]
            subprocess.run(
                daemon, stdin=descriptor, stdout=descriptor, stderr=subprocess.DEVNULL, check=False
            )

    with (
        served(Daemon, Threads) as address,
        open_source(f"git://{address}/origin", limit=10) as source,
    ):
        assert source.tree("v1").read("a") == b"1"
        assert source.resolve("v1") == commit


def test_without_git_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FleetError, match="git is not on this machine"), open_source("file:///x"):
        pass


@pytest.mark.parametrize(
    ("source", "flags"),
    [
        ("p.add_argument('--port')", ["--port"]),
        ("p.add_argument('-p', '--port', '--listen-port')", ["--port", "--listen-port"]),
        ("p.add_argument('file'); p.add_argument('--b'); g.add_argument('--a')", ["--b", "--a"]),
        ("P().add_argument('--b') if x else p.add_argument('--b')", ["--b"]),
        ("p.add_argument('--x', action=argparse.BooleanOptionalAction)", ["--x", "--no-x"]),
        ("def f():\n  '\\d'\n  p.add_argument('--late')\nq.add_argument('--later')", ["--late", "--later"]),
        ("for f in FLAGS: p.add_argument(f)", None),
        ("p.add_argument('--a'); p.add_argument(*more)", None),
        ("p.add_argument('--a'); p.add_argument(f'--{x}')", None),
        ("p = ArgumentParser(parents=[q]); p.add_argument('--a')", None),
        ("p.add_argument('--a'); p.parse_known_args()", None),
        ("p.add_argument('--a'); p.add_subparsers()", None),
        ("print 'Python 2'", None),
        ("\0", None),
        pytest.param("(" * 5000, None, id="deep brackets"),
        pytest.param("a" + ".b" * 50_000, None, id="deep tree"),
        ("import fire", None),
        ("# -*- coding: latin-1 -*-\np.add_argument('--a')  # \xe9", ["--a"]),
    ],
)
def test_flags_are_read_from_the_source(
    source: str, flags: list[str] | None, recwarn: pytest.WarningsRecorder
) -> None:
    assert known_flags(source.encode("latin-1")) == flags


def test_the_source_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    assert known_flags(f"open({str(ran)!r}, 'w')\np.add_argument('--a')".encode()) == ["--a"]
    assert not ran.exists()
