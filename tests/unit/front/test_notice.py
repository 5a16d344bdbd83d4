"""What the front says of its node: which release answered, and whether a new job would be taken at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from releases.front import Front as Told
from tests.unit.front.front import Front
from tests.unit.releases.simulated import DESCRIPTION

pytestmark = pytest.mark.puppet
HEALTH = "/gateway-health"
TAKEN = {"jobs": "taken"}


def told(front: Front) -> Told:
    """Return what `releases` tells this front by."""
    return Told(DESCRIPTION._replace(front_dir=str(front.folder), notice=str(front.folder / "map")))


def test_it_says_which_release_answered_after_a_switch_too(front: Front) -> None:
    front.note({"0-blue": "v1-1111111-aaaaaaa"})
    front.start()
    front.slots["0-blue"].start()
    front.slots["0-green"].start()
    assert front.ask("/config").headers["x-release"] == "v1-1111111-aaaaaaa"
    told(front).post({"0-blue": "v1-1111111-aaaaaaa", "0-green": "v2-2222222-bbbbbbb", **TAKEN})
    front.steer("0-green")
    answer = front.ask("/config")
    assert (answer.text, answer.headers["x-release"]) == ("0-green", "v2-2222222-bbbbbbb")


def test_it_says_of_a_stream_which_release_the_job_is_with(front: Front) -> None:
    front.note({"0-blue": "v1-1111111", "0-green": "v2-2222222"})
    front.start()
    for slot in front.slots.values():
        slot.start()
        slot.finish()
    front.ask("/gradio_api/queue/join", {"session_hash": "one"})
    front.steer("0-green")
    stream = front.ask("/gradio_api/queue/data?session_hash=one")
    assert (stream.text.split()[1], stream.headers["x-release"]) == ("0-blue", "v1-1111111")


def test_what_is_noted_is_known_after_a_reload_and_after_a_start(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    releases = told(front)
    for number, again in enumerate((front.reload, front.restart)):
        notice = {"0-blue": f"v{number}-1111111", **TAKEN}
        releases.post(notice)
        releases.note(notice)
        again()
        assert front.ask("/config").headers["x-release"] == f"v{number}-1111111"
        assert front.ask(HEALTH).status == 200
        assert releases.posted() == notice


def test_a_web_ui_does_not_say_it_for_itself(front: Front) -> None:
    front.start()
    front.slots["0-blue"].says = {"X-Release": "forged"}
    front.slots["0-blue"].start()
    assert "x-release" not in front.ask("/config").headers
    told(front).post({"0-blue": "v1-1111111"})
    assert front.ask("/config").headers["x-release"] == "v1-1111111"


def test_what_a_slot_has_no_more_is_forgotten(front: Front) -> None:
    front.start()
    releases = told(front)
    for notice in (
        {"0-blue": "v1-1111111", **TAKEN},
        {"0-blue": "v1-1111111", "0-green": "v2-2222222", "jobs": "held"},
        {"0-green": "v2-2222222", **TAKEN},
        {},
    ):
        releases.post(notice)
        assert releases.posted() == notice


def test_it_counts_anew_from_the_time_that_it_is_told(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    releases = told(front)

    def counted() -> int:
        return sum(int(row["hrsp_2xx"]) for row in releases.stats() if row["pxname"] == "pages")

    releases.post({"since": "1"})
    for notice, found in (({"since": "1"}, 2), ({"since": "1", **TAKEN}, 4), ({"since": "2"}, 0)):
        front.ask("/config")
        releases.post(notice)
        # of the slot and of the backend
        assert counted() == found, notice


def test_a_front_of_before_without_a_map_takes_it_for_nothing(front: Front) -> None:
    front.start()
    releases = Told(DESCRIPTION._replace(front_dir=str(front.folder), notice="/var/lib/releases/another.map"))
    releases.post(TAKEN)
    assert releases.posted() is None
    assert Told(DESCRIPTION._replace(front_dir=str(front.folder))).posted() is None


def test_a_gateway_is_told_whether_a_new_job_would_be_taken_at_once(front: Front) -> None:
    front.start()
    assert front.ask(HEALTH).status == 503, "until anybody has said so"
    releases = told(front)
    releases.post(TAKEN)
    assert (front.ask(HEALTH).status, front.ask(HEALTH).text) == (200, "jobs are taken at once\n")
    for why in ("held", "closed"):
        releases.post({"jobs": why})
        answer = front.ask(HEALTH)
        assert (answer.status, answer.text) == (503, "no job is taken at once\n")
    assert front.slots["0-blue"].asked == []


def test_a_front_without_weights_or_closed_says_no_whatever_is_noted(front: Front) -> None:
    front.note(TAKEN)
    front.start()
    assert front.ask(HEALTH).status == 200
    front.let_in(jobs=False)
    assert front.ask(HEALTH).status == 503
    front.let_in(jobs=True)
    assert front.ask(HEALTH).status == 200
    front.steer()
    assert front.ask(HEALTH).status == 503


def test_a_gateway_needs_no_password_and_is_not_counted_but_has_to_be_allowed(front: Front) -> None:
    front.note(TAKEN)
    front.start(users={"ann": "$6$abcdefgh$x"}, max_rate=5)
    assert [front.ask(HEALTH).status for _ in range(10)] == [200] * 10
    assert front.ask("/config").status == 401
    front.configure(allowed=["10.0.0.0/8"])
    front.reload()
    assert front.ask(HEALTH).status == 403


def test_what_a_gateway_asks_is_not_logged(front: Front) -> None:
    front.start()
    assert front.ask(HEALTH).status == 503
    front.slots["0-blue"].start()
    front.ask("/config")
    assert "gateway-health" not in Path(front.log).read_text()
