"""A smoke request to an HTTP API: have a web UI that is ready do a job, before anybody else asks it."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import quote

from releases.attempt import Failed, within
from releases.fields import field

#: Bytes of an answer beyond which something is wrong: it is JSON.
_MOST = 10 << 20
_POLL_S = 0.5


class SmokeRequest(NamedTuple):
    """The job: a POST to ``path`` of a ``file`` on this node; ``timeout`` is in seconds, for all of it.

    The file is the body, or the ``field`` of a form that has ``form``, too. Where the job goes on after
    that, the answer's field ``event`` is what is asked for below ``results``. In the end, ``answer`` says
    something.
    """

    path: str
    file: str
    timeout: int
    answer: str
    field: str | None = None
    form: Mapping[str, str] = {}
    event: str | None = None
    results: str | None = None


def request(smoke: SmokeRequest, port: int) -> str | None:
    """Send it to the web UI on a port of loopback; return why it must not serve, or None."""
    return within(smoke.timeout, lambda: _do(smoke, port), "answer", "the service's")


def _do(smoke: SmokeRequest, port: int) -> None:
    end = time.monotonic() + smoke.timeout
    answer = _ask(port, smoke, "POST", smoke.path, *_body(smoke))
    if smoke.event is not None:
        event = answer[smoke.event]
        path = f"{smoke.results}{quote(str(event))}"
        answer = {}
        # past the end nobody listens any more
        while not answer and time.monotonic() < end:
            time.sleep(_POLL_S)
            answer = _ask(port, smoke, "GET", path)
    found = field(answer, smoke.answer)
    if found in (None, False, "", [], {}) or (isinstance(found, str) and not found.strip()):
        raise Failed(f"{smoke.path} was answered without {smoke.answer}: {json.dumps(answer)[:200]}")


def _body(smoke: SmokeRequest) -> tuple[bytes, str]:
    """Return the body of the POST, and its type."""
    try:
        with open(smoke.file, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise Failed(f"{smoke.file}: {error.strerror} (smoke_file names it)") from None
    if smoke.field is None:
        return content, "application/json"
    boundary = os.urandom(16).hex()
    name = quote(os.path.basename(smoke.file))
    texts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in smoke.form.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{smoke.field}"; filename="{name}"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    body = "".join(texts).encode() + f"{head}{kind}".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _ask(
    port: int, smoke: SmokeRequest, method: str, path: str, body: bytes | None = None, kind: str | None = None
) -> Any:
    # a little longer than all may take, so that it is never this limit that is told
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=smoke.timeout + 1)
    with closing(connection):
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        with connection.getresponse() as answer:
            content = answer.read(_MOST + 1)
            if answer.status != 200:
                raise Failed(f"HTTP {answer.status} at {path}: {content[:200].decode(errors='replace')}")
    if len(content) > _MOST:
        raise Failed(f"more than {_MOST >> 20} MB at {path}")
    return json.loads(content)
