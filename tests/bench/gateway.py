"""What a gateway costs, and how truly it shares requests out between a canary and the other node."""

from __future__ import annotations

import json
from pathlib import Path

from generator.lab import Lab
from tests.bench.switch import until
from tests.lab.conftest import Fleet
from tests.lab.gateway import (
    GATEWAYS,
    NODES,
    PORT,
    data,
    gateways,
    revision,
    until_taking,
    url,
)
from tests.lab.rollout import CANARY, Rollout, quick
from tests.load import Load, visitor
from tests.load.wav import silence

GATEWAY, NODE = GATEWAYS[0], NODES[0]
#: Answered at once, so that what a request costs is not lost in what the page costs.
PATH = "/gradio_api/queue/status"
PROGRAM = Path(__file__).with_name("ask_in_turn.py")
#: The percent that one node of two is to have, and of how many jobs, by how many clients.
TRAFFIC, JOBS, CLIENTS = 10, 2000, 10


def measure() -> dict[str, float]:
    """Milliseconds that the gateway adds at the median, its requests a second to a front's, and a canary's share."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    with quick(fleet, NODES), gateways(fleet, NODES, {GATEWAY: data()}):
        return cost(fleet) | share(fleet)


def cost(fleet: Fleet) -> dict[str, float]:
    """Ask through the gateway and at a node's front, in turn, from the gateway, which nodes let in."""
    urls = [f"http://{fleet.lab.address(name)}:{PORT}{PATH}" for name in (GATEWAY, NODE)]
    told = fleet.lab.exec(GATEWAY, ["python3", "-c", PROGRAM.read_text(), *urls]).stdout
    through, direct = json.loads(told)
    return {
        "gateway.added_ms": 1000 * (through["median_s"] - direct["median_s"]),
        "gateway.requests_s": through["requests_s"],
        "gateway.requests_ratio": through["requests_s"] / direct["requests_s"],
    }


def share(fleet: Fleet) -> dict[str, float]:
    """Have a tenth of the jobs go to a canary that is one node of two; the percent that it got."""
    first = Rollout(fleet, NODES, "50,100").start("--traffic", str(TRAFFIC))
    fleet.settle(first, GATEWAY)
    until_taking(fleet, GATEWAY, *NODES)
    with Load(visitor(url(fleet, GATEWAY), silence())) as load:
        load.start(CLIENTS)
        until(load, lambda: load.ended >= JOBS)
        result = load.stop()
    got = [job for job in result.jobs if CANARY in {revision(release) for release in job.releases}]
    return {
        "gateway.share_pct": 100 * len(got) / result.sent,
        "gateway.share_jobs": result.sent,
        "gateway.share_failed": result.failed,
    }
