"""Gateways of the lab before its nodes, as tests and benches speak of them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import yaml

from generator.lab import network

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

#: The machines before the nodes, by names that all of the lab knows.
GATEWAYS = ("tts7", "tts8")
#: The nodes that there are where nothing else is said.
NODES = ("tts1", "tts2")
#: What two of them share; no machine of the lab has it.
SHARED = "10.77.0.5"
UNIT, CONFIG = "indextts2-gateway.service", "/etc/gateway/indextts2/haproxy.cfg"
SERVICES, PORT, METRICS = "profile::gateway::services", 7860, 8405
OF_NODES = "hieradata/roles/tts_node.yaml"
#: Whom a node lets in: itself, the watch, and gateways; not the machine of the lab, where clients are.
LET_IN = ["127.0.0.0/8", *(network.address(name) for name in (network.SERVER, *GATEWAYS))]
#: Asked on a gateway, which has no curl.
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
_UP = re.compile(r'haproxy_server_status\{proxy="new",server="([^".]+)\.[^"]*",state="UP"\} 1')


def data(**options: object) -> dict[str, object]:
    """Say what a gateway is told: clients of the lab come in."""
    return {SERVICES: {"indextts2": {"port": PORT, "allowed_networks": [network.NETWORK], **options}}}


@contextmanager
def gateways(fleet: Fleet, nodes: Sequence[str], told: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """Have gateways, each of which is ``told`` what is in its own file, before nodes that let in nobody else."""
    before = (fleet.lab.folders.control / OF_NODES).read_text()
    let_in = yaml.safe_dump({"indextts2::allowed_networks": LET_IN})
    fleet.lab.commit({OF_NODES: let_in}, "Let in gateways alone")
    fleet.settle(*nodes)
    try:
        for name, own in told.items():
            forget(fleet, name)
            fleet.on_node(name, dict(own))
            fleet.lab.boot(name)
            fleet.lab.converge(name, "tts_gateway")
            fleet.converge(name, changes=False)
            until_taking(fleet, name, *nodes)
        yield
    finally:
        for name in told:
            forget(fleet, name)
        fleet.lab.commit({OF_NODES: before}, "Let in everybody")
        fleet.settle(*nodes)


@contextmanager
def shared_address(fleet: Fleet, nodes: Sequence[str]) -> Iterator[str]:
    """Have two gateways before nodes; the address that they share, which the first has while it is well."""
    peers = {network.certname(name): network.address(name) for name in GATEWAYS}
    shared = {
        **data(peers=peers),
        "profile::keepalived::address": f"{SHARED}/24",
        "profile::keepalived::peers": peers,
    }
    first, second = GATEWAYS
    with gateways(fleet, nodes, {first: shared | {"profile::keepalived::priority": 120}, second: shared}):
        yield SHARED


def url(fleet: Fleet, gateway: str) -> str:
    """Where clients find a gateway."""
    return f"http://{fleet.lab.address(gateway)}:{PORT}"


def cookie(node: str) -> str:
    """What a gateway's cookie says of a browser that is at ``node``."""
    return hashlib.sha256(network.certname(node).encode()).hexdigest()[:12]


def taking(fleet: Fleet, gateway: str) -> set[str]:
    """Name the nodes that a gateway gives new jobs."""
    found = fleet.lab.exec(gateway, ["python3", "-c", ASK, f"http://127.0.0.1:{METRICS}/metrics"]).stdout
    return set(_UP.findall(found))


def until_taking(fleet: Fleet, gateway: str, *nodes: str, seconds: float = 60) -> None:
    """Wait until a gateway gives new jobs to these nodes, and to no others."""
    fleet.until(lambda: taking(fleet, gateway) == set(nodes), seconds, f"{gateway} has {nodes} take jobs")


def first_pages(url: str, browsers: int) -> Counter[str]:
    """Count which revisions answer the first pages of so many browsers."""
    found: Counter[str] = Counter()
    with httpx.Client(headers={"Accept": "text/html"}, trust_env=False, timeout=30) as browser:
        for _ in range(browsers):
            browser.cookies.clear()
            answer = browser.get(url).raise_for_status()
            found[revision(answer.headers["x-release"])] += 1
    return found


def revision(release: str) -> str:
    """Name the revision of a release.

    >>> revision('v24-beta-830f6f8-3a2dcc1')
    'v24-beta'
    """
    return release.rsplit("-", 2)[0]


def forget(fleet: Fleet, name: str) -> None:
    """Take a machine away, and what the server knows of it; there may be none."""
    fleet.lab.exec(network.SERVER, ["fleet", "leave", network.certname(name), "--yes"], check=False)
    fleet.lab.remove(name)
    fleet.lab.commit({f"hieradata/nodes/{network.certname(name)}.yaml": None}, f"Forget {name}")
