"""A switch as clients see it: requests that wait, jobs that find their slot, and what a drain counts."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

import pytest

from releases.front import Front as ReleasesFront
from tests.unit.front.front import Answer, Front
from tests.unit.releases.simulated import DESCRIPTION

pytestmark = pytest.mark.puppet
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"


def join(session: str, text: str = "你好") -> dict[str, object]:
    """The body of a join: the session is what Gradio's clients say last."""
    return {"data": [text], "fn_index": 3, "session_hash": session}


def by(answer: Answer) -> str:
    """The slot that took a join."""
    assert answer.status == 200, answer
    name = json.loads(answer.body)["by"]
    assert isinstance(name, str)
    return name


def test_requests_to_a_slot_where_nothing_listens_wait_until_it_does(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    assert front.ask("/config").text == "0-blue"
    front.steer("0-green")
    page, job = front.ask_later("/config"), front.ask_later(JOIN, join("one"))
    upload = front.ask_later("/gradio_api/upload", b"x" * 3_000_000)
    time.sleep(1.5)
    assert page.waits and job.waits and upload.waits
    front.slots["0-green"].start()
    assert (page.answer().text, by(job.answer()), upload.answer().text) == (
        "0-green",
        "0-green",
        "0-green 3000000",
    )
    assert front.slots["0-blue"].asked == ["GET /config"]


def test_requests_held_for_a_start_that_fails_go_back(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    front.steer("0-green")
    page, job = front.ask_later("/config"), front.ask_later(JOIN, join("one"))
    time.sleep(0.5)
    front.steer("0-blue")
    assert (page.answer().text, by(job.answer())) == ("0-blue", "0-blue")


def test_a_request_is_held_for_drain_and_two_starts_and_no_longer(front: Front) -> None:
    front.start(hold=3)
    answer = front.ask("/config")
    assert answer.status == 503
    assert "indextts2 does not answer" in answer.text
    assert 2.5 < answer.seconds < 5


def test_closed_it_turns_new_jobs_away_and_serves_those_that_run_to_the_end(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    stream = front.ask_later(f"{DATA}?session_hash=one")
    front.slots["0-blue"].until(1)
    front.let_in(False)
    for session in ("two", "one"):
        refused = front.ask(JOIN, join(session))
        assert (refused.status, refused.headers["retry-after"]) == (503, "10")
        assert refused.seconds < 0.9, "what waits here would be lost with the machine"
    front.slots["0-blue"].finish()
    assert stream.answer().text.endswith("data: 0-blue\n\ndata: done\n\n")
    assert front.ask("/gradio_api/file=audio.wav").status == 200
    front.let_in(True)
    assert by(front.ask(JOIN, join("two"))) == "0-blue"


def test_another_card_takes_at_once_what_one_that_is_down_refuses(make_front: Callable[..., Front]) -> None:
    front = make_front(cards=2)
    front.start()
    front.slots["1-green"].start()
    front.steer("0-green", "1-green")
    answers = [front.ask("/config") for _ in range(20)]
    assert {answer.text for answer in answers} == {"1-green"}
    assert max(answer.seconds for answer in answers) < 0.9


def test_a_fresh_front_of_several_cards_holds_as_one_of_one_does(make_front: Callable[..., Front]) -> None:
    front = make_front(cards=2)
    front.start()
    page = front.ask_later("/config")
    time.sleep(2.5)
    front.steer("1-green")
    front.slots["1-green"].start()
    assert page.answer().text == "1-green"


def test_a_stream_finds_the_slot_of_its_job_after_the_weights_moved(front: Front) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    front.steer("0-green")
    stream = front.ask_later(f"{DATA}?session_hash=one")
    front.slots["0-blue"].until(1)
    assert (front.current("0-blue"), front.current("0-green")) == (1, 0)
    front.slots["0-blue"].finish()
    assert stream.answer().text.endswith("data: 0-blue\n\ndata: done\n\n")
    front.wait_for(lambda: front.current("0-blue") == 0)
    # the next job of the same session goes to the new slot, and so does its stream
    assert by(front.ask(JOIN, join("one"))) == "0-green"
    front.slots["0-green"].finish()
    assert front.ask(f"{DATA}?session_hash=one").text.endswith("data: 0-green\n\ndata: done\n\n")


def test_a_job_of_a_session_with_an_open_stream_goes_where_that_leads(front: Front) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    stream = front.ask_later(f"{DATA}?session_hash=one")
    front.slots["0-blue"].until(1)
    front.steer("0-green")
    # Gradio's page opens no second stream: the result of this job can come by the first alone
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    assert by(front.ask(JOIN, join("two"))) == "0-green"
    front.slots["0-blue"].finish()
    stream.answer()
    front.wait_for(lambda: front.current("0-blue") == 0)
    assert by(front.ask(JOIN, join("one"))) == "0-green"


def test_a_stream_whose_process_is_gone_is_soon_told(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    front.slots["0-blue"].stop()
    answer = front.ask(f"{DATA}?session_hash=one")
    assert answer.status == 503
    assert answer.seconds < 5


def test_a_job_between_its_join_and_its_stream_counts(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
    releases = ReleasesFront(DESCRIPTION._replace(front_dir=str(front.folder)))
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    assert (releases.jobs("0-blue"), releases.jobs("0-green")) == (1, 0)
    front.until_it_teaches()
    front.reload()
    front.wait_for(lambda: releases.jobs("0-blue") == 1)
    stream = front.ask_later(f"{DATA}?session_hash=one")
    front.slots["0-blue"].until(1)
    front.wait_for(lambda: releases.jobs("0-blue") == 1)
    # the next job of a page comes by the stream that it has
    assert by(front.ask(JOIN, join("one"))) == "0-blue"
    assert releases.jobs("0-blue") == 1
    front.slots["0-blue"].finish()
    stream.answer()
    front.wait_for(lambda: releases.jobs("0-blue") == 0)

    called = json.loads(front.ask("/gradio_api/call/gen_single", {"data": []}).body)
    assert releases.jobs("0-blue") == 1
    assert front.ask(f"/gradio_api/call/gen_single/{called['event_id']}").status == 200
    front.wait_for(lambda: releases.jobs("0-blue") == 0)

    assert front.ask(JOIN, join("gone")).status == 200
    assert releases.jobs("0-blue") == 1
    monkeypatch.setattr("releases.front._STREAM_S", 0.5)
    front.wait_for(lambda: releases.jobs("0-blue") == 0)


def test_a_stream_of_which_a_fresh_process_knows_nothing_waits_for_the_weights(front: Front) -> None:
    front.start()
    front.slots["0-green"].start()
    front.slots["0-green"].jobs.add("one")
    front.slots["0-green"].finish()
    # what a reload has begun has the weights of its configuration, and no job of before
    stream = front.ask_later(f"{DATA}?session_hash=one")
    time.sleep(0.5)
    front.steer("0-green")
    assert stream.answer().text.endswith("data: 0-green\n\ndata: done\n\n")


def test_an_open_tab_does_not_hold_a_drain(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    front.ask_later("/gradio_api/heartbeat/one")
    front.slots["0-blue"].until(1)
    assert front.current("0-blue") == 0


@pytest.mark.parametrize("size", [1, 100_000, 1_000_000])
def test_a_join_of_any_size_is_served_and_its_stream_finds_it(front: Front, size: int) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
    assert by(front.ask(JOIN, join("one", "x" * size))) == "0-blue"
    front.steer("0-green")
    front.slots["0-blue"].finish()
    assert front.ask(f"{DATA}?session_hash=one").status == 200


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_job_is_known_by_its_session_and_not_by_who_asks(front: Front, size: int) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
    assert by(front.ask(JOIN, join("one", "x" * size))) == "0-blue"
    front.steer("0-green")
    # too long for its session to be read, and from the same address
    assert by(front.ask(JOIN, join("two", "x" * 1_000_000))) == "0-green"
    front.slots["0-blue"].finish()
    assert front.ask(f"{DATA}?session_hash=one").status == 200


def test_a_call_without_a_session_finds_its_job(front: Front) -> None:
    front.start()
    for slot in front.slots.values():
        slot.start()
        slot.finish()
    answers = [front.ask("/gradio_api/call/gen", {"data": []}) for _ in range(2)]
    first, second = (json.loads(answer.body)["event_id"] for answer in answers)
    assert max(answer.seconds for answer in answers) < 1
    front.steer("0-green")
    # a later call of the same client must not take the first one's place
    assert front.ask("/gradio_api/call/gen", {"data": []}).status == 200
    for event in (first, second):
        assert front.ask(f"/gradio_api/call/gen/{event}").text == "data: 0-blue\n\ndata: done\n\n"


def test_a_join_that_is_refused_is_answered_at_once(front: Front) -> None:
    front.start()
    front.slots["0-blue"].start()
    answer = front.ask("/gradio_api/call/unknown", {"data": []})
    assert (answer.status, answer.text) == (404, '{"detail": "Not Found"}')
    assert answer.seconds < 1


def test_a_client_that_gives_up_while_held_leaves_nothing(front: Front) -> None:
    front.start(hold=60)
    clients = []
    for request in (
        b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n",
        # behind more than HAProxy reads at once, it may not see the end before the hold's (50 kB, on a busy machine)
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 1_000,
    ):
        client = socket.create_connection(("127.0.0.1", front.port))
        client.sendall(request)
        clients.append(client)
    front.wait_for(lambda: front.held() == 2)
    for client in clients:
        client.close()
    front.wait_for(lambda: front.held() == 0, within=45)  # less than the front itself would hold them
    front.slots["0-blue"].start()
    time.sleep(1.2)
    assert front.slots["0-blue"].asked == []
