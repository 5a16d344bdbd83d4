"""The smoke request, to a page that speaks Gradio's protocol, and every way in which it can go wrong."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from releases import smoke
from releases.attempt import Failed
from releases.smoke import Smoke, request
from tests.load.wav import silence
from tests.unit.gradio_page import page, wav

SMOKE = Smoke(
    "gen_single", "你好", None, 20, "/gradio_api/queue/join", "/gradio_api/queue/data", "session_hash"
)


def test_a_page_that_makes_audio_may_serve(tmp_path: Path) -> None:
    voice = tmp_path / "voice.wav"
    voice.write_bytes(silence())
    with page() as server:
        assert request(SMOKE._replace(voice=str(voice)), server.server_address[1]) is None
        [job] = server.joins.values()
    uploaded, text, slider = job["data"]
    assert (uploaded["path"], text, slider) == ("/tmp/voice.wav", "你好", 0.5)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("config 503", "HTTP 503 at /config"),
        ("config cut", "RemoteDisconnected: Remote end closed connection without response"),
        ("config hangs", "no audio within 1 s"),
        ("no function", "the page has no function 'gen_single'"),
        ("another config", "an answer that is not Gradio's: KeyError('api_prefix')"),
        ("join 503", "HTTP 503 at /gradio_api/queue/join"),
        ("data hangs", "no audio within 1 s"),
        ("stream ends", "the stream ended without an answer"),
        ("session unknown", "the page says: 404: Not Found"),
        ("the model says no", "the page says: no such voice"),
        ("no output", "gen_single made no file: []"),
        ("file 503", "HTTP 503 at /gradio_api/file="),
        ("no audio", "6 bytes that are no audio: b'<html>'"),
        ("no sound", "bytes without sound"),
        ("half the audio", "a WAV that was cut: 956 of"),
        ("audio cut", "was cut after 1000 bytes"),
    ],
)
def test_a_page_that_makes_none_may_not(wrong: str, reason: str) -> None:
    with page(wrong) as server:
        said = request(SMOKE._replace(timeout=1), server.server_address[1])
    assert said is not None
    assert said.startswith("smoke request: ")
    assert reason in said


def test_an_error_that_nobody_thought_of_is_said_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(_: bytes) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(smoke, "_must_sound", strange)
    with page() as server:
        said = request(SMOKE, server.server_address[1])
    assert said == "smoke request: an answer that is not Gradio's: ZeroDivisionError('division by zero')"


def test_nobody_there_is_a_reason(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert request(SMOKE, port) == "smoke request: ConnectionRefusedError: [Errno 111] Connection refused"


def test_a_voice_that_is_not_there_is_named(tmp_path: Path) -> None:
    with page() as server:
        said = request(SMOKE._replace(voice="/nowhere.wav"), server.server_address[1])
    assert said == "smoke request: /nowhere.wav: No such file or directory (smoke_voice names it)"


def test_an_answer_that_comes_byte_by_byte_ends_in_time() -> None:
    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        began = time.monotonic()
        assert (
            request(SMOKE._replace(timeout=1), server.getsockname()[1])
            == "smoke request: no audio within 1 s"
        )
    assert time.monotonic() - began < 3


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "_MOST", 100)
    with page() as server:
        assert request(SMOKE, server.server_address[1]) == "smoke request: more than 0 MB at /config"


@pytest.mark.parametrize("content", [b"ID3\x04" + b"x" * 200, wav(None), b"OggS" + b"x" * 200])
def test_audio_of_other_kinds_is_audio(content: bytes) -> None:
    smoke._must_sound(content)


def test_silence_is_no_audio() -> None:
    with pytest.raises(Failed, match="without sound"):
        smoke._must_sound(silence())


def test_a_file_is_found_in_an_update_of_its_component() -> None:
    update = json.loads(
        '[{"__type__": "update", "value": {"path": "/tmp/a.wav", "url": null}, "visible": true}]'
    )
    assert [one["path"] for one in smoke._files(update)] == ["/tmp/a.wav"]
