"""A bad release behind a gateway: how long it has nodes, and how many of the clients' jobs come to it.

It answers 500 to a tenth of those who send a job. Agents run as soon as there is something to do, the gateway's
first; the driver makes one pass after the other.
"""

from __future__ import annotations

import yaml

from generator.lab import Lab, network
from tests.bench.gateway import CLIENTS, GATEWAY, TRAFFIC
from tests.lab.conftest import Fleet
from tests.lab.gateway import NODES, STAGING, data, gateways, revision, settle, staging, until_taking, url
from tests.lab.serving import PAUSE, wait_for
from tests.lab.test_canary import CANARY, DATA, QUICK, Rollout
from tests.load import Load, visitor
from tests.load.wav import silence

SERVER = network.SERVER
#: Seconds of a window, in which a step is looked at, and how long the driver has to see what is wrong.
WINDOW, PATIENCE = 120, 900


def measure() -> dict[str, float]:
    """Windows from the bad release's commit to the one that takes it back, and the part of all jobs that it got."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    try:
        with gateways(fleet, {GATEWAY: data()}):
            _prepare(fleet)
            return taken_back(fleet)
    finally:
        # by then the code is as before
        settle(fleet, SERVER)


def taken_back(fleet: Fleet) -> dict[str, float]:
    """Start the canary of the bad release under load, and drive it until its node is back."""
    rollout = Rollout(fleet)
    with Load(visitor(url(fleet, GATEWAY), silence()), PAUSE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        began = load.now
        first = rollout.start("--traffic", str(TRAFFIC), "--interval", f"{WINDOW}s")
        settle(fleet, GATEWAY, first)
        rollout.until(lambda: rollout.state == "aborted", PATIENCE)
        took = load.now - began
        settle(fleet, first)
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


def _prepare(fleet: Fleet) -> None:
    """Have the watch look often, and the release be bad wherever it comes to."""
    server = f"hieradata/nodes/{network.certname(SERVER)}.yaml"
    quick = yaml.safe_load((DATA / "nodes" / f"{network.certname(SERVER)}.yaml").read_text()) | QUICK
    bad = yaml.safe_load(staging()) | {"indextts2::environment": {"STANDIN_FAULT": f"tenth@{CANARY}"}}
    files: dict[str, str | None] = {server: yaml.safe_dump(quick), STAGING: yaml.safe_dump(bad)}
    fleet.lab.commit(files, f"Spoil {CANARY}")
    settle(fleet, SERVER, *NODES)
    until_taking(fleet, GATEWAY, *NODES)
