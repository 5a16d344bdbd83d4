"""The watch, live: what is broken by hand reaches a real Alertmanager within seconds, and clears when it is mended.

Meanwhile its times are short: rules think that agents run every ten seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVER = "puppet"
NODE = "tts1"
PROMETHEUS = "http://127.0.0.1:9090/api/v1/query?query="
TARGETS = "http://127.0.0.1:9090/api/v1/targets?state=active"
ALERTMANAGER = "http://127.0.0.1:9093/api/v2/alerts?active=true"
SITE = "/etc/puppet/code/environments/production/manifests/site.pp"
SSL = "/var/lib/puppet/ssl"
#: Have Puppet Server read its code anew, as a deploy does.
READ_ANEW = (
    f"curl --silent --show-error --fail --request DELETE --cacert {SSL}/certs/ca.pem"
    f" --cert {SSL}/certs/puppet.lab.test.pem --key {SSL}/private_keys/puppet.lab.test.pem"
    " https://puppet.lab.test:8140/puppet-admin-api/v1/environment-cache"
)
DATA = Path(__file__).parent / "hieradata" / "nodes" / "puppet.lab.test.yaml"
SHORT = {
    "profile::prometheus::runinterval": "10s",
    "profile::prometheus::scrape_interval": 5,
    "profile::prometheus::refresh_interval": 5,
    "profile::prometheus::webui_down": 4,
    "profile::prometheus::drift_threshold": 0.2,
    # Drift of the last half minute alone: what the tests before have done is soon over.
    "profile::exporter::window": 30,
}
#: The unit of the slot that serves, whichever that is.
UNIT = "$(systemctl list-units --plain --no-legend 'indextts2-webui@*' | cut -d ' ' -f 1)"


def get(fleet: Fleet, url: str) -> Any:
    """Get JSON of something that listens on the server's loopback."""
    return json.loads(fleet.sh(SERVER, f"curl --silent --fail --max-time 10 '{url}'"))


def query(fleet: Fleet, promql: str) -> dict[str, float]:
    """Ask Prometheus; node (or nothing) to value."""
    found = get(fleet, PROMETHEUS + quote(promql))["data"]["result"]
    return {one["metric"].get("certname", ""): float(one["value"][1]) for one in found}


def targets(fleet: Fleet) -> str:
    """List what Prometheus asks, a line each: how that is, who it is, and why not."""
    found = get(fleet, TARGETS)["data"]["activeTargets"]
    return "\n".join(
        f"{one['health']} {one['labels'].get('certname', one['scrapePool'])} {one['lastError']}"
        for one in found
    )


def told(fleet: Fleet) -> set[str]:
    """List what Alertmanager has: ``ALERT NODE``."""
    return {
        f"{one['labels']['alertname']} {one['labels'].get('certname', '')}".strip()
        for one in get(fleet, ALERTMANAGER)
    }


def comes(fleet: Fleet, *alerts: str, seconds: float = 60) -> None:
    """Wait until Alertmanager has all of these."""
    fleet.until(lambda: told(fleet) >= set(alerts), seconds, f"{alerts} in Alertmanager")


def clears(fleet: Fleet, *alerts: str, seconds: float = 60) -> None:
    """Wait until Alertmanager has none of these."""
    fleet.until(lambda: not told(fleet) & set(alerts), seconds, f"{alerts} gone from Alertmanager")


@pytest.fixture(scope="module", autouse=True)
def short(fleet: Fleet) -> Iterator[None]:
    """Have the watch be quick, which costs half a core, until these tests are over."""
    data = f"hieradata/nodes/{SERVER}.lab.test.yaml"
    quick = yaml.safe_dump(yaml.safe_load(DATA.read_text()) | SHORT)
    fleet.lab.commit({data: quick}, "Watch closely")
    fleet.converge(SERVER)
    yield
    fleet.lab.commit({data: DATA.read_text()}, "Watch as ever")
    fleet.converge(SERVER)


@pytest.fixture
def well(fleet: Fleet) -> Iterator[None]:
    """End with a node that is as Puppet wants it."""
    yield
    assert fleet.lab.agent(NODE).code in (0, 2)


@pytest.mark.parametrize(
    ("answers", "machines"),
    [('up{job="node"} == 1', {SERVER, "tts1", "tts2"}), ("probe_success == 1", {"tts1", "tts2"})],
    ids=["node exporters", "web UIs"],
)
def test_every_machine_is_found_and_answers(fleet: Fleet, answers: str, machines: set[str]) -> None:
    wanted = {f"{machine}.lab.test" for machine in machines}
    try:
        fleet.until(lambda: query(fleet, answers).keys() >= wanted, 60, answers)
    except AssertionError:
        pytest.fail(f"Prometheus has not seen all of {wanted} answer; its targets:\n{targets(fleet)}")


def test_no_node_exporter_misses_a_file_that_nobody_has_written_yet(fleet: Fleet) -> None:
    fine = {f"{machine}.lab.test": 0.0 for machine in (SERVER, "tts1", "tts2")}
    errors = "max by (certname) (node_textfile_scrape_error)"
    fleet.until(lambda: query(fleet, errors).items() >= fine.items(), 60, f"{errors} is {fine}")


def test_the_exporter_knows_what_a_real_server_and_puppetdb_say(fleet: Fleet) -> None:
    fleet.until(lambda: query(fleet, "fleet_puppetdb_up") == {"": 1.0}, 60, "the exporter")
    assert query(fleet, "fleet_puppetserver_up") == {"": 1.0}
    assert query(fleet, "fleet_puppetserver_jrubies") == {"": 1.0}
    assert query(fleet, "fleet_puppetserver_compiles_total")[""] > 0
    compile_time = "fleet_puppetserver_compile_seconds_total / fleet_puppetserver_compiles_total"
    assert 0.01 < query(fleet, compile_time)[""] < 60
    assert query(fleet, "fleet_puppetdb_queue_depth")[""] < 100
    assert query(fleet, "fleet_scrape_seconds")[""] > 0
    ends = query(fleet, 'fleet_node_certificate_expiry_time_seconds{certificate="node"} - time()')
    assert ends.keys() >= {"puppet.lab.test", "tts1.lab.test", "tts2.lab.test"}
    assert all(seconds > 86400 for seconds in ends.values())
    watch = query(fleet, 'fleet_node_certificate_expiry_time_seconds{certificate="watch"} - time()')
    assert watch.keys() == {"puppet.lab.test"} and watch["puppet.lab.test"] > 86400
    assert query(fleet, "fleet_node_off_release").get("tts1.lab.test") == 0


def test_nobody_without_a_certificate_of_the_fleet_asks_a_node_exporter(fleet: Fleet) -> None:
    refused = fleet.sh(SERVER, "curl --silent --insecure https://tts1.lab.test:9100/metrics", check=False)
    assert "node_" not in refused


@pytest.mark.faults
def test_a_certificate_of_the_watch_that_was_revoked_is_made_anew(fleet: Fleet) -> None:
    watch = "watch.puppet.lab.test"
    serial = f"openssl x509 -noout -serial -in {SSL}/certs/{watch}.pem"
    before = fleet.sh(SERVER, serial)
    fleet.sh(SERVER, f"puppetserver ca clean --certname {watch}")
    fleet.converge(SERVER)
    assert fleet.sh(SERVER, serial) != before
    fleet.converge(SERVER, changes=False)
    fleet.until(lambda: query(fleet, "fleet_puppetserver_up") == {"": 1.0}, 60, "the exporter")
    up = f'up{{job="node", certname="{SERVER}.lab.test"}} == 1'
    fleet.until(lambda: bool(query(fleet, up)), 60, "the server's node exporter")


@pytest.mark.faults
def test_a_node_that_is_silent_for_three_runs_is_told_of_until_it_reports(fleet: Fleet) -> None:
    assert fleet.lab.agent(NODE).code in (0, 2)
    clears(fleet, "NodeSilent tts1.lab.test")
    comes(fleet, "NodeSilent tts1.lab.test")
    assert fleet.lab.agent(NODE).code in (0, 2)
    clears(fleet, "NodeSilent tts1.lab.test")


def test_a_manifest_that_does_not_compile_is_told_of_until_it_does(fleet: Fleet, well: None) -> None:
    """Past the deploy, which would have refused it."""
    try:
        fleet.sh(
            SERVER,
            f"cp --preserve {SITE} /root/site.pp && echo 'fail(\"broken by hand\")' >>{SITE} && {READ_ANEW}",
        )
        # by its unit: one by hand takes no catalogue of an earlier run
        fleet.sh(NODE, "systemctl start puppet-agent-run.service")
        comes(fleet, "CompileFailed tts1.lab.test", "CachedCatalogue tts1.lab.test")
    finally:
        fleet.sh(SERVER, f"cp --preserve /root/site.pp {SITE} && {READ_ANEW}")
    assert fleet.lab.agent(NODE).code in (0, 2)
    clears(fleet, "CompileFailed tts1.lab.test", "CachedCatalogue tts1.lab.test")


def test_a_web_ui_that_does_not_answer_is_told_of_until_it_does(fleet: Fleet, well: None) -> None:
    fleet.sh(NODE, f"systemctl stop {UNIT}")
    comes(fleet, "WebUIDown tts1.lab.test")
    fleet.converge(NODE)
    clears(fleet, "WebUIDown tts1.lab.test")


@pytest.mark.faults
def test_drift_is_told_of_while_it_is_in_the_window(fleet: Fleet, well: None) -> None:
    fleet.sh(NODE, "echo '# by hand' >>/etc/systemd/system/indextts2-front.service")
    fleet.converge(NODE)
    comes(fleet, "DriftHigh")
    clears(fleet, "DriftHigh", seconds=90)
