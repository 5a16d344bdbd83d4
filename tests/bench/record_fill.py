"""Filling a PuppetDB: commands over HTTP, as Puppet Server sends them, no more than it keeps up with."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local
from urllib.parse import urlencode

from generator.errors import FleetError
from generator.progress import say
from generator.puppetdb import PuppetDB
from tests.bench.record_data import Command

SENDERS = 4
#: Commands that PuppetDB has taken into its queue and not stored yet, at most twice as many.
BATCH = 1000
#: Seconds until PuppetDB has to have stored some more.
PATIENCE = 300
#: Where PuppetDB has what a command brought.
STORED = {"replace_facts": "factsets", "replace_catalog": "catalogs", "store_report": "reports"}


def fill(host: str, port: int, commands: Iterable[Command], total: int) -> None:
    """Send all ``commands``, of which none replaces another, and wait until PuppetDB has stored ``total``."""
    puppetdb = PuppetDB(Path("none"), f"http://{host}:{port}")
    connections = local()

    def connection() -> http.client.HTTPConnection:
        if getattr(connections, "one", None) is None:
            connections.one = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        one: http.client.HTTPConnection = connections.one
        return one

    def send(command: Command) -> None:
        try:
            _send(connection(), command)
        except ConnectionError:
            # one that stood idle for half a minute was closed; a command that was taken all the same is the same
            connections.one = None
            _send(connection(), command)

    before = _wait_for(puppetdb, 0)
    began, sent = time.monotonic(), before
    with ThreadPoolExecutor(SENDERS) as pool:
        for batch in _batches(commands):
            list(pool.map(send, batch))
            sent += len(batch)
            stored = _wait_for(puppetdb, min(total, max(0, sent - BATCH)))
            if sent // BATCH % 5 == 0:
                rate = (stored - before) / (time.monotonic() - began)
                say(f"    {stored} of {total} commands stored, {rate:.0f} a second")
    _wait_for(puppetdb, total)


def _send(connection: http.client.HTTPConnection, command: Command) -> None:
    words = {
        "command": command.name,
        "version": command.version,
        "certname": command.certname,
        "producer-timestamp": command.sent,
    }
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/pdb/cmd/v1?{urlencode(words)}", json.dumps(command.payload), headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body


def _batches(commands: Iterable[Command]) -> Iterator[list[Command]]:
    batch: list[Command] = []
    for command in commands:
        batch.append(command)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _wait_for(puppetdb: PuppetDB, wanted: int) -> int:
    """Wait until so many commands are stored; return how many are."""
    last, since = -1, time.monotonic()
    while True:
        stored = _stored(puppetdb)
        if stored is not None and stored >= wanted:
            return stored
        if stored is not None and stored != last:
            last, since = stored, time.monotonic()
        assert time.monotonic() - since < PATIENCE, (
            f"PuppetDB stored {last} of {wanted} commands, and no more"
        )
        time.sleep(0.5)


def _stored(puppetdb: PuppetDB) -> int | None:
    """Count what is stored; None where PuppetDB is too busy storing to say."""
    try:
        counts = puppetdb.queries(*(f"{kind}[count()]{{}}" for kind in STORED.values()))
    except FleetError:
        return None
    return sum(int(count["count"]) for [count] in counts)
