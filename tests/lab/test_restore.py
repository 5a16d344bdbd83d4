"""The Puppet server is lost, and an empty machine goes on in its place."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.lab.conftest import Fleet
from tests.lab.test_server import PUPPETDB, ask

NODES = ("tts1", "tts2")
DEPLOYS = "/var/lib/code-deploy/deploys.jsonl"
SSL = "/var/lib/puppet/ssl"


def reports(fleet: Fleet) -> dict[str, str]:
    """All reports that PuppetDB has of the nodes: by their hashes, whether the catalogue came from a cache."""
    found = json.loads(ask(fleet.lab, "puppet", "GET", f"{PUPPETDB}/pdb/query/v4/reports")[1])
    return {
        report["hash"]: report["cached_catalog_status"]
        for report in found
        if report["certname"] in {f"{node}.lab.test" for node in NODES}
    }


def copy_away(fleet: Fleet, folder: str, place: Path) -> None:
    """Copy a backup off the server."""
    above, _, name = folder.rpartition("/")
    with place.open("wb") as file:
        subprocess.run(fleet.lab.command("puppet", ["tar", "-C", above, "-c", name]), stdout=file, check=True)


@pytest.mark.faults
def test_an_empty_machine_goes_on_where_the_lost_server_was(fleet: Fleet, tmp_path: Path) -> None:
    for node in NODES:
        assert fleet.lab.agent(node).code in (0, 2)
    folder = fleet.sh("puppet", "fleet backup")
    copy_away(fleet, folder, tmp_path / "backup.tar")
    before, authority = reports(fleet), fleet.sh("puppet", "sha256sum /etc/puppet/puppetserver/ca/ca_key.pem")
    deploys = fleet.sh("puppet", f"cat {DEPLOYS}")
    watch = fleet.sh("puppet", f"sha256sum {SSL}/certs/watch.puppet.lab.test.pem")
    assert before and deploys

    fleet.lab.renew_server()
    assert fleet.sh("puppet", "sha256sum /etc/puppet/puppetserver/ca/ca_key.pem") != authority
    assert fleet.lab.agent(NODES[0]).code == 1, "it is a stranger to the nodes, and they to it"

    with (tmp_path / "backup.tar").open("rb") as file:
        subprocess.run(fleet.lab.command("puppet", ["tar", "-C", "/root", "-x"]), stdin=file, check=True)
    name = folder.rpartition("/")[2]
    assert "restored: " in fleet.sh("puppet", f"fleet restore /root/{name}")

    assert fleet.sh("puppet", "sha256sum /etc/puppet/puppetserver/ca/ca_key.pem") == authority
    for node in NODES:
        run = fleet.lab.agent(node)
        assert run.code == 0 and "SSL certificate request" not in run.output, run.output
    after = reports(fleet)
    assert before.items() < after.items()
    fresh = {status for report, status in after.items() if report not in before}
    assert fresh == {"not_used"}, "a catalogue out of an agent's cache hides a server without code"
    assert fleet.lab.agent("puppet").code in (0, 2)
    # what watches there goes on by what is in the backup
    assert fleet.sh("puppet", f"sha256sum {SSL}/certs/watch.puppet.lab.test.pem") == watch
    fleet.sh("puppet", "puppet-client-certificate check watch.puppet.lab.test")
    asks = (
        "curl --silent --fail --max-time 20 http://127.0.0.1:9801/metrics | grep -Fx 'fleet_puppetdb_up 1.0'"
    )
    fleet.wait("puppet", asks, 60)
    assert fleet.sh("puppet", f"cat {DEPLOYS}").startswith(deploys)

    fleet.sh("puppet", "fleet deploy")
    again = fleet.lab.exec("puppet", ["fleet", "restore", f"/root/{name}"], check=False)
    assert again.returncode == 2 and "--replace puts it aside" in again.stderr, (
        "it has nodes of its own by now"
    )
