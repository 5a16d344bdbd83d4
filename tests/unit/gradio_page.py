"""A page that speaks Gradio's protocol on loopback, and one thing of it wrong where a test wants that.

What it says was taken from Gradio 5.45.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.load.wav import silence
from tests.unit.local_server import LocalServer, served

STANDIN = Path(__file__).parents[1] / "lab" / "standin" / "standin"

CONFIG = {
    "api_prefix": "/gradio_api",
    "components": [
        {"id": 3, "type": "audio", "props": {}},
        {"id": 4, "type": "slider", "props": {"value": 0.5}},
        {"id": 5, "type": "textarea", "props": {"value": ""}},
    ],
    "dependencies": [
        {"id": 6, "api_name": "other", "targets": [], "inputs": []},
        {"id": 7, "api_name": "gen_single", "targets": [[24, "click"]], "inputs": [3, 5, 4]},
    ],
}


def load_voice() -> ModuleType:
    """Import the stand-in's voice from where the lab takes it; it belongs to no package of ours."""
    spec = importlib.util.spec_from_file_location("standin_voice", STANDIN / "voice.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


voice = load_voice()


def wav(title: str | None, seconds: float = 0.1) -> bytes:
    """Make a WAV as the stand-in does, but of a hum."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        quiet = silence(seconds)
        Path(file.name).write_bytes(quiet[:44] + b"\1\0" * ((len(quiet) - 44) // 2))
        if title is not None:
            voice.entitle(Path(file.name), title)
        return Path(file.name).read_bytes()


class Page(LocalServer):
    """The page; ``wrong`` names what is wrong with it, ``asked`` what it was asked for, ``cookies`` with which."""

    request_queue_size = 200

    def __init__(self, wrong: str = "") -> None:
        """Listen on a port of loopback."""
        super().__init__(_Answers)
        self.wrong = wrong
        self.asked: list[str] = []
        self.cookies: list[str | None] = []
        self.joins: dict[str, dict[str, Any]] = {}
        self.events = itertools.count(1)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a connection that was cut."""


@contextmanager
def page(wrong: str = "") -> Iterator[Page]:
    """Serve a page for as long as the body runs."""
    with served(Page(wrong)) as server:
        yield server


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Page

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append(url.path)
        self._body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = ("config", "upload", "join", "data", "heartbeat", "file")
        name = next((name for name in names if name in url.path.partition("=")[0]), "first")
        self.server.cookies.append(self.headers.get("Cookie"))
        if self.server.wrong == f"{name} 503":
            return self._send(503, b"no server")
        if self.server.wrong == f"{name} cut":
            return self._cut()
        if self.server.wrong == f"{name} hangs":
            self.server.over.wait(20)
            return self._cut()
        with suppress(ConnectionError):
            getattr(self, f"_{name}")(url.path, parse_qs(url.query))
        return None

    do_POST = do_GET

    def _first(self, path: str, query: dict[str, list[str]]) -> None:
        """As a gateway hands it on."""
        self._head(
            200,
            "Content-Length: 0",
            f"Set-Cookie: tts_node=at{len(self.server.asked)}; Path=/; HttpOnly; SameSite=Lax",
            f"X-Release: for {self.headers['Accept']}",
        )

    def _config(self, path: str, query: dict[str, list[str]]) -> None:
        config = CONFIG | ({"dependencies": []} if self.server.wrong == "no function" else {})
        self._json({} if self.server.wrong == "another config" else config)

    def _upload(self, path: str, query: dict[str, list[str]]) -> None:
        assert b'name="files"; filename="voice.wav"' in self._body
        self._json(["/tmp/voice.wav"])

    def _join(self, path: str, query: dict[str, list[str]]) -> None:
        body = json.loads(self._body)
        assert (body["fn_index"], body["trigger_id"]) == (7, 24)
        event = f"event{next(self.server.events)}"
        self.server.joins[body["session_hash"]] = {"event": event, "data": body["data"]}
        self._json({"event_id": event})

    def _data(self, path: str, query: dict[str, list[str]]) -> None:
        job = self.server.joins[query["session_hash"][0]]
        event = job["event"]
        url = f"{self.server.url}/gradio_api/file=/tmp/{event}/{job['data'][1]}.wav"
        done: dict[str, Any] = {"msg": "process_completed", "event_id": event, "success": True}
        done["output"] = {"data": [{"path": "", "url": url}]}
        match self.server.wrong:
            case "the model says no":
                done |= {"success": False, "output": {"error": "no such voice"}}
            case "another's event":
                done["event_id"] = "event0"
            case "no output":
                done["output"] = {"data": []}
            case "session unknown":
                done = {"msg": "unexpected_error", "event_id": None, "message": "404: Not Found"}
        self._stream({"msg": "estimation", "event_id": event, "rank": 0}, {"msg": "heartbeat"})
        if self.server.wrong in ("stream cut", "stream ends"):
            return self._cut() if self.server.wrong == "stream cut" else self._end()
        self._stream(done, {"msg": "close_stream", "event_id": None})
        return self._end()

    def _heartbeat(self, path: str, query: dict[str, list[str]]) -> None:
        while not self.server.over.is_set():
            self._stream({"ALIVE": 1})
            if self.server.wrong == "heartbeats cut":
                return self._cut()
            self.server.over.wait(0.05)
        return None

    def _file(self, path: str, query: dict[str, list[str]]) -> None:
        text = path.rpartition("/")[2].removesuffix(".wav").replace("%20", " ")
        sound = wav(None if self.server.wrong == "no title" else text)
        match self.server.wrong:
            case "another's audio":
                sound = wav("another text")
            case "no sound":
                sound = wav(text, seconds=0)
            case "half the audio":
                sound = sound[:1000]
            case "no audio":
                sound = b"<html>"
            case "audio cut":
                self._head(200, f"Content-Length: {len(sound)}")
                self.wfile.write(sound[:1000])
                return self._cut()
        return self._send(200, sound)

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode())

    def _send(self, status: int, content: bytes) -> None:
        self._head(status, f"Content-Length: {len(content)}")
        self.wfile.write(content)

    def _stream(self, *messages: object) -> None:
        if not getattr(self, "_streaming", False):
            self._streaming = True
            self._head(200, "Transfer-Encoding: chunked")
        for message in messages:
            line = f"data: {json.dumps(message)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _end(self) -> None:
        self._streaming = False
        self.wfile.write(b"0\r\n\r\n")

    def _cut(self) -> None:
        self.close_connection = True

    def _head(self, status: int, *headers: str) -> None:
        self.send_response(status)
        for header in headers:
            self.send_header(*header.split(": ", 1))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
