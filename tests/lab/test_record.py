"""What happened on the fleet arrives where it is kept, exactly once, whatever that endpoint goes through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.bulk import Endpoint, endpoint
from tests.lab.conftest import Fleet
from tests.lab.serving import NODE
from tests.lab.test_server import PUPPETDB, ask

SERVER = "puppet"
#: Where the lab's machines find this one.
HOST, PORT = "10.77.0.1", 9201
DATA = Path(__file__).parent / "hieradata" / "nodes" / "puppet.lab.test.yaml"
#: Faults of the endpoint, while each of which agents run.
OUTAGES = ("gone", "429", "503", "items")


@pytest.fixture(scope="module")
def elastic() -> Iterator[Endpoint]:
    """The endpoint, on this machine."""
    with endpoint(HOST, PORT) as here:
        yield here


@pytest.fixture(scope="module")
def shipped(fleet: Fleet, elastic: Endpoint) -> Iterator[Endpoint]:
    """The server and a node ship to the endpoint; at the end, they ship no more."""
    server = f"hieradata/nodes/{SERVER}.lab.test.yaml"
    shipping = {"record::endpoint": elastic.url}
    fleet.lab.commit(
        {server: yaml.safe_dump(yaml.safe_load(DATA.read_text()) | shipping)},
        "Ship what happens on the server",
    )
    fleet.on_node(NODE, dict(shipping))
    for node in (SERVER, NODE):
        fleet.converge(node)
    yield elastic
    fleet.lab.commit({server: DATA.read_text()}, "Ship nothing more of the server")
    fleet.on_node(NODE, None)
    for node in (SERVER, NODE):
        fleet.converge(node)
        assert not fleet.holds(node, "test -e /etc/fleet-record || systemctl is-active fleet-record")


def reports(fleet: Fleet, node: str) -> list[str]:
    """The transactions that PuppetDB knows of a node."""
    query = quote(f'reports[transaction_uuid] {{ certname = "{node}.lab.test" }}')
    status, body = ask(fleet.lab, SERVER, "GET", f"{PUPPETDB}/pdb/query/v4?query={query}")
    assert status == 200, body
    return [entry["transaction_uuid"] for entry in json.loads(body)]


def written(fleet: Fleet) -> set[str]:
    """The transactions of which the server has written a line."""
    lines = fleet.sh(SERVER, "cat /var/log/puppetserver/reports.jsonl").splitlines()
    return {json.loads(line)["transaction_uuid"] for line in lines}


def run(fleet: Fleet) -> str:
    """Run the agent of the node; the transaction that PuppetDB knows from then on."""
    before = set(reports(fleet, NODE))
    fleet.lab.agent(NODE, noop=True)
    fleet.until(lambda: len(reports(fleet, NODE)) > len(before), 60, "the report in PuppetDB")
    (new,) = set(reports(fleet, NODE)) - before
    return new


def fail(elastic: Endpoint, fault: str | None) -> None:
    """Have the endpoint do ``fault``, or well."""
    elastic.store.refuses = int(fault) if fault in ("429", "503") else None
    elastic.store.refuses_items = 429 if fault == "items" else None
    if fault == "gone":
        elastic.go()


def test_every_report_arrives_once_after_each_outage(fleet: Fleet, shipped: Endpoint) -> None:
    before, ids = written(fleet), []
    for fault in OUTAGES:
        fail(shipped, fault)
        ids.append(run(fleet))
        if fault == "gone":
            # a kill of the shipper, too
            fleet.sh(SERVER, "systemctl kill --signal=KILL fleet-record.service")
        else:
            shipped.store.tried(1, 60)
        assert ids[-1] not in shipped.store.kept("fleet-reports-")
        if fault == "gone":
            shipped.come()
    fail(shipped, None)
    shipped.store.wait(
        lambda: set(ids) <= set(shipped.store.kept("fleet-reports-")), 90, "the reports of the outages"
    )
    kept = [id_ for index, id_ in shipped.store.documents if index.startswith("fleet-reports-")]
    assert len(kept) == len(set(kept))
    # each that the server has written since then, of whichever node
    since = written(fleet) - before
    assert set(ids) <= since
    shipped.store.wait(lambda: since <= set(shipped.store.kept("fleet-reports-")), 60, "every report")


def test_a_report_says_which_node_ran_what(fleet: Fleet, shipped: Endpoint) -> None:
    uuid = run(fleet)
    shipped.store.wait(lambda: uuid in shipped.store.kept("fleet-reports-"), 60, "the report")
    report = shipped.store.kept("fleet-reports-")[uuid]
    assert (report["node"], report["role"], report["environment"]) == (
        f"{NODE}.lab.test",
        "tts_node",
        "staging",
    )
    assert (report["noop"], report["puppet_environment"], report["cached_catalog_status"]) == (
        True,
        "production",
        "not_used",
    )
    assert report["commit"] == fleet.sh(
        SERVER, "/etc/puppet/code/environments/production/scripts/config-version"
    )


def test_the_server_describes_the_indices_and_ships_its_own_log(shipped: Endpoint) -> None:
    assert "/_index_template/fleet-record" in shipped.store.settings
    shipped.store.wait(lambda: bool(shipped.store.kept("fleet-puppetserver-")), 60, "the server's log")


def test_what_a_service_says_arrives_from_its_node(fleet: Fleet, shipped: Endpoint) -> None:
    said = "said for the record: 你好"
    unit = fleet.sh(NODE, "systemctl list-units --plain --no-legend 'indextts2-webui@*' | cut -d ' ' -f 1")
    fleet.sh(NODE, f"systemd-run --quiet --unit=indextts2-webui@9-blue echo '{said}'")

    def arrived() -> bool:
        entries = list(shipped.store.kept("fleet-journal-").values())
        units = {entry["unit"] for entry in entries}
        return unit in units and any(entry["message"] == said and entry["node"] == NODE for entry in entries)

    shipped.store.wait(arrived, 60, f"what {unit} said")
    entries = shipped.store.kept("fleet-journal-").values()
    assert not [entry for entry in entries if not entry["unit"].startswith(("indextts2-", "releases@"))]


@pytest.mark.parametrize("node", [SERVER, NODE])
def test_the_shipper_is_nobody_and_may_do_nothing_else(fleet: Fleet, shipped: Endpoint, node: str) -> None:
    score = fleet.sh(node, "systemd-analyze security --no-pager fleet-record.service | tail -n 1")
    assert float(score.split(": ")[1].split()[0]) <= 1.5, score
    assert fleet.sh(node, "stat -c '%a %U' /etc/fleet-record/endpoint.json") == "600 root"
    pid = fleet.sh(node, "systemctl show --property=MainPID --value fleet-record.service")
    assert fleet.sh(node, f"stat -c %u /proc/{pid}") != "0"
    # what its group could read, it does not see
    assert not fleet.holds(node, f"nsenter --target {pid} --mount ls /var/lib/puppet/ssl")


def test_rotated_reports_lose_no_line(fleet: Fleet, shipped: Endpoint) -> None:
    first = run(fleet)
    fleet.sh(SERVER, "logrotate --force /etc/logrotate.d/fleet-record")
    second = run(fleet)
    shipped.store.wait(
        lambda: {first, second} <= set(shipped.store.kept("fleet-reports-")), 60, "both reports"
    )
    assert fleet.sh(SERVER, "stat -c '%a %U %G' /var/log/puppetserver/reports.jsonl") == "640 puppet puppet"
