"""A real Prometheus and a real Alertmanager on loopback, which watch the exporter of a fleet that a test makes up."""

from __future__ import annotations

import json
import math
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from prometheus_client import CollectorRegistry, start_http_server

from generator.definition import REPOSITORY
from generator.exporter.collector import FleetCollector
from generator.puppetdb import PuppetDB
from tests.unit.front.front import free_ports
from tests.unit.watch.record import Fleet, fleet

PAGE = REPOSITORY / "modules/profile/files/fleet.html"
#: Seconds of history that Prometheus begins with, a sample every five minutes.
HISTORY = 86400


@dataclass(frozen=True)
class Watch:
    """What is watched, and where the watch is."""

    fleet: Fleet
    prometheus: str
    alertmanager: str

    def query(self, promql: str) -> list[dict[str, Any]]:
        """Answer a query of now."""
        found = fetched(f"{self.prometheus}/api/v1/query?{urlencode({'query': promql})}")["data"]["result"]
        assert isinstance(found, list)
        return found

    def alerts(self) -> set[tuple[str, str]]:
        """List what Alertmanager would tell somebody of: alerts and nodes."""
        firing = fetched(f"{self.alertmanager}/api/v2/alerts?active=true")
        return {(one["labels"]["alertname"], one["labels"].get("certname", "")) for one in firing}


def fetched(url: str) -> Any:
    """Get JSON."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether somebody says that all is well there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def history(names: list[str]) -> str:
    """Make a day of measurements: an incident in the afternoon, and runs that take longer at night."""
    now = int(time.time())
    times = [now - HISTORY + 300 * number for number in range(HISTORY // 300)]
    lines = ["# TYPE fleet_drift_ratio gauge"]
    for at in times:
        day = (at - times[0]) / HISTORY
        bump = 0.11 * math.exp(-(((day - 0.55) / 0.05) ** 2))
        lines.append(f"fleet_drift_ratio {0.012 + bump + 0.006 * math.sin(20 * day):.4f} {at}")
    lines.append("# TYPE fleet_node_run_seconds gauge")
    for number, name in enumerate(names):
        for at in times:
            day = (at - times[0]) / HISTORY
            seconds = (
                20
                + number % 9
                + 8 * math.sin(6.3 * day) ** 2
                + (90 if number == 7 and 0.3 < day < 0.38 else 0)
            )
            lines.append(f'fleet_node_run_seconds{{certname="{name}"}} {seconds:.1f} {at}')
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def watch(folder: Path, rules: str, names: list[str]) -> Iterator[Watch]:
    """Watch the fleet for as long as the body runs: each second, by the text ``rules``."""
    page, data = folder / "consoles" / "fleet.html", folder / "data"
    page.parent.mkdir()
    page.write_text(PAGE.read_text())
    (folder / "rules.yml").write_text(rules)
    (folder / "history").write_text(history(names))
    backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "history"), str(data)]
    subprocess.run(backfill, check=True, capture_output=True)
    with fleet() as record, ExitStack() as stack:
        exporter, prometheus, alertmanager = free_ports(3)
        registry = CollectorRegistry()
        registry.register(FleetCollector(PuppetDB(Path("x"), record.url), record.url, HISTORY))
        server, _ = start_http_server(exporter, "127.0.0.1", registry)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        target = [{"targets": [f"127.0.0.1:{exporter}"]}]
        managers = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": managers},
            "scrape_configs": [
                {"job_name": "fleet", "honor_labels": True, "static_configs": target},
                {"job_name": "alertmanager", "static_configs": managers[0]["static_configs"]},
            ],
        }
        (folder / "prometheus.yml").write_text(json.dumps(configuration))
        receivers = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
        (folder / "alertmanager.yml").write_text(json.dumps(receivers))
        for command in (
            [
                "prometheus",
                "--config.file=prometheus.yml",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address=127.0.0.1:{prometheus}",
                # as behind the door of profile::web
                "--web.external-url=https://example.org/prometheus/",
                "--web.route-prefix=/",
                "--web.console.templates=consoles",
            ],
            [
                "prometheus-alertmanager",
                "--config.file=alertmanager.yml",
                "--storage.path=alerts",
                f"--web.listen-address=127.0.0.1:{alertmanager}",
                "--cluster.listen-address=",
            ],
        ):
            log = stack.enter_context((folder / f"{command[0]}.log").open("w"))
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
        found = Watch(record, f"http://127.0.0.1:{prometheus}", f"http://127.0.0.1:{alertmanager}")
        for url in (found.prometheus, found.alertmanager):
            until(partial(answers, f"{url}/-/ready"), f"{url} is ready")
        yield found
