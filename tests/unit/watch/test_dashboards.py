"""Grafana's dashboards: they are what the code makes, and ask for what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest

from generator.commands.dashboards import dashboards
from generator.dashboards import files
from generator.definition import REPOSITORY
from generator.errors import AnswerIsNo
from generator.exporter.collector import FleetCollector
from generator.puppetdb import PuppetDB
from tests.unit.watch.record import fleet

#: Of other exporters, and of Prometheus itself.
OTHERS = {
    "ALERTS",
    "probe_success",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "fleet_deploy_ok",
    "fleet_backup_time_seconds",
}
WORD = re.compile(r"\b(?:fleet_\w+|probe_\w+|node_filesystem_\w+|ALERTS)\b")


def asked(dashboard: dict[str, Any]) -> set[str]:
    """List the metrics that a dashboard asks for."""
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    return {word for target in targets for word in WORD.findall(target["expr"])}


def test_what_is_committed_is_what_the_code_makes() -> None:
    files.check(REPOSITORY)


def test_another_file_is_noticed_and_written(tmp_path: Path) -> None:
    with pytest.raises(AnswerIsNo, match=r"fleet\.json: is not what .*\n.*\nfleet dashboards writes them"):
        files.check(tmp_path)
    (tmp_path / files.FOLDER).mkdir(parents=True)
    (tmp_path / files.FOLDER / "old.json").write_text("{}")
    done = CliRunner().invoke(dashboards, ["--root", str(tmp_path)])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / files.FOLDER).iterdir()) == [
        "fleet.json",
        "puppet-server.json",
    ]
    files.check(tmp_path)
    assert CliRunner().invoke(dashboards, ["--root", str(tmp_path)]).output == ""


def test_the_dashboards_ask_for_metrics_that_there_are() -> None:
    with fleet() as there:
        there.add("tts1")
        registry = CollectorRegistry()
        registry.register(FleetCollector(PuppetDB(Path("x"), there.url), there.url, 3600))
        told = set(re.findall(r"^(\w+)[ {]", generate_latest(registry).decode(), re.MULTILINE))
    for name, text in files.texts().items():
        dashboard = json.loads(text)
        assert dashboard["panels"], name
        assert asked(dashboard) - told - OTHERS == set()


def test_no_two_panels_lie_on_each_other() -> None:
    for text in files.texts().values():
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(text)["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            taken |= cells


def test_the_page_without_grafana_asks_for_metrics_that_the_exporter_has() -> None:
    page = (REPOSITORY / "modules/profile/files/fleet.html").read_text()
    assert "{{" not in page, "Prometheus takes that for a template"
    metrics = {word for word in WORD.findall(page) if word != "ALERTS"}
    shown = {word for text in files.texts().values() for word in asked(json.loads(text))}
    assert metrics <= shown


def test_no_panel_shows_a_nought_where_the_exporter_is_away() -> None:
    """A vector(0) is there without anything that was measured."""
    for name, text in files.texts().items():
        exprs = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
        assert [expr for expr in exprs if "vector(" in expr] == [], name
