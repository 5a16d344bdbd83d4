"""The benches of a switch, on a node that is none: they tell what a switch added from what was there before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import cast

import pytest

from generator.lab import AgentRun
from tests.bench import front, switch
from tests.lab.conftest import Fleet
from tests.load import Job, Result, browser
from tests.load.gradio import Heartbeats
from tests.unit.gradio_page import Page, page


class Node:
    """A node whose page breaks for a time where its agent runs; it is the fleet and the lab, too."""

    def __init__(self, server: Page, wrong: str) -> None:
        self.server, self.wrong = server, wrong
        self.lab = self
        self.wanted = self.served = ""
        self.switching = False

    def address(self, node: str) -> str:
        """Where its page is."""
        return "127.0.0.1"

    def serve(self, revision: str, handover: str) -> None:
        """Say what its next run makes it serve."""
        self.wanted = revision

    def release(self, node: str) -> str:
        """What it serves."""
        return self.served

    def sh(self, node: str, script: str) -> str:
        """Run nothing."""
        return ""

    def holds(self, node: str, script: str) -> bool:
        """Whether it switches."""
        return self.switching

    def agent(self, node: str) -> AgentRun:
        """Switch, and be broken meanwhile."""
        if self.wanted != self.served != "":
            self.switching, self.server.wrong = True, self.wrong
            self.server.over.wait(8)
            self.switching, self.server.wrong = False, ""
        self.served = self.wanted
        return AgentRun(2, "")


@pytest.mark.parametrize("wrong", ["", "join 503"])
def test_a_bump_is_measured_from_before_it_to_after_it(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with page() as server:
        for name, value in {"CLIENTS": 4, "OFFICIAL": 1, "PAUSE": 0.05, "WARM_UP": 8}.items():
            monkeypatch.setattr(switch, name, value)
        monkeypatch.setattr(switch, "BEFORE", 20)
        monkeypatch.setattr(switch, "LEAST", 120)
        monkeypatch.setattr(switch, "browser", lambda _, voice: browser(server.url, voice))
        monkeypatch.setattr(switch, "official", lambda _, voice: browser(server.url, voice))
        found = switch.bump(cast(Fleet, Node(server, wrong)), "hold", burst=40)
    assert found["switch.hold.requests"] >= 120
    assert (found["switch.hold.failed"] >= 40) == bool(wrong), "a burst arrives while it switches"
    assert (found["switch.hold.failed"] == 0) == (not wrong)
    # far more than a busy machine keeps a client waiting
    assert (found["switch.hold.gap_s"] > 6.9) == bool(wrong)
    assert (found["switch.hold.official_failed"] == 0) == (not wrong)


def test_what_a_switch_adds_is_counted_from_the_jobs_that_were_before_it() -> None:
    def job(began: float, ended: float) -> Job:
        return Job(1, "text", began, ended=ended)

    calm, switching, after = [job(n, n + 1) for n in range(9)], job(9, 12), job(30, 90)
    first = job(0, 8)
    result = Result([first, *calm[1:], switching, after], 100, Heartbeats())
    assert switch.added_ms(result, (0.5, 10.5), [(11, 14)]) == pytest.approx(2000)
    assert switch.added_ms(result, (0.5, 10.5), [(8.2, 8.6)]) == 0
    assert switch.added_ms(result, (0.5, 10.5), [(8.2, 8.6), (11, 14)]) == pytest.approx(2000)
    assert switch.added_ms(result, (0.5, 10.5), [(13, 29)]) == pytest.approx(15_000), "none was served in it"


def test_two_servers_are_asked_in_turn() -> None:
    with page() as one, page() as other:
        command = [
            sys.executable,
            "-c",
            front.PROGRAM.read_text(),
            f"{one.url}/config",
            f"{other.url}/config",
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
        assert len(one.asked) == len(other.asked) == 1 + 1000 + 3 * 8 * 250
    measured = json.loads(done.stdout)
    assert [list(each) for each in measured] == [["median_s", "requests_s"]] * 2
    assert all(0 < each["median_s"] < 1 < each["requests_s"] for each in measured)
