"""The door of the watch, opened by a password as a person would: in a real Chromium."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.test_browser import SCREENSHOT, page_at

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVER, NODE = "puppet", "tts1.lab.test"
USER, PASSWORD = "alice", "of the lab alone"

pytestmark = pytest.mark.faults  # its build of Puppetboard takes a minute


@pytest.fixture(scope="module")
def door(fleet: Fleet) -> Iterator[str]:
    """Open the door for one person, and shut it in the end; its address."""
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
    ).stdout.strip()
    fleet.keep_secrets({"profile::web::users": {USER: hashed}})
    fleet.converge(SERVER)
    yield f"https://{fleet.lab.address(SERVER)}:9443"
    fleet.keep_secrets(None)
    fleet.converge(SERVER)
    assert not fleet.holds(SERVER, "ss --listening --tcp --numeric | grep -q :9443")


def status(fleet: Fleet, url: str, *words: str) -> str:
    """Ask from a node, which has no part in it."""
    curl = ["curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}"]
    return fleet.lab.exec("tts1", [*curl, "--max-time", "20", *words, url]).stdout


@pytest.mark.parametrize("path", ["/puppetboard/", "/prometheus/graph", "/alertmanager/"])
def test_whoever_has_no_password_sees_nothing(fleet: Fleet, door: str, path: str) -> None:
    assert status(fleet, door + path) == "401"
    assert status(fleet, door + path, "--user", f"{USER}:another") == "401"
    assert status(fleet, door + path, "--location", "--user", f"{USER}:{PASSWORD}") == "200"


def test_puppetboard_shows_the_fleet_and_a_report(door: str) -> None:
    person = {"username": USER, "password": PASSWORD}
    with page_at(
        f"{door}/puppetboard/nodes", http_credentials=person, ignore_https_errors=True, locale="en-GB"
    ) as page:
        page.get_by_role("link", name=NODE, exact=True).click()
        expect(page.get_by_role("heading", name="Reports")).to_be_visible()
        expect(page).to_have_url(f"{door}/puppetboard/node/{NODE}")
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOT.with_name("puppetboard.png"))


def test_the_page_without_grafana_is_what_the_door_leads_to(door: str) -> None:
    person = {"username": USER, "password": PASSWORD}
    with page_at(door, http_credentials=person, ignore_https_errors=True, locale="en-GB") as page:
        expect(page).to_have_url(f"{door}/prometheus/consoles/fleet.html")
        expect(page.get_by_role("heading", name="Nodes by release")).to_be_visible()
        page.screenshot(path=SCREENSHOT.with_name("watch.png"))
