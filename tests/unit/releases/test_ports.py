"""Who listens where somebody else is to listen, with real sockets."""

from __future__ import annotations

import os
import socket

import pytest

from releases import files
from releases.ports import holder


def listen(address: str) -> socket.socket:
    """Listen at an address, on a port that is free."""
    if ":" not in address:
        return socket.create_server((address, 0))
    try:
        return socket.create_server((address, 0), family=socket.AF_INET6, dualstack_ipv6=address != "::1")
    except OSError as error:
        pytest.skip(f"this machine speaks no IPv6: {error}")


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "::"),
        ("127.0.0.1", ""),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::", "::1"),
        ("::1", "::1"),
        ("::1", "::"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_who_listens_there_is_named(there: str, wanted: str) -> None:
    with listen(there) as server:
        place = f"{wanted}:{server.getsockname()[1]}"
        said = holder(place, "x.service")
        assert said
        assert said.endswith(f" (process {os.getpid()})")
    assert holder(place, "x.service") is None


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("127.0.0.2", "127.0.0.1"),
        ("0.0.0.0", "::1"),
        ("::1", "127.0.0.1"),
        ("::1", "0.0.0.0"),
        ("::1", "::2"),
        ("::ffff:127.0.0.2", "127.0.0.1"),
    ],
)
def test_who_listens_at_another_address_is_in_nobodys_way(there: str, wanted: str) -> None:
    with listen(there) as server:
        said = holder(f"{wanted}:{server.getsockname()[1]}", "x.service")
    # the kernel gives a port that is free there, and somebody else may have it at the other address
    assert said is None or f"(process {os.getpid()})" not in said


def test_a_unit_has_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    read = files.read
    cgroup = "0::/system.slice/system-tts.slice/tts-webui@0-blue.service\n"
    monkeypatch.setattr(files, "read", lambda path: cgroup if path.endswith("/cgroup") else read(path))
    with listen("127.0.0.1") as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        assert holder(place, "tts-webui@0-blue.service") is None
        assert holder(place, "tts-webui@0-green.service")


def test_a_connection_is_no_listener() -> None:
    with listen("127.0.0.1") as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
    with client, accepted:
        assert holder(f"127.0.0.1:{port}", "x.service") is None
