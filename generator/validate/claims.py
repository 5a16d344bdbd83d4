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


#: The parameters that are a port, with how many on loopback come after it, and whether it is on the address.
_PORTS = {"port": (2, True), "plain_port": (0, True), "metrics_port": (0, False)}
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class _Socket:
    """Where a service listens on a node, and the setting that says so."""

    service: Service
    setting: Setting
    port: int
    address: Any

    def meets(self, other: _Socket) -> bool:
        """Whether both cannot listen at once. A wildcard of one family leaves the other family alone."""
        if self.port != other.port:
            return False
        try:
            here, there = ip_address(self.address), ip_address(other.address)
        except ValueError:
            return False
        wildcard = here.is_unspecified or there.is_unspecified
        return here == there or (wildcard and here.version == there.version)


def check_ports(repository: Repository) -> Iterator[Finding]:
    """Yield ports that two services of a known node, or two parts of one, listen on."""
    fleet = repository.fleet
    clashes: dict[tuple[Path, str, str], dict[str, int]] = defaultdict(dict)
    for node in fleet.nodes:
        found = [socket for service in fleet.services(node) for socket in _sockets(fleet, node, service)]
        for late, early in itertools.combinations(sorted(found, key=lambda each: each.setting.place), 2):
            if late.setting.key != early.setting.key and late.meets(early):
                # the more specific word is the one to change
                definition = repository.root / "hieradata" / SERVICES / f"{late.service.name}.yaml"
                path = late.setting.document.path if late.setting.document else definition
                whose = early.service.name if early.service is not late.service else early.setting.key
                clashes[path, late.setting.key, whose].setdefault(node.certname, late.port)
    for (path, key, other), nodes in clashes.items():
        port = next(iter(nodes.values()))
        message = f"{key}: {port} is a port of {other}, too, on {some(nodes)} (give each one of its own)"
        document = fleet.documents.get(path)
        yield at(document, (key,), message) if document else at(load(path), ("port",), message)


def _sockets(fleet: Fleet, node: KnownNode, service: Service) -> Iterator[_Socket]:
    """Yield where a service listens; nothing where it is not there, or that is not known."""
    ensure, address = (fleet.setting(node, service, name) for name in ("ensure", "address"))
    if not (ensure and address) or ensure.value == "absent":
        return
    for name, (after, on_address) in _PORTS.items():
        setting = fleet.setting(node, service, name)
        if setting and isinstance(setting.value, int):
            yield _Socket(service, setting, setting.value, address.value if on_address else _LOOPBACK)
            for number in range(1, after + 1):
                yield _Socket(service, setting, setting.value + number, _LOOPBACK)
