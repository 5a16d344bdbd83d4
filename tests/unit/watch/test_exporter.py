"""The exporter: what it tells of a fleet, and that it tells nothing that it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from generator.commands.exporter import exporter
from generator.errors import FleetError
from generator.exporter.collector import FleetCollector
from generator.exporter.puppetserver import Identity, ServerState, read_status, server_state
from generator.exporter.record import corrected_since
from generator.puppetdb import PuppetDB
from tests.unit.watch.record import NOW, SERVICES, Fleet, fleet, slowly, timed

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def there() -> Iterator[Fleet]:
    """Return what PuppetDB and Puppet Server say."""
    with fleet() as server:
        yield server


def scrape(there: Fleet, limit: float = 8.0, window: float = 86400) -> Samples:
    """Scrape by a collector of this call's own."""
    puppetdb = PuppetDB(Path("puppetdb.conf"), there.url)
    return scraped(FleetCollector(puppetdb, there.url, window, limit))


def scraped(collector: FleetCollector) -> Samples:
    registry = CollectorRegistry()
    registry.register(collector)
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


def test_a_node_is_told_of_by_its_last_report(there: Fleet) -> None:
    there.add("tts1", ago=600, status="changed")
    there.events = [{"certname": "tts1", "count": 2}]
    there.certificates = [{"certname": "tts1", "value": {"node": 1_900_000_000, "ca": 2_000_000_000}}]
    samples = scrape(there)
    one = {"certname": "tts1"}
    assert value(samples, "fleet_puppetdb_up") == 1
    assert value(samples, "fleet_nodes", status="changed") == 1
    assert value(samples, "fleet_nodes", status="failed") == 0
    assert value(samples, "fleet_node_report_time_seconds", **one) == NOW.timestamp() - 600
    assert value(samples, "fleet_node_run_seconds", **one) == 42
    assert value(samples, "fleet_node_status", **one, status="changed") == 1
    assert value(samples, "fleet_node_corrective_changes", **one) == 2
    assert value(samples, "fleet_node_info", **one, role="tts_node", environment="prod", code="a" * 40) == 1
    release = {"service": "indextts2", "release": "v2", "wanted": "v2", "commit": "b" * 40}
    assert value(samples, "fleet_node_release_info", **one, **release) == 1
    assert value(samples, "fleet_node_off_release", **one, service="indextts2") == 0
    assert (
        value(samples, "fleet_node_certificate_expiry_time_seconds", **one, certificate="node")
        == 1_900_000_000
    )
    assert value(samples, "fleet_puppetdb_queue_depth") == 3


@pytest.mark.parametrize(
    ("report", "metric"),
    [
        (
            {"status": "failed", "catalog_uuid": None, "configuration_version": ""},
            "fleet_node_compile_failed",
        ),
        ({"cached_catalog_status": "on_failure"}, "fleet_node_cached_catalogue"),
        ({"cached_catalog_status": "explicitly_requested"}, "fleet_node_cached_catalogue"),
        ({"noop": True}, "fleet_node_noop"),
    ],
)
def test_what_is_wrong_with_a_run_is_told_and_of_a_good_one_is_not(
    there: Fleet, report: dict[str, Any], metric: str
) -> None:
    there.add("bad", **report)
    there.add("good", status="failed")  # with its catalogue
    samples = scrape(there)
    assert value(samples, metric, certname="bad") == 1
    assert value(samples, metric, certname="good") == 0
    assert value(samples, "fleet_compile_failures") == (1 if metric == "fleet_node_compile_failed" else 0)


LOST = "Could not retrieve catalog from remote server: "


@pytest.mark.parametrize(
    ("log", "fails"),
    [
        ([LOST + "Error 500 on SERVER: Server Error: Evaluation Error: …"], 1),
        (["Using configured environment", LOST + "Error 404 on SERVER: no environment", "Using cached"], 1),
        ([LOST + "Error 503 on SERVER: The number of requests …"], 0),
        ([LOST + "Request to https://puppet:8140/puppet/v3 timed out read operation"], 0),
        (["exited 1: Error 500 on SERVER"], 0),
        ([], 0),
    ],
)
def test_whose_catalogue_is_of_its_cache_has_one_that_fails_where_the_server_said_so(
    there: Fleet, log: list[str], fails: int
) -> None:
    there.add("tts1", cached_catalog_status="on_failure")
    there.add("asked", cached_catalog_status="explicitly_requested")
    there.logs = {"tts1": log, "asked": [LOST + "Error 500 on SERVER: of another time"]}
    samples = scrape(there)
    assert value(samples, "fleet_node_cached_catalogue", certname="tts1") == 1
    assert value(samples, "fleet_node_compile_failed", certname="tts1") == fails
    assert value(samples, "fleet_node_compile_failed", certname="asked") == 0
    assert value(samples, "fleet_compile_failures") == fails


def test_a_report_that_cannot_be_read_blinds_nobody(there: Fleet) -> None:
    there.add("bad", end_time="soon")
    there.add("good")
    samples = scrape(there)
    assert value(samples, "fleet_puppetdb_up") == 1
    assert value(samples, "fleet_node_status", certname="bad", status="unreadable") == 1
    assert value(samples, "fleet_node_status", certname="good", status="unchanged") == 1
    assert value(samples, "fleet_node_interval_seconds", certname="good") == 1800


def test_a_node_off_its_release_is_told_and_one_that_never_reported_too(there: Fleet) -> None:
    there.add("tts1", wanted="v3", active="v2")
    there.nodes.append("new")
    samples = scrape(there)
    assert value(samples, "fleet_node_off_release", certname="tts1", service="indextts2") == 1
    assert value(samples, "fleet_nodes", status="unreported") == 1
    assert value(samples, "fleet_node_status", certname="new", status="unreported") == 1
    assert value(samples, "fleet_node_report_time_seconds", certname="new") is None


def test_drift_is_the_corrected_of_those_that_reported_in_the_window(there: Fleet) -> None:
    for name, ago in (("a", 10), ("b", 20), ("c", 30), ("d", 40), ("silent", 7200)):
        there.add(name, ago=ago)
    # one of them has left the fleet since
    there.corrected = [{"certname": "a", "count": 9}, {"certname": "gone", "count": 1}]
    samples = scrape(there, window=3600)
    assert value(samples, "fleet_drift_reporting_nodes") == 4
    assert value(samples, "fleet_drift_corrected_nodes") == 1
    assert value(samples, "fleet_drift_ratio") == 0.25
    assert value(samples, "fleet_drift_window_seconds") == 3600
    [asked] = [query for query in there.queries if "timestamp >= " in query]
    since = datetime.fromisoformat(asked.split('"')[-2])
    assert abs((datetime.now(UTC) - since).total_seconds() - 3600) < 30


def test_an_empty_fleet_has_no_drift_and_is_no_mistake(there: Fleet) -> None:
    samples = scrape(there)
    assert value(samples, "fleet_puppetdb_up") == 1
    assert value(samples, "fleet_drift_ratio") is None


def test_puppet_server_is_told_of_in_seconds(there: Fleet) -> None:
    samples = scrape(there)
    told = {name: number for (name, _), number in samples.items() if name.startswith("fleet_puppetserver")}
    assert told == {
        "fleet_puppetserver_up": 1,
        "fleet_puppetserver_jrubies": 2,
        "fleet_puppetserver_jrubies_free": 1,
        "fleet_puppetserver_jrubies_requested": 1,
        "fleet_puppetserver_jruby_borrow_seconds": 2.5,
        "fleet_puppetserver_jruby_wait_seconds": 0.012,
        "fleet_puppetserver_requests_refused_total": 0,
        "fleet_puppetserver_compiles_total": 8,
        "fleet_puppetserver_compile_seconds_total": 24,
    }


@pytest.mark.parametrize(
    "services", [{}, {"jruby-metrics": None}, {"puppet-profiler": {"status": []}}, {"x": 1}]
)
def test_what_puppet_server_does_not_say_is_not_made_up(services: dict[str, object]) -> None:
    assert read_status(services) == ServerState()
    assert read_status({**SERVICES, **services}) != read_status(SERVICES) or "x" in services or not services


@pytest.mark.parametrize("services", [[], "no", 7])
def test_what_is_no_puppet_server_is_one_line(there: Fleet, services: object) -> None:
    there.services = services
    with pytest.raises(FleetError, match=r"gives no status, so it is none or one of another version\Z"):
        server_state(there.url, Identity())


def test_without_puppetdb_nothing_of_an_earlier_scrape_is_told(
    there: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    there.add("tts1")
    collector = FleetCollector(PuppetDB(Path("puppetdb.conf"), there.url), there.url, 86400)
    assert value(scraped(collector), "fleet_node_run_seconds", certname="tts1") == 42

    def away(path: str) -> None:
        if path.startswith("/pdb"):
            raise ConnectionError

    there.before = away
    took, samples = timed(lambda: scraped(collector))
    assert took < 3
    assert value(samples, "fleet_puppetdb_up") == 0
    assert value(samples, "fleet_puppetserver_up") == 1
    assert not [
        name for name, _ in samples if name.startswith(("fleet_node", "fleet_drift", "fleet_compile"))
    ]
    scraped(collector)
    there.before = lambda _path: None
    assert value(scraped(collector), "fleet_node_run_seconds", certname="tts1") == 42
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 2, "each reason once"
    assert said[0].startswith("puppetdb.conf: PuppetDB at ")
    assert said[1] == "PuppetDB answers again"


@pytest.mark.parametrize("slow", ["/pdb", "/status/v1/services"])
def test_who_is_slow_is_not_waited_for(there: Fleet, slow: str) -> None:
    there.add("tts1")
    there.before = slowly(20, slow, there.over.wait)
    took, samples = timed(lambda: scrape(there, limit=1.0))
    assert took < 1.5
    up = {name: number for (name, _), number in samples.items() if name.endswith("_up")}
    assert up == {"fleet_puppetdb_up": int(slow != "/pdb"), "fleet_puppetserver_up": int(slow == "/pdb")}
    assert (value(samples, "fleet_node_run_seconds", certname="tts1") is None) == (slow == "/pdb")


def test_what_it_costs_does_not_grow_with_the_reports_that_are_kept(there: Fleet) -> None:
    """Of each entity whose number grows with time, it asks for what is newest, or in the window, or for counts."""
    scrape(there)
    for query in there.queries:
        if query.startswith(("reports", "events")):
            assert "latest_report? = true" in query or ("timestamp >= " in query and "group by" in query)


def test_the_window_is_in_the_query() -> None:
    assert 'timestamp >= "2026-01-02T03:04:05' in corrected_since(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


SCRAPE = """
import re, sys, time
from pathlib import Path
from prometheus_client import CollectorRegistry, generate_latest
from generator.exporter.collector import FleetCollector
from generator.puppetdb import PuppetDB
registry = CollectorRegistry()
registry.register(FleetCollector(PuppetDB(Path("x"), sys.argv[1]), sys.argv[1], 86400))
began = time.process_time()
text = generate_latest(registry)
seconds = time.process_time() - began
# ru_maxrss would be that of whoever started this program, if that was larger
peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(seconds, int(peak.group(1)) / 1024, text.count(b"\\n"))
"""


def test_a_scrape_of_5000_nodes_is_quick_and_small(there: Fleet) -> None:
    """The goal is 2 s and 200 MB beside a real PuppetDB; here its own part, by processor time."""
    for number in range(5000):
        there.add(f"tts-{number:04}.example.org")
        there.certificates.append(
            {"certname": f"tts-{number:04}.example.org", "value": {"node": 2e9, "ca": 3e9}}
        )
    done = subprocess.run(
        [sys.executable, "-c", SCRAPE, there.url], capture_output=True, text=True, check=True
    )
    seconds, mb, lines = map(float, done.stdout.split())
    assert lines > 45_000
    assert seconds < 4, "a machine that is at work on much else is given twice the time"
    assert mb < 200


def test_the_command_listens_until_it_is_ended(there: Fleet, tmp_path: Path) -> None:
    there.add("tts1")
    settings = tmp_path / "puppetdb.conf"
    settings.write_text(json.dumps({"puppetdb": {"server_urls": there.url}}))
    command = [
        sys.executable,
        "-m",
        "generator.cli",
        "exporter",
        "--listen",
        "127.0.0.1:0",
        "--puppetdb",
        str(settings),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address = process.stderr.readline().rpartition(" ")[2].strip()
        with urllib.request.urlopen(address, timeout=10) as answer:
            text = answer.read().decode()
        process.terminate()
    assert 'fleet_node_run_seconds{certname="tts1"} 42.0' in text
    assert "fleet_puppetserver_up" not in text, "it was given none"
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--listen", "9801"], "'9801' is no ADDRESS:PORT"),
        (["--listen", "127.0.0.1:99999"], "is no ADDRESS:PORT"),
        (["--key", sys.executable], "--certificate, --key and --client-ca go together"),
    ],
)
def test_what_is_wrong_with_a_call_is_said(words: list[str], complaint: str) -> None:
    done = CliRunner().invoke(exporter, words)
    assert done.exit_code == 2
    assert complaint in done.output


def test_without_a_puppetdb_it_says_where_its_address_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.commands.exporter.settings_file", lambda: None)
    done = CliRunner().invoke(exporter, [])
    assert isinstance(done.exception, FleetError)
    assert str(done.exception).startswith("no PuppetDB is known here: write its address to ")
