"""The watch as a whole, by a real Prometheus, a real Alertmanager and a real browser: alerts come, are seen, and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, expect

from tests.lab.test_browser import page_at
from tests.unit.front.front import RENDER
from tests.unit.watch.prometheus import Watch, until, watch
from tests.unit.watch.record import NOW, report
from tests.unit.watch.rules import TEMPLATE, VALUES

#: What is there when all is well.
ALWAYS = ("Watchdog", "")
SCREENSHOT = Path(__file__).parents[3] / "build" / "screenshots" / "watch.png"
NAMES = [f"tts-{number:02}.example.org" for number in range(1, 61)]

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="module")
def watched(ruby: Callable[[str, Any], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Watch sixty nodes, with rules for runs every 20 s; a day of their history is there."""
    values = {**VALUES, "interval": 20, "own_intervals": False, "backup_age": 86400}
    (rules,) = ruby(RENDER, [[TEMPLATE.read_text(), values]])
    with watch(tmp_path_factory.mktemp("watch"), rules, NAMES) as found:
        yield found


def since_now() -> float:
    """Return the seconds since NOW: a report of just now is that much less old."""
    return (datetime.now(UTC) - NOW).total_seconds()


def all_well(watched: Watch) -> None:
    """Have every node report just now, most of them on the new release."""
    fleet = watched.fleet
    for entries in (fleet.nodes, fleet.reports, fleet.inventory, fleet.corrected):
        entries.clear()
    for number, name in enumerate(NAMES):
        release = "v2.0.0" if number % 5 == 0 else "v2.5.0"
        fleet.add(
            name,
            wanted=release,
            active=release,
            ago=-since_now(),
            status="changed" if number % 9 == 0 else "unchanged",
        )
        # the times are of the future at the rules' scale
        fleet.reports[-1]["producer_timestamp"] = "2100-01-01T00:00:00.000Z"


def test_an_alert_comes_to_alertmanager_is_seen_and_clears(watched: Watch) -> None:
    all_well(watched)
    fleet = watched.fleet
    for place, broken in (
        (3, {"status": "failed"}),
        (12, {"cached_catalog_status": "on_failure"}),
        (20, {"ago": 7000}),
        (33, {"ago": 260000}),
    ):
        fleet.reports[place] = report(
            NAMES[place],
            **({"producer_timestamp": "2100-01-01T00:00:00.000Z"} if "ago" not in broken else {}) | broken,
        )
    lost = "Could not retrieve catalog from remote server: "
    fleet.logs[NAMES[12]] = [f"{lost}Error 500 on SERVER: Server Error: Evaluation Error: …"]
    fleet.corrected.append({"certname": NAMES[5], "count": 2})
    fleet.inventory[40]["facts.releases"]["indextts2"]["wanted"] = "v2.5.1"
    wanted = {
        ("RunFailed", NAMES[3]),
        ("CompileFailed", NAMES[12]),
        ("CachedCatalogue", NAMES[12]),
        ("NodeSilent", NAMES[20]),
        ("NodeSilent", NAMES[33]),
    }
    until(lambda: watched.alerts() >= wanted, f"{wanted} in Alertmanager")
    look(watched)

    all_well(watched)
    until(lambda: watched.alerts() == {ALWAYS}, "all is well again")


def look(watched: Watch) -> None:
    """Read the page that needs no Grafana, and keep a picture of it."""
    said: list[ConsoleMessage] = []
    with page_at(f"{watched.prometheus}/consoles/fleet.html") as page:
        page.on("console", lambda message: said.append(message))
        page.set_viewport_size({"width": 1200, "height": 900})
        page.reload()
        expect(page.locator("body[data-shown='86400']")).to_be_attached()
        tiles = {
            tile.locator("span").inner_text(): tile.locator("b").inner_text()
            for tile in page.locator(".tile").all()
        }
        assert tiles == {
            "nodes": "60",
            "silent": "2",
            "last run failed": "1",
            "drift": "1.7 %",
            "off their release": "1",
            "PuppetDB": "up",
        }
        assert page.locator("#silent tr td:first-child").all_inner_texts() == [NAMES[33], NAMES[20]]
        bars = {
            bar.locator("span").inner_text(): bar.locator("em").inner_text()
            for bar in page.locator("#releases .bar").all()
        }
        assert bars == {"v2.5.0": "48", "v2.0.0": "12"}
        for chart, lines in (("drift", 1), ("runs", 3)):
            paths = page.locator(f"#{chart} path[fill=none]")
            assert paths.count() == lines
            for path in paths.all():
                assert (path.get_attribute("d") or "").count("L") > 200, "a day in steps of six minutes"
        alert = page.locator("#alerts a", has_text="RunFailed")
        assert alert.get_attribute("href") == f"{VALUES['runbook']}#runfailed"
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOT, full_page=True)
        assert page.locator("#alerts a", has_text="Watchdog").count() == 0
        assert [message.text for message in said] == []


def test_the_page_makes_up_no_nought_where_the_exporter_is_away(watched: Watch) -> None:
    nothing = '{"status": "success", "data": {"resultType": "vector", "result": []}}'
    with page_at(f"{watched.prometheus}/consoles/fleet.html") as page:
        page.route("**/api/v1/query?**", lambda route: route.fulfill(body=nothing))
        page.get_by_label("over").select_option("6 hours")
        expect(page.locator("body[data-shown='21600']")).to_be_attached()
        tiles = page.locator(".tile b").all_inner_texts()
        assert tiles == ["–", "–", "–", "–", "–", "?"]
        assert page.locator("#silent").inner_text() == "nothing is known"


def test_the_page_says_when_prometheus_does_not_answer(watched: Watch) -> None:
    with page_at(f"{watched.prometheus}/consoles/fleet.html") as page:
        page.route("**/api/v1/**", lambda route: route.abort())
        page.get_by_label("over").select_option("6 hours")
        expect(page.get_by_role("alert")).to_contain_text("Prometheus does not answer")
