"""PuppetDB: the record of every node's runs, and how it is asked.

Where it is, and by which certificate it answers, is read from where Puppet's own client tools have it
(https://www.puppet.com/docs/puppetdb/8/pdb_client_tools, ``puppetdb.conf``):

    {"puppetdb": {"server_urls": "https://puppet.example.org:8081",
                  "cacert": "/…/ca.pem", "cert": "/…/desk.example.org.pem", "key": "/…/desk.example.org.key"}}
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pypuppetdb

from generator.bounded import Begun, Unfinished
from generator.errors import FleetError, InputError, reason
from generator.inventory import KnownNode

#: Seconds for a connection, and for what comes over it to go on.
TIMEOUT = (3.0, 6.0)
#: Seconds for the whole inventory, however it trickles in: all facts of a fleet.
LIMIT = 30.0
#: Seconds for the answers to queries that are asked together.
QUERY_LIMIT = 10.0

_NO_INVENTORY = "gives no inventory, so it is none or one of another version"
_NO_ANSWER = "gives no answer to a query, so it is none or one of another version"
_SHAPE = '{"puppetdb": {"server_urls": "https://HOST:8081", "cacert": "…", "cert": "…", "key": "…"}}'


class Limit(NamedTuple):
    """How long an answer may take, and when that is over (:func:`time.monotonic`)."""

    seconds: float
    end: float

    @classmethod
    def of(cls, seconds: float) -> Limit:
        """Make the limit of ``seconds`` from now on."""
        return cls(seconds, time.monotonic() + seconds)


@dataclass(frozen=True)
class PuppetDB:
    """One PuppetDB, and what proves to it who asks; ``path`` is the file that says so.

    ``limit``, where it is set, is for all that it is asked.
    """

    path: Path
    url: str
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    token: str | None = None
    limit: Limit | None = None

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
        found = self._within(LIMIT, lambda api: api.inventory(), _NO_INVENTORY)
        if not found:
            raise self._error("knows no node")
        return sorted((self._node(entry) for entry in found), key=lambda node: node.certname)

    def within(self, seconds: float) -> PuppetDB:
        """Return the same PuppetDB, all of whose answers from now on have to come within ``seconds``."""
        return replace(self, limit=Limit.of(seconds))

    def query(self, pql: str) -> list[dict[str, Any]]:
        """Answer a query in PuppetDB's language (https://www.puppet.com/docs/puppetdb/8/api/query/v4/pql).

        It names what it wants of each entry, as in ``nodes[certname]{...}``: the answer has just that.

        Raises:
            FleetError: PuppetDB does not answer within QUERY_LIMIT, or not with a list of such entries.
        """
        [found] = self.queries(pql)
        return found

    def queries(self, *pql: str) -> list[list[dict[str, Any]]]:
        """Answer several queries, asked at once; QUERY_LIMIT is for all of them.

        Raises:
            FleetError: as :meth:`query` does.
        """
        limit = self.limit or Limit.of(QUERY_LIMIT)
        # By POST: PuppetDB takes no more than 8 KiB of address and headers, and a query may be longer, which
        # the library's own pql() does not know.
        answers = [self._ask(methodcaller("_pql", text, request_method="POST")) for text in pql]
        found = [self._wait(answer, limit, _NO_ANSWER) for answer in answers]
        if not all(isinstance(entry, dict) for entries in found for entry in entries):
            raise self.stranger()
        return found

    def stranger(self) -> FleetError:
        """Make the error for an answer that lacks what was asked for."""
        return self._error(_NO_ANSWER)

    def deactivate(self, certname: str) -> None:
        """Have a node be none of the fleet's any more; its record stays for PuppetDB's ``node-purge-ttl``.

        PuppetDB takes the command, and carries it out a little later
        (https://www.puppet.com/docs/puppetdb/8/api/command/v1/commands, ``deactivate node``).

        Raises:
            FleetError: PuppetDB does not take it within QUERY_LIMIT.
        """
        payload = {"certname": certname, "producer_timestamp": datetime.now(UTC).isoformat()}
        self._within(QUERY_LIMIT, lambda api: [api.command("deactivate node", payload)], _NO_ANSWER)

    def _within(self, limit: float, ask: Callable[[Any], Iterable[Any]], nonsense: str) -> list[Any]:
        """Ask for a list; ``nonsense`` is what an answer is called that is none."""
        return self._wait(self._ask(ask), Limit.of(limit), nonsense)

    def _ask(self, ask: Callable[[Any], Iterable[Any]]) -> Begun[list[Any]]:
        """Ask for a list, in a thread: what answers a byte a second keeps within the library's limits."""
        return Begun(lambda: list(ask(self._connect())))

    def _wait(self, answer: Begun[list[Any]], limit: Limit, nonsense: str) -> list[Any]:
        try:
            return answer.result(limit.end - time.monotonic())
        except Unfinished:
            raise self._error(f"does not come to an end within {limit.seconds:g} s") from None
        except Exception as error:
            raise self._error(self._complaint(error, nonsense)) from None

    def _node(self, entry: Any) -> KnownNode:
        """Take one entry; a node that sent no facts, or that no certificate vouches for, has none."""
        name, trusted, facts = entry.node, entry.trusted or {}, entry.facts or {}
        if isinstance(trusted, dict):
            trusted = {**trusted, "extensions": trusted.get("extensions") or {}}
        if not isinstance(name, str) or not isinstance(trusted, dict) or not isinstance(facts, dict):
            raise self._error(_NO_INVENTORY)
        return KnownNode(name, trusted, facts)

    def _error(self, complaint: str) -> FleetError:
        return FleetError(f"{self.path}: PuppetDB at {self.address} {complaint}")

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

    def _complaint(self, error: BaseException, nonsense: str) -> str:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            asker = self.cert or "who has no certificate"
            return f"refuses {asker}: profile::puppetdb::clients names whom it answers"
        if status:
            return f"answers {status}"
        # what requests raises for a text that is no JSON is an OSError, too
        if isinstance(error, (ValueError, AttributeError, KeyError, TypeError)):
            return nonsense
        return f"cannot be asked: {reason(error)}"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
