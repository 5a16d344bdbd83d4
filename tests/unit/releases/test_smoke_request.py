"""The smoke request to an HTTP API: one whose jobs end with their answer, and one with a queue of its own."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from releases.smoke_request import SmokeRequest, request
from tests.unit.api_service import api


@pytest.fixture
def speech(tmp_path: Path) -> SmokeRequest:
    """A recording that is to be recognised."""
    (tmp_path / "it's.wav").write_bytes(b"RIFF\x00\r\n--")
    return SmokeRequest("/v1/recognise", str(tmp_path / "it's.wav"), 5, "text", "file", {"model": "a/b"})


@pytest.fixture
def picture(tmp_path: Path) -> SmokeRequest:
    """A picture that is to be drawn, in its own time."""
    (tmp_path / "job.json").write_text('{"prompt": {}}')
    return SmokeRequest(
        "/prompt", str(tmp_path / "job.json"), 5, "*.done", event="prompt_id", results="/history/"
    )


def test_a_form_has_the_file_and_the_fields(speech: SmokeRequest) -> None:
    with api() as server:
        assert request(speech, server.server_port) is None
        [(path, kind, body)] = server.posts
    assert path == "/v1/recognise"
    parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).get_payload()
    found = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in parts
        if isinstance(part, Message)
    }
    assert found == {"model": b"a/b", "file": b"RIFF\x00\r\n--"}


def test_a_job_that_goes_on_is_asked_for_until_it_is_done(picture: SmokeRequest) -> None:
    with api() as server:
        server.answer = {"prompt_id": "7-a"}
        server.pages["/history/7-a"] = [{}, {"7-a": {"done": True}}]
        assert request(picture, server.server_port) is None
        [(path, kind, body)] = server.posts
    assert (path, kind, json.loads(body)) == ("/prompt", "application/json", {"prompt": {}})


@pytest.mark.parametrize("answer", [{"text": ""}, {"text": " "}, {"words": "hello"}, {}, ["text"], None])
def test_an_answer_that_says_nothing_is_none(speech: SmokeRequest, answer: Any) -> None:
    with api() as server:
        server.answer = answer
        said = request(speech, server.server_port)
    assert said == f"smoke request: /v1/recognise was answered without text: {json.dumps(answer)}"


def test_a_refusal_is_said_in_its_own_words(speech: SmokeRequest) -> None:
    with api() as server:
        server.status, server.answer = 404, {"detail": "no such model"}
        said = request(speech, server.server_port)
    assert said == 'smoke request: HTTP 404 at /v1/recognise: {"detail": "no such model"}'


def test_a_job_that_fails_or_never_ends_is_said(picture: SmokeRequest) -> None:
    with api() as server:
        server.answer = {"prompt_id": "7"}
        server.pages["/history/7"] = {"7": {"done": False}}
        said = request(picture, server.server_port)
        assert said == 'smoke request: /prompt was answered without *.done: {"7": {"done": false}}'
        server.pages["/history/7"] = {}
        said = request(picture._replace(timeout=1), server.server_port)
        assert said in (
            "smoke request: no answer within 1 s",
            "smoke request: /prompt was answered without *.done: {}",
        )


def test_what_is_no_answer_of_the_service_is_said(picture: SmokeRequest) -> None:
    with api() as server:
        server.answer = b"<html>"
        said = request(picture, server.server_port)
        assert said is not None and said.startswith("smoke request: an answer that is not the service's: ")
        server.answer = {"number": 1}
        said = request(picture, server.server_port)
    assert said == "smoke request: an answer that is not the service's: KeyError('prompt_id')"


def test_a_file_that_is_not_there_is_named(speech: SmokeRequest) -> None:
    said = request(speech._replace(file="/nowhere.wav"), 9)
    assert said == "smoke request: /nowhere.wav: No such file or directory (smoke_file names it)"
