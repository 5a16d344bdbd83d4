"""A gateway before two nodes, with clients that keep asking through it: what nodes do is not felt behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from generator.lab import network
from tests.lab.gateway import (
    CONFIG,
    GATEWAYS,
    NODES,
    PORT,
    UNIT,
    cookie,
    data,
    first_pages,
    gateways,
    revision,
    taking,
    until_taking,
    url,
)
from tests.lab.rollout import CANARY, STABLE, Rollout, quick
from tests.lab.serving import CLIENTS, PATIENCE, PAUSE, REVISION, wait_for
from tests.lab.test_watch import query
from tests.load import Job, Load, Result, visitor
from tests.load.wav import silence

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

GATEWAY, SERVER = GATEWAYS[0], network.SERVER
ONE, OTHER = NODES
AGENT = "systemctl start puppet-agent-run.service"


@pytest.fixture(scope="module", autouse=True)
def gateway(fleet: Fleet) -> Iterator[None]:
    """One gateway before both nodes, whose agent has run twice."""
    with quick(fleet, NODES), gateways(fleet, NODES, {GATEWAY: data()}):
        yield


@pytest.fixture
def alike(fleet: Fleet) -> Iterator[None]:
    """End with both nodes as they were, and known to the gateway."""
    yield
    files: dict[str, str | None] = {f"hieradata/nodes/{network.certname(node)}.yaml": None for node in NODES}
    fleet.lab.commit(files, "Have nodes alike")
    Rollout(fleet, NODES, "50,100", gateways=[GATEWAY]).end()
    until_taking(fleet, GATEWAY, *NODES)


@pytest.fixture
def load(fleet: Fleet) -> Iterator[Load]:
    """Clients of the gateway that keep asking, each of which has had an answer."""
    with Load(visitor(url(fleet, GATEWAY), silence()), PAUSE, PATIENCE) as load:
        load.start(CLIENTS)
        wait_for(fleet, load, 2 * CLIENTS)
        yield load


def at(*nodes: str) -> set[str]:
    """Say how jobs that were at these nodes look."""
    return {cookie(node) for node in nodes}


def within(result: Result, since: float, until: float = float("inf")) -> list[Job]:
    """List the jobs that began and ended in a time."""
    return [job for job in result.jobs if since <= job.began and job.ended <= until]


@contextmanager
def drained(fleet: Fleet, node: str) -> Iterator[None]:
    """Have a node let no new job in for as long as the body runs, which begins when the gateway knows."""
    over = "/run/drained-enough"
    fleet.sh(node, f"rm -f {over}")
    with ThreadPoolExecutor(1) as pool:
        wait = f"until test -e {over}; do sleep 0.5; done"
        drain = pool.submit(fleet.sh, node, f"releases indextts2 drain sh -c '{wait}'")
        try:
            until_taking(fleet, GATEWAY, *{*NODES} - {node})
            yield
        finally:
            fleet.sh(node, f"touch {over}")
        drain.result()


def test_jobs_are_spread_over_both_nodes_and_each_stays_with_its_own(fleet: Fleet, load: Load) -> None:
    wait_for(fleet, load, 4 * CLIENTS)
    result = load.stop()
    assert result.failures() == []
    # with a voice of its own a job is served by no node but the one that got it
    assert all(len(job.nodes) == 1 for job in result.jobs)
    spread = Counter(node for job in result.jobs for node in job.nodes)
    assert set(spread) == at(*NODES)
    assert min(spread.values()) > len(result.jobs) / 4, spread
    assert {revision(release) for job in result.jobs for release in job.releases} == {STABLE}
    assert all(job.releases for job in result.jobs)
    # nobody comes past the gateway
    assert httpx.get(f"{url(fleet, ONE)}/config", trust_env=False).status_code == 403


def test_a_good_release_goes_to_one_node_and_then_to_all_and_no_job_is_lost(
    fleet: Fleet, alike: None, load: Load
) -> None:
    rollout = Rollout(fleet, NODES, "50,100")
    first = rollout.start("--traffic", "10")
    fleet.converge(first)
    fleet.converge(GATEWAY)
    until_taking(fleet, GATEWAY, *NODES)
    # one of two nodes has a tenth of what comes, beside the load
    share = first_pages(url(fleet, GATEWAY), 300)
    assert set(share) == {STABLE, CANARY}
    assert share[CANARY] / 300 == pytest.approx(0.1, abs=0.03), share
    wait_for(fleet, load, 4 * CLIENTS)

    rollout.say("promote", "indextts2", "--now", "--offline")
    for node in NODES:
        fleet.settle(node)
        assert fleet.release(node) == CANARY
    fleet.converge(GATEWAY)
    over = load.now
    wait_for(fleet, load, 3 * CLIENTS)
    result = load.stop()
    assert result.failures() == []
    last = [job for job in result.served if job.began > over]
    assert {revision(release) for job in last for release in job.releases} == {CANARY}
    assert {node for job in last for node in job.nodes} == at(*NODES), "all weigh the same again"


@pytest.mark.faults
def test_a_node_that_drains_gets_no_new_jobs_and_no_job_is_lost(fleet: Fleet, load: Load) -> None:
    with drained(fleet, OTHER):
        since = load.now
        wait_for(fleet, load, 3 * CLIENTS)
        until = load.now
    until_taking(fleet, GATEWAY, *NODES)
    again = load.now
    wait_for(fleet, load, 3 * CLIENTS)
    result = load.stop()
    assert result.failures() == []
    assert {node for job in within(result, since, until) for node in job.nodes} == at(ONE)
    assert {node for job in within(result, again) for node in job.nodes} == at(*NODES)


@pytest.mark.faults
@pytest.mark.parametrize("handover", ["hold", "overlap"])
def test_a_switch_of_a_node_s_release_loses_no_job(
    fleet: Fleet, alike: None, load: Load, handover: str
) -> None:
    fleet.on_node(ONE, {REVISION: CANARY, "indextts2::handover": handover})
    fleet.converge(ONE)
    assert fleet.release(ONE) == CANARY
    until_taking(fleet, GATEWAY, *NODES)
    over = load.now
    wait_for(fleet, load, 3 * CLIENTS)
    result = load.stop()
    assert result.failures() == []
    for job in within(result, over):
        wanted = CANARY if job.nodes == at(ONE) else STABLE
        assert {revision(release) for release in job.releases} == {wanted}


@pytest.mark.faults
def test_a_node_that_dies_loses_what_ran_on_it_alone_and_comes_back(fleet: Fleet, load: Load) -> None:
    fleet.lab.cut_power(OTHER)
    dead = load.now
    try:
        until_taking(fleet, GATEWAY, ONE)
        wait_for(fleet, load, CLIENTS)
    finally:
        fleet.lab.restore_power(OTHER)
    until_taking(fleet, GATEWAY, *NODES, seconds=180)
    again = load.now
    wait_for(fleet, load, 3 * CLIENTS)
    result = load.stop()
    failed = [job for job in result.jobs if job.reason is not None]
    assert all(job.began < dead for job in failed), result.failures()
    # what was open to it is not waited for
    assert all(job.ended < dead + PATIENCE / 2 for job in failed), result.failures()
    # one that had no answer yet has no cookie; one whose voice was there may have been sent on
    assert all(not job.nodes or cookie(OTHER) in job.nodes for job in failed), result.failures()
    assert {node for job in within(result, again) for node in job.nodes} == at(*NODES)


@pytest.mark.faults
def test_without_puppetdb_the_gateway_keeps_its_nodes(fleet: Fleet, load: Load) -> None:
    before = fleet.sh(GATEWAY, f"cat {CONFIG}")
    fleet.sh(SERVER, "systemctl stop puppetdb.service")
    try:
        run = fleet.lab.agent(GATEWAY)
        assert run.code == 1, run.output
        # by its timer it takes the catalogue of the run before, where it can
        fleet.holds(GATEWAY, AGENT)
        assert fleet.sh(GATEWAY, f"cat {CONFIG}") == before
        assert taking(fleet, GATEWAY) == {*NODES}
        wait_for(fleet, load, CLIENTS)
    finally:
        fleet.sh(SERVER, "systemctl start puppetdb.service")
    fleet.until(lambda: fleet.lab.agent(GATEWAY).code == 0, 120, "a run that has nothing to do")
    assert load.stop().failures() == []


@pytest.mark.faults
def test_a_reload_of_the_gateway_loses_nothing(fleet: Fleet, load: Load) -> None:
    process = fleet.sh(GATEWAY, f"systemctl show --property=MainPID --value {UNIT}")
    for _ in range(5):
        fleet.sh(GATEWAY, f"systemctl reload {UNIT}")
        wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
    assert fleet.sh(GATEWAY, f"systemctl show --property=MainPID --value {UNIT}") == process


@pytest.mark.faults
def test_a_node_that_leaves_is_out_and_is_in_when_it_joins_again(fleet: Fleet, load: Load) -> None:
    named = f"grep -c 'server {network.certname(OTHER)} ' {CONFIG} || :"
    assert fleet.sh(GATEWAY, named) != "0"
    try:
        # what has begun there would be cut
        with drained(fleet, OTHER):
            fleet.sh(SERVER, f"fleet leave {network.certname(OTHER)} --yes")
            fleet.converge(GATEWAY)
        assert fleet.sh(GATEWAY, named) == "0"
        since = load.now
        wait_for(fleet, load, 2 * CLIENTS)
        until = load.now
    finally:
        fleet.sh(OTHER, "rm -rf /var/lib/puppet/ssl")
        fleet.lab.converge(OTHER)
    fleet.converge(GATEWAY)
    until_taking(fleet, GATEWAY, *NODES)
    wait_for(fleet, load, 2 * CLIENTS)
    result = load.stop()
    assert result.failures() == []
    assert {node for job in within(result, since, until) for node in job.nodes} == at(ONE)


@pytest.mark.faults
def test_the_watch_finds_the_gateway_and_what_it_says_of_its_nodes(fleet: Fleet) -> None:
    fleet.settle(SERVER)
    answer = 'sum by (certname) (haproxy_server_status{job="gateway", proxy="kept", state="UP"})'
    known = {network.certname(GATEWAY): float(len(NODES))}
    fleet.until(lambda: query(fleet, answer) == known, 240, f"Prometheus has {known}")


def test_the_gateway_is_shut_in(fleet: Fleet) -> None:
    overall = fleet.sh(GATEWAY, f"systemd-analyze security {UNIT} | tail -n 1")
    assert float(overall.split(":")[1].split()[0]) <= 1.5, overall
    assert fleet.sh(GATEWAY, f"ss -Hltn 'sport = :{PORT}'"), "it listens"
