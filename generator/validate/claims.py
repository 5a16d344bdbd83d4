"""What only one may have: a name that one machine answers to, a port that one service listens on."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from generator.inventory import KnownNode
from generator.service import Service
from generator.validate.finding import Finding, at
from generator.validate.fleet import Fleet, Setting, some
from generator.validate.layout import is_of_one_node
from generator.validate.repository import SERVICES, Repository
from generator.yaml_source import Document, load

#: What a key claims for the one node whose file says it: no other may say the same.
EXCLUSIVE = {"profile::puppet_ca::dns_alt_names": "name of the Puppet server"}


def check_claims(repository: Repository) -> Iterator[Finding]:
    """Yield what two nodes' files claim and only one node may have."""
    claimed: dict[tuple[str, Any], Document] = {}
    for document in repository.documents:
        if not is_of_one_node(repository.levels[document.path]):
            continue
        for key, what in EXCLUSIVE.items():
            value = document.data.get(key)
            for number, name in enumerate(value if isinstance(value, list) else []):
                if not isinstance(name, str):
                    continue
                first = claimed.setdefault((key, name), document)
                if first is not document:
                    message = f"{name} is a {what} already in {first.path.name} (one machine answers to it)"
                    yield at(document, (key, number), message)


@dataclass(frozen=True)
class _Socket:
    """Where a service listens on a node."""

    service: Service
    port: Setting
    address: Any

    def meets(self, other: _Socket) -> bool:
        """Whether both cannot listen at once. A wildcard of one family leaves the other family alone."""
        if self.port.value != other.port.value:
            return False
        try:
            here, there = ip_address(self.address), ip_address(other.address)
        except ValueError:
            return False
        wildcard = here.is_unspecified or there.is_unspecified
        return here == there or (wildcard and here.version == there.version)


def check_ports(repository: Repository) -> Iterator[Finding]:
    """Yield ports that two services of a known node listen on."""
    fleet = repository.fleet
    clashes: dict[tuple[Path, int, str, str], list[str]] = defaultdict(list)
    for node in fleet.nodes:
        found = (_socket(fleet, node, service) for service in fleet.services(node))
        sockets = sorted(filter(None, found), key=lambda socket: socket.port.place)
        for late, early in itertools.combinations(sockets, 2):
            if late.meets(early):
                # the more specific word is the one to change
                definition = repository.root / "hieradata" / SERVICES / f"{late.service.name}.yaml"
                path = late.port.document.path if late.port.document else definition
                clash = path, late.port.value, late.service.name, early.service.name
                clashes[clash].append(node.certname)
    for (path, port, service, other), nodes in clashes.items():
        key = f"{service}::port"
        message = f"{key}: {port} is the port of {other}, too, on {some(nodes)} (give each one of its own)"
        document = fleet.documents.get(path)
        yield at(document, (key,), message) if document else at(load(path), ("port",), message)


def _socket(fleet: Fleet, node: KnownNode, service: Service) -> _Socket | None:
    """Return where a service listens; None where it is not there, or that is not known."""
    ensure, port, address = (fleet.setting(node, service, name) for name in ("ensure", "port", "address"))
    if not (ensure and port and address) or ensure.value == "absent" or not isinstance(port.value, int):
        return None
    return _Socket(service, port, address.value)
