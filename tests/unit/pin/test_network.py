"""``fleet pin`` over a network, and without one."""

from __future__ import annotations

import time
from http.server import HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from generator.errors import CommandFailed
from tests.unit.origin import Silent, Threads, answers, served
from tests.unit.pin.desk import CATALOGUE, LOCKED, Desk
from tests.unit.smart_http import serves
from tests.unit.sshd import Sshd


@pytest.mark.parametrize("transport", ["http", "ssh"])
def test_a_release_is_pinned_over_a_network(
    transport: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = desk.origin.tag("v3", LOCKED, "--annotate", "--message=x")
    if transport == "http":
        with served(serves(desk.origin), ThreadingHTTPServer) as address:
            desk.source = f"http://{address}/origin/.git"
            assert desk.pin("v3").entry["commit"] == commit
    else:
        sshd = Sshd(tmp_path / "sshd")
        monkeypatch.setenv("GIT_SSH_COMMAND", str(sshd.wrapper()))
        with sshd.serve() as address:
            desk.source = f"{address}{desk.origin.path}"
            assert desk.pin("v3").entry["commit"] == commit
    assert desk.releases["v3"]["lock_sha256"]


def test_a_hang_a_password_and_no_network_change_nothing(desk: Desk) -> None:
    desk.origin.tag("v3", LOCKED)
    started = time.monotonic()
    # what fails late, too: after the tag is known, and while its files come
    late = serves(desk.origin, locked="git-upload-pack", new_protocol=False)
    cut = serves(desk.origin, drips="git-upload-pack", new_protocol=False)
    with (
        served(Silent, Threads) as hung,
        served(answers(401), HTTPServer) as locked,
        served(late, ThreadingHTTPServer) as locked_later,
        served(cut, ThreadingHTTPServer) as hung_later,
    ):
        for source, message in (
            (f"http://{hung}/x.git", "no answer within 1 s"),
            (f"http://{hung_later}/origin/.git", "no answer within 1 s"),
            (f"http://{locked}/x.git", "asks for a password"),
            (f"http://{locked_later}/origin/.git", "asks for a password"),
            ("http://127.0.0.1:1/x.git", "Failed to connect|Couldn't connect"),
            ("ssh://git@127.0.0.1:1/x.git", "Connection refused"),
        ):
            desk.source = source
            with pytest.raises(CommandFailed, match=message) as raised:
                desk.pin("v3", limit=1)
            assert "\n" not in str(raised.value)
    assert time.monotonic() - started < 15
    assert desk.catalogue.read_text() == CATALOGUE
