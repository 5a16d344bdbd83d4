"""PuppetDB: the nodes that reported, with the facts and the certificate of their last run.

Where it is, and by which certificate it answers, is read from where Puppet's own client tools have it
(https://www.puppet.com/docs/puppetdb/8/pdb_client_tools, ``puppetdb.conf``):

    {"puppetdb": {"server_urls": "https://puppet.example.org:8081",
                  "cacert": "/…/ca.pem", "cert": "/…/desk.example.org.pem", "key": "/…/desk.example.org.key"}}
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pypuppetdb

from generator.errors import FleetError, InputError
from generator.inventory import KnownNode

#: Seconds for a connection, and for what comes over it to go on.
TIMEOUT = (3.0, 6.0)
#: Seconds for the whole answer, however it trickles in.
LIMIT = 30.0

_NO_INVENTORY = "gives no inventory, so it is none or one of another version"
_SHAPE = '{"puppetdb": {"server_urls": "https://HOST:8081", "cacert": "…", "cert": "…", "key": "…"}}'


@dataclass(frozen=True)
class PuppetDB:
    """One PuppetDB, and what proves to it who asks; ``path`` is the file that says so."""

    path: Path
    url: str
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    token: str | None = None

    @classmethod
    def load(cls, path: Path) -> PuppetDB:
        """Read the settings of Puppet's client tools; of several servers the first is asked.

        Raises:
            InputError: the file is none of theirs.
        """
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise InputError(path, error.lineno, error.colno, f"this is no JSON ({error.msg})") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(path, 1, 1, f"cannot be read ({error})") from None
        settings = settings.get("puppetdb") if isinstance(settings, dict) else None
        if not isinstance(settings, dict):
            raise InputError(path, 1, 1, f"these are no settings of PuppetDB's clients (write {_SHAPE})")
        urls = settings.get("server_urls")
        url = urls[0] if isinstance(urls, list) and urls else urls
        url = url.split(",")[0] if isinstance(url, str) else None
        if url is None or not _is_url(url):
            raise InputError(path, 1, 1, f"server_urls is {urls!r}, which is no address (write {_SHAPE})")
        words = {name: settings.get(name) for name in ("cacert", "cert", "key", "token")}
        for name, word in words.items():
            if word is not None and not isinstance(word, str):
                raise InputError(path, 1, 1, f"{name} is {word!r}, which is no text (write {_SHAPE})")
        return cls(path, url, **words)

    @property
    def address(self) -> str:
        """Where it is, without the password that ``url`` may hold."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def nodes(self) -> list[KnownNode]:
        """List the nodes that are not deactivated, by name.

        Raises:
            FleetError: PuppetDB does not answer within LIMIT, not with an inventory, or knows no node.
        """
        answer: Queue[list[Any] | Exception] = Queue()

        def ask() -> None:
            try:
                answer.put(list(self._connect().inventory()))
            except Exception as error:
                answer.put(error)

        # A thread that nobody waits for: what answers a byte a second keeps within the library's limits.
        Thread(target=ask, daemon=True).start()
        try:
            found = answer.get(timeout=LIMIT)
        except Empty:
            raise self._error(f"does not come to an end within {LIMIT:g} s") from None
        if isinstance(found, Exception):
            raise self._error(self._complaint(found)) from None
        if not found:
            raise self._error("knows no node")
        return sorted((self._node(entry) for entry in found), key=lambda node: node.certname)

    def _node(self, entry: Any) -> KnownNode:
        """Take one entry; a node that sent no facts, or that no certificate vouches for, has none."""
        name, trusted, facts = entry.node, entry.trusted or {}, entry.facts or {}
        if isinstance(trusted, dict):
            trusted = {**trusted, "extensions": trusted.get("extensions") or {}}
        if not isinstance(name, str) or not isinstance(trusted, dict) or not isinstance(facts, dict):
            raise self._error(_NO_INVENTORY)
        return KnownNode(name, trusted, facts)

    def _error(self, complaint: str) -> FleetError:
        return FleetError(f"{self.path}: PuppetDB at {self.address} {complaint} (--offline does without it)")

    def _connect(self) -> Any:
        # its own log says again what its errors say
        logging.getLogger("pypuppetdb").setLevel(logging.CRITICAL)
        parts = urlsplit(self.url)
        return pypuppetdb.connect(
            host=parts.hostname,
            port=parts.port or 8081,
            protocol=parts.scheme,
            url_path=parts.path,
            ssl_verify=self.cacert or True,
            ssl_cert=self.cert,
            ssl_key=self.key,
            token=self.token,
            username=parts.username,
            password=parts.password,
            timeout=TIMEOUT,
        )

    def _complaint(self, error: BaseException) -> str:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            asker = self.cert or "who has no certificate"
            return f"refuses {asker}: profile::puppetdb::clients names whom it answers"
        if status:
            return f"answers {status}"
        # what requests raises for a text that is no JSON is an OSError, too
        if isinstance(error, (ValueError, AttributeError, KeyError, TypeError)):
            return _NO_INVENTORY
        return f"cannot be asked: {_reason(error)}"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _reason(error: BaseException) -> str:
    """Find what came first: the libraries wrap the system's word in several of their own."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return getattr(error, "verify_message", "") or getattr(error, "strerror", None) or str(error)
