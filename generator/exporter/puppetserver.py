"""What Puppet Server says of itself: its JRubies, and how long it compiles.

Its status API has that under ``experimental`` (https://www.puppet.com/docs/puppet/8/server/status-api/v1/services):
what is not there is not told, and nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from generator.errors import FleetError, reason

#: Seconds for a connection, and for what comes over it to go on.
TIMEOUT = (3.0, 5.0)


@dataclass(frozen=True)
class Identity:
    """What proves who asks, and who answers: paths of PEM files."""

    cert: str | None = None
    key: str | None = None
    cacert: str | None = None


@dataclass(frozen=True)
class ServerState:
    """Puppet Server since its start; times are seconds, and None is what it does not say.

    ``compiles`` and ``compile_seconds`` only grow; ``borrow_seconds`` is how long a request keeps a JRuby,
    and ``wait_seconds`` how long it waits for one, both on average.
    """

    jrubies: int | None = None
    jrubies_free: int | None = None
    jrubies_requested: int | None = None
    borrow_seconds: float | None = None
    wait_seconds: float | None = None
    refused: int | None = None
    compiles: int | None = None
    compile_seconds: float | None = None


def server_state(url: str, identity: Identity) -> ServerState:
    """Ask the Puppet Server at ``url`` how it is.

    Raises:
        FleetError: it does not answer, or not with a status.
    """
    return read_status(get(f"{url}/status/v1/services", identity, {"level": "debug"}, "Puppet Server"))


def queue_depth(url: str, identity: Identity) -> int | None:
    """Ask the PuppetDB at ``url`` how many commands wait; None where it does not say.

    Raises:
        FleetError: it does not answer, or not with a status.
    """
    status = get(f"{url}/status/v1/services/puppetdb-status", identity, {"level": "info"}, "PuppetDB")
    depth = _in(status, "status", "queue_depth")
    return depth if isinstance(depth, int) else None


def get(url: str, identity: Identity, query: Mapping[str, str], what: str) -> Mapping[str, Any]:
    """Get an object of JSON; ``what`` is who is asked, for the error.

    Raises:
        FleetError: there is none, in one line.
    """
    pair = (identity.cert, identity.key) if identity.cert and identity.key else None
    try:
        answer = requests.get(
            url,
            params=query,
            cert=pair,
            verify=identity.cacert or True,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        # a status of 503 has the services that are up
        if answer.status_code not in (200, 503):
            raise FleetError(f"{what} at {url} answers {answer.status_code}")
        found = answer.json()
    except requests.exceptions.JSONDecodeError:
        raise FleetError(
            f"{what} at {url} gives no status, so it is none or one of another version"
        ) from None
    except OSError as error:
        raise FleetError(f"{what} at {url} cannot be asked: {reason(error)}") from None
    if not isinstance(found, dict):
        raise FleetError(f"{what} at {url} gives no status, so it is none or one of another version")
    return found


def read_status(services: Mapping[str, Any]) -> ServerState:
    """Read what ``/status/v1/services?level=debug`` answers; its times are milliseconds."""
    pool = _in(services, "jruby-metrics", "status", "experimental", "metrics") or {}
    timed = _in(services, "puppet-profiler", "status", "experimental", "catalog-metrics") or []
    compiled = next((row for row in timed if isinstance(row, dict) and row.get("metric") == "compile"), {})
    return ServerState(
        jrubies=_count(pool, "num-jrubies"),
        jrubies_free=_count(pool, "num-free-jrubies"),
        jrubies_requested=_length(pool, "requested-instances"),
        borrow_seconds=_seconds(pool, "average-borrow-time"),
        wait_seconds=_seconds(pool, "average-wait-time"),
        refused=_count(pool, "queue-limit-hit-count"),
        compiles=_count(compiled, "count"),
        compile_seconds=_seconds(compiled, "aggregate"),
    )


def _in(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(row: Any, key: str) -> float | None:
    value = _in(row, key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(row: Any, key: str) -> int | None:
    value = _number(row, key)
    return None if value is None else int(value)


def _length(row: Any, key: str) -> int | None:
    value = _in(row, key)
    return len(value) if isinstance(value, list) else None


def _seconds(row: Any, key: str) -> float | None:
    value = _number(row, key)
    return None if value is None else value / 1000
