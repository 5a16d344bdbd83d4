"""What Puppet says of a service, in /etc/releases/SERVICE.json, and the names that follow from it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from releases import files
from releases.errors import ReleasesError

SLOTS = ("blue", "green")

_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,200}\.[0-9a-f]{8}")
_LISTS = ("backends", "idle_backends", "front_ports")


class Places(NamedTuple):
    """Where a node keeps what all services share."""

    descriptions: str = "/etc/releases"
    states: str = "/var/lib/releases"
    #: root's alone: in /run/lock, anybody could put something in a lock's place
    locks: str = "/run/releases"
    units: str = "/etc/systemd/system"


class Description(NamedTuple):
    """A service as this program needs to know it; times in seconds."""

    service: str
    webui: str
    front: str
    #: where the front has its sockets
    front_dir: str
    #: where the front listens, as HAProxy binds it: 0.0.0.0:7860
    front_ports: tuple[str, ...]
    releases_dir: str
    deployments_dir: str
    wanted_release: str
    handover: str
    drain_timeout: int
    ready_timeout: int
    retry_after: int
    keep_releases: int
    #: card to slot to the loopback port of its web UI
    cards: Mapping[str, Mapping[str, int]]
    #: whose running requests are jobs
    backends: tuple[str, ...]
    #: the one of them through which each new job comes
    entrance: str
    #: whose running requests hold nobody up
    idle_backends: tuple[str, ...]
    #: what has to be answered before a release serves, in the words of releases.smoke or of smoke_request
    smoke: Mapping[str, Any] | None = None
    #: where a web UI says how many jobs it has that the front does not see, in the words of releases.queue
    queue: Mapping[str, str] | None = None
    #: the program that keeps the service's weights, where it has any
    weights: str | None = None
    #: the program that says why the service could not start on this machine, where it needs more than itself
    gate: str | None = None
    #: the program that says whether a card is lost, by its UUID
    lost: str | None = None
    #: how long a start may wait for other units before ``ready_timeout`` counts
    wait_timeout: int = 0
    #: the file by which the front knows which release is in which slot, and whether a new job would wait
    notice: str | None = None
    #: the file by which Prometheus is told of the service
    metrics: str | None = None
    #: card to its UUID, where it is bound to one
    bindings: Mapping[str, str | None] = {}

    def unit(self, card: str, slot: str) -> str:
        """Name the unit of a slot."""
        return f"{self.webui}@{card}-{slot}.service"

    def all_units(self) -> list[str]:
        """Name the units of all slots."""
        return [self.unit(card, slot) for card in self.cards for slot in SLOTS]

    def port(self, server: str) -> int | None:
        """Say on which port of loopback the web UI of a server of the front (0-blue) listens.

        None for one of a card that the service has no more.
        """
        card, _, slot = server.rpartition("-")
        return self.cards.get(card, {}).get(slot)

    def place(self, card: str, slot: str) -> str:
        """Say where the web UI of a slot listens."""
        return f"127.0.0.1:{self.cards[card][slot]}"


def release_of(identifier: str) -> str:
    """Name the release of a deployment: its ID without the digest of the unit."""
    return identifier.rpartition(".")[0]


def is_id(text: str) -> bool:
    """Say whether ``text`` has the form of a deployment's ID, and so is safe in a path."""
    return _ID.fullmatch(text) is not None


def services(places: Places) -> list[str]:
    """List the services that Puppet has described on this node."""
    try:
        names = os.listdir(places.descriptions)
    except FileNotFoundError:
        return []
    return sorted(name[:-5] for name in names if name.endswith(".json") and _SERVICE.fullmatch(name[:-5]))


def load(service: str, places: Places) -> Description:
    """Read a service's description; raises ReleasesError where it is missing or wrong."""
    path = f"{places.descriptions}/{service}.json"
    text = files.read(path) if _SERVICE.fullmatch(service) else None
    if text is None:
        known = ", ".join(services(places)) or "none; Puppet writes them"
        raise ReleasesError(f"{service!r} is no service of {places.descriptions} (there is: {known})")
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise ReleasesError(
            f"{path}: {type(error).__name__}: {error} (a Puppet run writes it anew; puppet agent --test)"
        ) from None


def _parse(data: dict[str, Any]) -> Description:
    for name, kind in _KINDS.items():
        if type(data[name]) is not kind:
            raise TypeError(f"{name} is {data[name]!r}, not of type {kind.__name__}")
    if data["handover"] not in ("hold", "overlap"):
        raise ValueError(f"handover is {data['handover']!r} (hold or overlap)")
    for card, ports in data["cards"].items():
        if set(ports) != set(SLOTS):
            raise ValueError(f"card {card} has the slots {sorted(ports)} (blue and green)")
    lists = {name: tuple(data[name]) for name in _LISTS}
    names = ("smoke", "queue", "weights", "gate", "lost", "notice", "metrics")
    optional = {name: data.get(name) for name in names}
    optional |= {"bindings": data.get("bindings", {}), "wait_timeout": data.get("wait_timeout", 0)}
    return Description(**{**{name: data[name] for name in _KINDS}, **lists, **optional})


_KINDS: dict[str, type] = {
    **dict.fromkeys(
        "service webui front front_dir releases_dir deployments_dir wanted_release handover entrance".split(),
        str,
    ),
    **dict.fromkeys("drain_timeout ready_timeout retry_after keep_releases".split(), int),
    "cards": dict,
    **dict.fromkeys(_LISTS, list),
}
