"""The endpoint over HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shipper.deadline import Late, within
from shipper.errors import Unavailable

#: Bytes of an answer that are read.
_ANSWER = 64 * 1024 * 1024
#: What a connection says that the other side has closed.
_GONE = (ConnectionError, http.client.BadStatusLine, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True)
class Settings:
    """What is known of the endpoint; ``ca_file`` is the system's authorities where it is not set.

    ``timeout`` is the seconds that a whole answer may take, ``longest_pause`` those between two tries: with
    those of a batch (PATIENCE of delivery.py) they are below the 60 after which rsyslog starts the program
    anew (confirmTimeout).
    """

    url: str
    user: str | None = None
    password: str | None = None
    api_key: str | None = None
    ca_file: str | None = None
    setup: bool = False
    retention_days: int = 90
    timeout: float = 15
    longest_pause: float = 15

    @staticmethod
    def read(path: Path) -> Settings:
        """Read them from a file of JSON."""
        return Settings(**json.loads(path.read_text(encoding="utf-8")))


class Endpoint:
    """A connection that is kept as long as it holds."""

    def __init__(self, settings: Settings) -> None:
        """Connect with the first request."""
        self._settings = settings
        self._at = urlsplit(settings.url)
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, content: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Send a request: the status, and the JSON of the answer (None where it is none).

        Raises Unavailable where there is no answer in time.
        """
        try:
            with within(self._settings.timeout):
                status, text = self._answer(method, path, content, kind)
        except (OSError, http.client.HTTPException, Late) as error:
            self.close()
            raise Unavailable(f"{self._settings.url}: {str(error) or type(error).__name__}") from None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def close(self) -> None:
        """Forget the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _answer(self, method: str, path: str, content: bytes, kind: str) -> tuple[int, bytes]:
        if self._connection:
            try:
                return self._once(method, path, content, kind)
            except _GONE:
                # An endpoint closes what was idle, and that shows with the next request only. All that is
                # asked may be asked twice: a document has its id, and a setting is put as it is.
                self.close()
        return self._once(method, path, content, kind)

    def _once(self, method: str, path: str, content: bytes, kind: str) -> tuple[int, bytes]:
        headers = {"Content-Type": kind, "Accept": "application/json", **self._identity()}
        connection = self._connected()
        connection.request(method, self._at.path.rstrip("/") + path, content or None, headers)
        answer = connection.getresponse()
        text = answer.read(_ANSWER)
        if answer.will_close:
            self.close()
        return answer.status, text

    def _connected(self) -> http.client.HTTPConnection:
        if not self._connection:
            host, wait = self._at.hostname or "", self._settings.timeout
            if self._at.scheme == "https":
                context = ssl.create_default_context(cafile=self._settings.ca_file)
                port = self._at.port or 443
                self._connection = http.client.HTTPSConnection(host, port, timeout=wait, context=context)
            else:
                self._connection = http.client.HTTPConnection(host, self._at.port or 80, timeout=wait)
        return self._connection

    def _identity(self) -> dict[str, str]:
        if self._settings.api_key:
            return {"Authorization": f"ApiKey {self._settings.api_key}"}
        if self._settings.user:
            pair = f"{self._settings.user}:{self._settings.password or ''}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}
