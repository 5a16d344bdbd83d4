"""The agent's runs by systemd: what becomes of one that is killed, and of one that gets no catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.conftest import Fleet
from tests.lab.test_server import PUPPET, PUPPETDB, ask

NODE = "tts2"
RUN = "puppet-agent-run.service"
SITE = "/etc/puppet/code/environments/production/manifests/site.pp"
#: A program of Puppet's, closed to nobody.
DRIFTS = "/usr/local/sbin/releases"
LOCK = "puppet config print --section agent agent_catalog_run_lockfile"


def wait_for_report(fleet: Fleet, cached: str) -> None:
    """Wait until PuppetDB's newest report of the node says this of a cached catalogue: it takes reports in a while later."""

    def says() -> bool:
        record = json.loads(
            ask(fleet.lab, "puppet", "GET", f"{PUPPETDB}/pdb/query/v4/nodes/{NODE}.lab.test")[1]
        )
        return bool(record["cached_catalog_status"] == cached)

    fleet.until(says, 20, f"{NODE}: a report with cached_catalog_status {cached}")


@contextmanager
def broken(fleet: Fleet) -> Iterator[None]:
    """Have the node's catalogue not compile; everybody else's does."""
    flush = ("puppet", "DELETE", f"{PUPPET}/puppet-admin-api/v1/environment-cache")
    fail = f"if $trusted['certname'] == '{NODE}.lab.test' {{ fail('broken by a test') }}"
    fleet.sh("puppet", f"cp -p {SITE} /root/site.pp && cat >>{SITE} <<'END'\n{fail}\nEND")
    ask(fleet.lab, *flush)
    try:
        yield
    finally:
        fleet.sh("puppet", f"cp -p /root/site.pp {SITE}")
        ask(fleet.lab, *flush)


def test_a_run_that_is_killed_keeps_nobody_from_the_next(fleet: Fleet) -> None:
    lock = fleet.sh(NODE, LOCK)
    fleet.sh(NODE, f"systemctl start --no-block {RUN}")
    fleet.wait(NODE, f"test -s {lock}", 60)
    fleet.sh(NODE, f"systemctl kill --signal=KILL {RUN}")
    fleet.wait(NODE, f"systemctl is-failed --quiet {RUN}", 10)
    fleet.sh(NODE, f"systemctl start {RUN}")
    assert not fleet.holds(NODE, f"test -e {lock}")


def test_a_run_without_a_catalogue_of_its_own_says_so(fleet: Fleet) -> None:
    fleet.converge(NODE, changes=False)
    with broken(fleet):
        assert fleet.lab.agent(NODE).code == 1, "by hand, nothing stands in for the catalogue"
        fleet.sh(NODE, f"chmod 700 {DRIFTS} && systemctl start {RUN}")
        assert fleet.sh(NODE, f"stat --format %a {DRIFTS}") == "755", "what drifted is put right all the same"
        wait_for_report(fleet, "on_failure")
    fleet.converge(NODE, changes=False)
    wait_for_report(fleet, "not_used")
