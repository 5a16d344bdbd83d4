"""The one door: by a real HAProxy, with TLS, and with nothing behind it for who has no password."""

from __future__ import annotations

import base64
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.front.front import RENDER, free_ports
from tests.unit.local_server import LocalServer, served
from tests.unit.watch.test_units import typed

TEMPLATE = REPOSITORY / "modules/profile/templates/fleet-web.cfg.epp"
PASSWORD = "a b:c"
BACKENDS = {"prometheus": 9090, "alertmanager": 9093, "puppetboard": 9802}

pytestmark = pytest.mark.puppet


class Behind(LocalServer):
    """What is behind the door; it notes what it is asked."""

    def __init__(self) -> None:
        """Have been asked nothing."""
        super().__init__(_Answers)
        self.asked: list[tuple[str, dict[str, str]]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Behind

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Door:
    """The door, and what is behind it."""

    url: str
    behind: dict[str, Behind] = field(default_factory=dict)

    def get(self, path: str, password: str | None = None) -> tuple[int, str]:
        """Get a page as alice; status, and where it sends to."""
        request = urllib.request.Request(self.url + path)
        if password is not None:
            words = base64.b64encode(f"alice:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {words}")

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location", "")


@pytest.fixture(scope="module")
def door(ruby: Callable[[str, Any], Any]) -> Iterator[Door]:
    """Open the door, as its unit does."""
    crypt = ["openssl", "passwd", "-6", PASSWORD]
    hashed = subprocess.run(crypt, capture_output=True, text=True, check=True).stdout.strip()
    (port,) = free_ports(1)
    values = {"users": {"alice": hashed}, "port": port}
    (text,) = ruby(RENDER, [[typed(TEMPLATE.read_text()), values]])
    folder = Path(tempfile.mkdtemp(prefix="web-"))
    make = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 2 -keyout web.pem.key -out web.pem"
    subprocess.run(make.split(), cwd=folder, capture_output=True, check=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        found = Door(f"https://127.0.0.1:{port}")
        for name, usual in BACKENDS.items():
            found.behind[name] = stack.enter_context(served(Behind()))
            assert f" 127.0.0.1:{usual}\n" in text
            text = text.replace(f"127.0.0.1:{usual}\n", f"127.0.0.1:{found.behind[name].server_address[1]}\n")
        # a machine without IPv6 has no :: to listen on
        (folder / "haproxy.cfg").write_text(text.replace(f":::{port} v4v6", f"127.0.0.1:{port}"))
        environment = os.environ | {"CREDENTIALS_DIRECTORY": str(folder)}
        command = ["haproxy", "-f", str(folder / "haproxy.cfg")]
        log = stack.enter_context((folder / "log").open("w"))
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        stack.callback(process.wait)
        stack.callback(process.kill)
        end = time.monotonic() + 10
        while True:
            try:
                found.get("/")
                break
            except urllib.error.URLError:
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.05)
        yield found


@pytest.mark.parametrize("password", [None, "", "wrong"])
@pytest.mark.parametrize("path", ["/", "/prometheus/", "/alertmanager/", "/puppetboard/", "/elsewhere"])
def test_without_the_password_nothing_is_asked_behind_it(door: Door, path: str, password: str | None) -> None:
    before = [len(behind.asked) for behind in door.behind.values()]
    assert door.get(path, password)[0] == 401
    assert [len(behind.asked) for behind in door.behind.values()] == before


@pytest.mark.parametrize(
    ("path", "name", "asked"),
    [
        ("/prometheus/consoles/fleet.html?a=1", "prometheus", "/consoles/fleet.html?a=1"),
        ("/prometheus/", "prometheus", "/"),
        ("/alertmanager/api/v2/alerts", "alertmanager", "/api/v2/alerts"),
        ("/puppetboard/nodes", "puppetboard", "/puppetboard/nodes"),
        ("/puppetboard", "puppetboard", "/puppetboard"),
    ],
)
def test_with_it_each_path_leads_to_its_own_and_the_password_goes_no_further(
    door: Door, path: str, name: str, asked: str
) -> None:
    assert door.get(path, PASSWORD)[0] == 200
    last, headers = door.behind[name].asked[-1]
    assert last == asked
    assert "authorization" not in headers


def test_the_first_page_is_the_fleets(door: Door) -> None:
    assert door.get("/", PASSWORD) == (302, "/prometheus/consoles/fleet.html")
    assert door.get("/elsewhere", PASSWORD)[0] == 404
