"""A smoke request: have a web UI that is ready make audio, as its page would, before anybody else asks it."""

from __future__ import annotations

import http.client
import io
import json
import os
import wave
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from releases.attempt import Failed, within

#: Bytes of an answer, and of a stream, beyond which something is wrong: audio has a few MB.
_MOST = 100 << 20
_TEXTS = ("textbox", "textarea")


class Smoke(NamedTuple):
    """What is asked of which function of the page; ``timeout`` is in seconds, for all of it."""

    function: str
    text: str
    #: a WAV on this node, for functions that speak in a voice that they are given
    voice: str | None
    timeout: int
    #: the paths and the field by which the front, too, knows a job
    join: str
    stream: str
    session: str


def request(smoke: Smoke, port: int) -> str | None:
    """Send it to the web UI on a port of loopback; return why it must not serve, or None where audio came."""
    return within(smoke.timeout, _Page(port, smoke).speak, "audio", "Gradio's")


class _Page:
    def __init__(self, port: int, smoke: Smoke) -> None:
        self._port, self._smoke = port, smoke
        self._prefix = ""

    def speak(self) -> None:
        smoke = self._smoke
        config = json.loads(self._ask("GET", "/config"))
        self._prefix = config["api_prefix"]
        session = os.urandom(6).hex()
        body = {**self._call(config), smoke.session: session, "event_data": None}
        event = json.loads(self._ask("POST", smoke.join, json.dumps(body).encode(), "application/json"))[
            "event_id"
        ]
        output = self._output(f"{smoke.stream}?{urlencode({smoke.session: session})}", event)
        found = next(_files(output["data"]), None)
        if found is None:
            raise Failed(f"{smoke.function} made no file: {json.dumps(output['data'])[:200]}")
        _must_sound(self._ask("GET", self._address(found)))

    def _call(self, config: dict[str, Any]) -> dict[str, Any]:
        """Return the call of the function with what the page has in its inputs, but for text and voice."""
        name = self._smoke.function
        function = next((one for one in config["dependencies"] if one["api_name"] == name), None)
        if function is None:
            raise Failed(f"the page has no function {name!r}")
        components = {component["id"]: component for component in config["components"]}
        inputs = [components[number] for number in function["inputs"]]
        kinds = [component["type"] for component in inputs]
        data = [component["props"].get("value") for component in inputs]
        at = next((at for at, kind in enumerate(kinds) if kind in _TEXTS), None)
        if at is None:
            raise Failed(f"{name} takes no text")
        data[at] = self._smoke.text
        if self._smoke.voice is not None and "audio" in kinds:
            data[kinds.index("audio")] = self._upload(self._smoke.voice)
        trigger = function["targets"][0][0] if function["targets"] else None
        return {"data": data, "fn_index": function["id"], "trigger_id": trigger}

    def _upload(self, voice: str) -> dict[str, Any]:
        try:
            with open(voice, "rb") as stream:
                content = stream.read()
        except OSError as error:
            raise Failed(f"{voice}: {error.strerror} (smoke_voice names it)") from None
        boundary = os.urandom(16).hex()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="voice.wav"\r\n'
        body = (
            f"{head}Content-Type: audio/wav\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
        )
        kind = f"multipart/form-data; boundary={boundary}"
        [path] = json.loads(self._ask("POST", f"{self._prefix}/upload", body, kind))
        about = {"orig_name": "voice.wav", "size": len(content), "mime_type": "audio/wav"}
        return {"path": path, **about, "meta": {"_type": "gradio.FileData"}}

    def _output(self, path: str, event: str) -> dict[str, Any]:
        with self._open("GET", path) as answer:
            left = _MOST
            while left > 0:
                line = answer.readline(left)
                left -= len(line)
                if not line:
                    raise Failed("the stream ended without an answer")
                if line.startswith(b"data:"):
                    message = json.loads(line[5:])
                    if message["msg"] in ("unexpected_error", "server_stopped"):
                        raise Failed(f"the page says: {message.get('message') or message['msg']}")
                    if message["msg"] == "process_completed" and message["event_id"] == event:
                        if not message["success"]:
                            raise Failed(f"the page says: {message['output'].get('error')}")
                        output: dict[str, Any] = message["output"]
                        return output
        raise Failed(f"more than {_MOST >> 20} MB at {path}")

    def _address(self, file: dict[str, Any]) -> str:
        # of an address, only what comes after this page's own
        path = urlsplit(file["url"]).path if file.get("url") else f"{self._prefix}/file={file['path']}"
        return quote(path, safe="/=%")

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> bytes:
        with self._open(method, path, body, kind) as answer:
            content = answer.read(_MOST + 1)
            if len(content) > _MOST:
                raise Failed(f"more than {_MOST >> 20} MB at {path}")
            if answer.length:
                raise Failed(f"{path} was cut after {len(content)} bytes")
        return content

    @contextmanager
    def _open(
        self, method: str, path: str, body: bytes | None = None, kind: str | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        # a little longer than all may take, so that it is never this limit that is told
        limit = self._smoke.timeout + 1
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=limit)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            with connection.getresponse() as answer:
                if answer.status != 200:
                    raise Failed(f"HTTP {answer.status} at {path.partition('?')[0]}")
                yield answer


def _files(value: Any) -> Any:
    """Yield what of an output is a file, however deep: a component's update has it inside."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value
        else:
            yield from _files(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from _files(one)


def _must_sound(content: bytes) -> None:
    """Raise Failed unless this is audio: a WAV with sound in it, or what begins as another kind does."""
    if content[:4] != b"RIFF":
        if not content.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"fLaC", b"OggS")):
            raise Failed(f"{len(content)} bytes that are no audio: {content[:40]!r}")
        return
    try:
        with wave.open(io.BytesIO(content)) as file:
            samples = file.readframes(file.getnframes())
            whole = file.getnframes() * file.getnchannels() * file.getsampwidth()
    except wave.Error as error:
        if not str(error).startswith("unknown format"):
            raise Failed(f"{len(content)} bytes that are no WAV: {error}") from None
        samples = content[44:]  # samples of floating point, which Python's module does not read
        whole = int.from_bytes(content[4:8], "little") + 8 - 44
    except EOFError:
        samples, whole = b"", 0
    if len(samples) < whole:
        raise Failed(f"a WAV that was cut: {len(samples)} of {whole} bytes of sound")
    if not samples.strip(b"\0"):
        raise Failed(f"a WAV of {len(content)} bytes without sound")
