"""A bad release behind a gateway: how long it has nodes, and how many of the clients' jobs come to it.

It answers 500 to a tenth of those who send a job. Agents run as soon as there is something to do, the gateway's
first; the driver makes one pass after the other.
"""

from __future__ import annotations

from generator.lab import Lab
from tests.bench.gateway import CLIENTS, GATEWAY, TRAFFIC
from tests.lab.conftest import Fleet
from tests.lab.gateway import NODES, data, gateways, revision, until_taking, url
from tests.lab.rollout import CANARY, Rollout, quick
from tests.lab.serving import PAUSE, wait_for
from tests.load import Load, visitor
from tests.load.wav import silence

#: Seconds of a window, in which a step is looked at, and how long the driver has to see what is wrong.
WINDOW, PATIENCE = 120, 900


def measure() -> dict[str, float]:
    """Windows from the bad release's commit to the one that takes it back, and the part of all jobs that it got."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    with quick(fleet, NODES), gateways(fleet, NODES, {GATEWAY: data()}):
        rollout = Rollout(fleet, NODES, "50,100", gateways=[GATEWAY])
        rollout.spoil("tenth")
        until_taking(fleet, GATEWAY, *NODES)
        try:
            return taken_back(fleet, rollout)
        finally:
            rollout.end()


def taken_back(fleet: Fleet, rollout: Rollout) -> dict[str, float]:
    """Start the canary of the bad release under load, and drive it until its node is back."""
    with Load(visitor(url(fleet, GATEWAY), silence()), PAUSE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        began = load.now
        first = rollout.start("--traffic", str(TRAFFIC), interval=f"{WINDOW}s")
        fleet.settle(GATEWAY)
        fleet.settle(first)
        rollout.until_state("aborted", PATIENCE)
        took = load.now - began
        fleet.settle(first)
        back = load.now
        result = load.stop()
    sent = [job for job in result.jobs if began <= job.began <= back]
    hit = [job for job in sent if CANARY in {revision(release) for release in job.releases}]
    return {
        "canary.taken_back_windows": took / WINDOW,
        "canary.hit_ratio": len(hit) / len(sent),
        "canary.hit_failed": sum(job.reason is not None for job in hit),
        "canary.hit_sent": len(sent),
    }
