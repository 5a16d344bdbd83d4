"""Reading a git repository over HTTP: git's own server, whole and with what servers lack or do wrong."""

from __future__ import annotations

import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from generator.errors import CommandFailed
from generator.git_source import open_source
from tests.unit.origin import Origin, own_git, processes_below, served
from tests.unit.smart_http import serves


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_git(monkeypatch, tmp_path)


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    origin = Origin(tmp_path / "origin")
    origin.tag("light", {"a": "1", "weights": "w" * 1000})
    origin.tag("annotated", {"a": "2"}, "--annotate", "--message=x")
    return origin


def read(origin: Origin, url: str) -> None:
    """Read a file at either tag."""
    with open_source(url, limit=20) as source:
        assert source.tree("annotated").read("a") == b"2"
        assert source.tree("light").read("a") == b"1"
        for tag in ("annotated", "light"):
            assert source.resolve(tag) == origin.git("rev-parse", f"{tag}^{{commit}}")


@pytest.mark.parametrize("new_protocol", [True, False])
@pytest.mark.parametrize("lacks", [b"", b"shallow", b"filter"])
def test_tags_and_files_are_read_whatever_the_server_knows(
    new_protocol: bool, lacks: bytes, origin: Origin
) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    handler = serves(origin, new_protocol=new_protocol, lacks=lacks)
    with served(handler, ThreadingHTTPServer) as address:
        read(origin, f"http://{address}/origin/.git")
    assert any(request.endswith("/git-upload-pack") for request in handler.requests)


def test_the_files_of_git_behind_a_plain_web_server_are_read(origin: Origin) -> None:
    origin.git("update-server-info")
    origin.git("gc", "--quiet")

    class Plain(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(origin.path))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with served(Plain, ThreadingHTTPServer) as address:
        read(origin, f"http://{address}/.git")


def test_a_repository_that_moved_is_followed(origin: Origin) -> None:
    handler = serves(origin, moved={"/old.git": "/origin/.git"})
    with served(handler, ThreadingHTTPServer) as address:
        read(origin, f"http://{address}/old.git")
    assert handler.requests[0].startswith("/old.git/info/refs")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"locked": "info/refs"}, "it asks for a password"),
        ({"locked": "git-upload-pack"}, "it asks for a password"),
        ({"moved": {"/": "/"}}, r"Maximum \(20\) redirects followed"),
        ({"moved": {"/": "file:///"}}, "(file.*not supported|disabled)"),
        ({"drips": "info/refs"}, "no answer within 3 s"),
        ({"drips": "git-upload-pack"}, "no answer within 3 s"),
    ],
)
def test_what_keeps_it_from_being_read_is_one_line_in_time(
    wrong: dict[str, Any], said: str, origin: Origin, scratch: Path
) -> None:
    started = time.monotonic()
    with served(serves(origin, **wrong), ThreadingHTTPServer) as address:
        url = f"http://{address}/origin/.git"
        with pytest.raises(CommandFailed, match=said) as raised, open_source(url, limit=3) as source:
            source.tree("light")
        left = processes_below(scratch)
    assert time.monotonic() - started < 10
    assert str(raised.value).startswith(f"{url}: ")
    assert str(raised.value).isprintable()
    assert left == []
