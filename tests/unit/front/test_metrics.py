"""What of the front's own counts Prometheus is told, of a real HAProxy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import pytest

from releases.description import Description
from releases.front import Front as Told
from releases.metrics import Metrics
from tests.unit.front.front import Front
from tests.unit.releases.simulated import World
from tests.unit.releases.test_metrics import told

pytestmark = pytest.mark.puppet
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"


class Counted(NamedTuple):
    """Who tells of a front, and where."""

    front: Front
    description: Description
    metrics: Metrics

    def read(self) -> dict[str, float]:
        """Tell, and return what is told."""
        node = World().node()._replace(description=self.description, front=Told(self.description))
        self.metrics.tell(node)
        assert self.description.metrics
        return told(Path(self.description.metrics))

    def jobs(self) -> tuple[float, float]:
        """Return how many were done, and how many failed."""
        found = self.read()
        done, failed = (found[f'releases_front_jobs_total{{outcome="{one}"}}'] for one in ("done", "failed"))
        return done, failed


@pytest.fixture
def counted(front: Front) -> Counted:
    """Return a front that serves, and who tells of it."""
    front.note({"jobs": "taken"})
    front.start()
    slot = front.slots["0-blue"]
    slot.chunked = True
    slot.start()
    folder = str(front.folder)
    description = World().description._replace(
        front_dir=folder, notice=f"{folder}/map", metrics=f"{folder}/prom"
    )
    return Counted(front, description, Metrics())


def test_a_job_that_ends_is_done_one_that_is_cut_or_refused_by_the_web_ui_failed(counted: Counted) -> None:
    front, slot = counted.front, counted.front.slots["0-blue"]
    assert counted.jobs() == (0, 0)
    assert "releases_front_job_seconds" not in counted.read()
    front.ask(JOIN, {"session_hash": "one"})
    stream = front.ask_later(f"{DATA}?session_hash=one")
    slot.until(1)
    time.sleep(0.5)
    slot.finish()
    assert "done" in stream.answer().text
    front.wait_for(lambda: counted.jobs() == (1, 0))
    assert 0.5 <= counted.read()["releases_front_job_seconds"] < 5

    slot.stop()
    slot.start()
    front.ask(JOIN, {"session_hash": "two"})
    stream = front.ask_later(f"{DATA}?session_hash=two")
    slot.until(1)
    slot.cut()
    front.wait_for(lambda: not stream.waits)
    slot.stop()
    front.wait_for(lambda: counted.jobs() == (1, 1))

    slot.broken = True
    slot.start()
    assert front.ask(JOIN, {"session_hash": "three"}).status == 500
    front.wait_for(lambda: counted.jobs() == (1, 2))


def test_what_the_front_says_by_itself_is_no_failed_job_and_no_answer_to_a_gateway_counts(
    counted: Counted,
) -> None:
    front = counted.front
    front.let_in(jobs=False)
    assert front.ask(JOIN, {"session_hash": "one"}).status == 503
    before = counted.read()
    assert counted.jobs() == (0, 0)
    assert before['releases_front_responses_total{code="5xx"}'] == 1
    assert front.ask("/gateway-health").status == 503
    front.let_in(jobs=True)
    assert front.ask("/gateway-health").status == 200
    assert counted.read() == before
    assert front.ask("/config").status == 200
    front.wait_for(lambda: counted.read()['releases_front_responses_total{code="2xx"}'] == 1)


def test_who_is_refused_is_counted(counted: Counted) -> None:
    front = counted.front
    front.configure(max_body=10)
    front.reload()
    assert front.ask("/gradio_api/upload", b"x" * 20).status == 413
    front.wait_for(lambda: counted.read()['releases_front_responses_total{code="4xx"}'] == 1)


def test_after_a_reload_the_new_process_is_told_of(counted: Counted) -> None:
    front = counted.front
    front.ask("/config")
    front.wait_for(lambda: counted.read()['releases_front_responses_total{code="2xx"}'] == 1)
    front.reload()
    assert counted.read()['releases_front_responses_total{code="2xx"}'] == 0
