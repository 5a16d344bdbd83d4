"""Jobs that the front does not see: they are counted, and a drain waits for them."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from releases.fields import field
from releases.queue import count
from releases.switch import reconcile
from tests.unit.api_service import api
from tests.unit.releases.simulated import NEW
from tests.unit.releases.switching import MODES, a_world

QUEUE = {"page": "/prompt", "count": "exec_info.queue_remaining"}


@pytest.mark.parametrize(
    ("page", "jobs"),
    [
        ({"exec_info": {"queue_remaining": 0}}, 0),
        ({"exec_info": {"queue_remaining": 3}}, 3),
        # it may have some
        ({"exec_info": {"queue_remaining": None}}, 1),
        ({"exec_info": []}, 1),
        ([], 1),
        (b"<html>", 1),
        (None, 1),
    ],
)
def test_a_web_ui_says_how_many_jobs_it_has(page: Any, jobs: int) -> None:
    with api() as server:
        server.pages["/prompt"] = page
        assert count(QUEUE, server.server_port) == jobs


def test_where_nobody_listens_is_no_job() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert count(QUEUE, port) == 0


def test_one_that_listens_and_does_not_answer_may_have_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("releases.queue._ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert count(QUEUE, server.getsockname()[1]) == 1


@pytest.mark.parametrize(
    ("data", "steps", "found"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a": {"b": 1}}, "*.b", 1),
        ({"a": {"b": 1}}, "*.*", 1),
        ({"a": {"b": 1}}, "b", None),
        ({"a": 1}, "a.b", None),
        ({}, "*", None),
        ([1], "*", None),
    ],
)
def test_a_field_is_found_by_its_steps(data: Any, steps: str, found: Any) -> None:
    assert field(data, steps) == found


@MODES
def test_a_drain_waits_for_jobs_that_the_front_does_not_see(handover: str) -> None:
    world = a_world(handover, NEW)
    blue = world.description.cards["0"]["blue"]
    done_at: list[float] = []

    def queued(port: int) -> int:
        if world.uptime < 20:
            return 2 * (port == blue)
        done_at.append(world.uptime)
        return 0

    world.queued = queued
    reconcile(world.node())
    assert done_at
    assert world.uptime >= 22


@MODES
def test_jobs_of_a_queue_that_are_cut_are_said(handover: str) -> None:
    world = a_world(handover, NEW)
    world.queued = lambda port: 2 * (port == world.description.cards["0"]["blue"])
    reconcile(world.node())
    assert "tts: tts-webui@0-blue.service: 2 jobs were not done within 30 s and are cut" in world.said


def test_a_front_that_is_down_ends_no_drain_while_jobs_wait() -> None:
    world = a_world("hold", NEW)
    world.weights = None
    world.queued = lambda port: int(world.uptime < 20 and port == world.description.cards["0"]["blue"])
    reconcile(world.node())
    assert world.uptime >= 20
