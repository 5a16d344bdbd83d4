"""The load: what is served counts as served, and every way in which a server can let a job down as failed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.load import Job, Load, Result, browser, official, visitor
from tests.load.gradio import Heartbeats
from tests.load.kinds import Kind
from tests.unit.gradio_page import Page, page, wav

VOICE = wav(None)
#: The library's own use of what is deprecated.
library = pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning")


def asked_once(kind: Kind, jobs: int = 3, patience: float = 20) -> Result:
    with Load(kind, patience=patience) as load:
        load.burst(jobs)
        return load.stop()


def test_each_job_goes_through_all_its_phases() -> None:
    with page() as server:
        result = asked_once(browser(server.url, VOICE))
        assert (result.sent, result.failed, result.failures()) == (3, 0, [])
        for job in result.jobs:
            assert list(job.phases) == ["page", "upload", "join", "stream", "audio"]
            assert 0 <= job.began < job.ended
            assert sum(job.phases.values()) == pytest.approx(job.latency, abs=0.05)
        assert len({job.text for job in result.jobs}) == 3
        [uploaded, text, slider] = next(iter(server.joins.values()))["data"]
        assert (uploaded["path"], slider) == ("/tmp/voice.wav", 0.5)
        assert text in {job.text for job in result.jobs}


def test_a_tab_holds_a_heartbeat_and_loads_its_page_once() -> None:
    with page() as server:
        with Load(browser(server.url)) as load:
            load.start(clients=2)
            while load.served < 20:
                time.sleep(0.01)
            result = load.stop()
        assert (result.heartbeats.opened, result.heartbeats.cut) == (2, 0)
        assert server.asked.count("/config") == 2
        assert server.asked.count("/gradio_api/queue/join") == result.sent >= 20


def test_a_visitor_begins_each_job_with_the_first_page_and_a_jar_and_a_voice_of_its_own() -> None:
    with page() as server, Load(visitor(server.url, VOICE)) as load:
        load.start(clients=1)
        while load.served < 2:
            time.sleep(0.01)
        jobs = load.stop().jobs
    first = [at for at, path in enumerate(server.asked) if path == "/"]
    assert len(first) == len(jobs) >= 2
    for at, job in zip(first, jobs, strict=True):
        assert job.nodes == {f"at{at + 1}"}
        assert job.releases == {"for text/html"}
        assert server.cookies[at] is None, "nothing is known of the job before"
        assert server.cookies[at + 1] == f"tts_node=at{at + 1}"


@pytest.mark.parametrize(
    ("wrong", "phase", "reason"),
    [
        ("config 503", "page", "HTTP 503"),
        ("config cut", "page", "RemoteProtocolError: Server disconnected without sending a response."),
        ("no function", "page", "a page whose /config has no function 'gen_single'"),
        ("another config", "page", "an answer that is not Gradio's: KeyError('components')"),
        ("upload 503", "upload", "HTTP 503"),
        ("upload cut", "upload", "RemoteProtocolError: Server disconnected without sending a response."),
        ("join 503", "join", "HTTP 503"),
        ("join cut", "join", "RemoteProtocolError: Server disconnected without sending a response."),
        ("join hangs", "join", "no audio within 0.5 s"),
        ("data 503", "stream", "HTTP 503"),
        ("data hangs", "stream", "no audio within 0.5 s"),
        (
            "stream cut",
            "stream",
            "RemoteProtocolError: peer closed connection without sending complete message body"
            " (incomplete chunked read)",
        ),
        ("stream ends", "stream", "the stream ended without an answer"),
        ("another's event", "stream", "the stream ended without an answer"),
        ("session unknown", "stream", "the page says: 404: Not Found"),
        ("the model says no", "stream", "the page says: no such voice"),
        ("no output", "audio", "an answer that is not Gradio's: IndexError('list index out of range')"),
        ("file 503", "audio", "HTTP 503"),
        ("no audio", "audio", "6 bytes that are no WAV: b'<html>'"),
        ("half the audio", "audio", "a WAV of 1000 bytes whose sound is cut"),
        ("no sound", "audio", r"a WAV of \d+ bytes whose sound is empty"),
        ("no title", "audio", r"a WAV that speaks None instead of '\w+ \d 1'"),
        ("another's audio", "audio", r"a WAV that speaks 'another text' instead of '\w+ \d 1'"),
        ("audio cut", "audio", r"RemoteProtocolError: peer closed connection .*received 1000 bytes.*"),
    ],
)
def test_a_job_that_the_server_lets_down_has_failed_and_is_not_tried_again(
    wrong: str, phase: str, reason: str
) -> None:
    with page(wrong) as server:
        result = asked_once(browser(server.url, VOICE), patience=0.5 if "hangs" in wrong else 20)
        assert (result.sent, result.failed, result.served, result.latency()) == (3, 3, [], {})
        for job in result.jobs:
            assert job.failed_in == phase == list(job.phases)[-1]
            assert job.reason is not None
            assert job.reason == reason or re.fullmatch(reason, job.reason), job.reason
        paths = [path.partition("=")[0] for path in server.asked if "heartbeat" not in path]
        assert all(paths.count(path) == 3 for path in paths), "asked again"


def test_a_page_that_is_not_there_fails_every_job() -> None:
    with page() as server:
        url = server.url
    [failure] = asked_once(browser(url)).failures()
    assert failure == {"phase": "page", "reason": "ConnectError: All connection attempts failed", "count": 3}


def test_an_outage_is_as_long_as_nothing_was_served() -> None:
    with page() as server, Load(browser(server.url)) as load:
        load.start(clients=4)
        while load.served < 8:
            time.sleep(0.01)
        server.wrong = "join 503"
        time.sleep(1.2)
        server.wrong = ""
        served = load.served
        while load.served < served + 8:
            time.sleep(0.01)
        result = load.stop()
    assert 1.2 <= result.longest_gap() < 2.5
    [failure] = result.failures()
    assert failure["reason"] == "HTTP 503"
    assert 4 <= result.failed <= 4 * 4, "a client that failed takes a breath"


def test_a_heartbeat_that_is_cut_is_counted_and_fails_no_job() -> None:
    with page("heartbeats cut") as server, Load(browser(server.url)) as load:
        load.start(clients=1)
        while server.asked.count("/config") < 1 or sum("heartbeat" in path for path in server.asked) < 2:
            time.sleep(0.01)
        result = load.stop()
    assert result.failed == 0
    assert result.heartbeats.cut >= 1


def test_clients_that_pause_do_not_begin_all_at_once() -> None:
    with page() as server, Load(browser(server.url), pause=0.8) as load:
        load.start(clients=4)
        while load.served < 4:
            time.sleep(0.01)
        began = sorted(job.began for job in load.stop().jobs)[:4]
    assert [later - began[0] for later in began] == pytest.approx([0, 0.2, 0.4, 0.6], abs=0.15)


def test_a_burst_comes_beside_those_who_keep_asking() -> None:
    with page() as server, Load(browser(server.url), pause=30) as load:
        load.start(clients=1)
        load.burst(31)
        while load.served < 32:
            time.sleep(0.01)
        began = time.monotonic()
        assert load.stop().sent == 32
        assert time.monotonic() - began < 10, "a pause is not waited for to its end"


def test_jobs_under_way_are_waited_for_when_told_to_stop() -> None:
    with page("join hangs") as server, Load(browser(server.url), patience=1) as load:
        load.start(clients=2)
        while "/gradio_api/queue/join" not in server.asked:
            time.sleep(0.01)
        result = load.stop()
    assert (result.sent, result.failed) == (2, 2)
    assert result.jobs[0].reason == "no audio within 1 s"


def program(server: Page, *options: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.load", "--clients=2", "--pause=0.05", server.url, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_the_program_prints_what_came_of_it(tmp_path: Path) -> None:
    timeline = tmp_path / "timeline"
    with page() as server:
        asking = program(server, "--seconds=0.5", "--timeline", timeline)
        told = json.loads(asking.communicate(timeout=20)[0])
    jobs = [json.loads(line) for line in timeline.read_text().splitlines()]
    assert asking.returncode == 0
    assert told["failed"] == 0 < told["sent"] == len(jobs)
    assert list(jobs[0]) == ["client", "text", "began", "ended", "phases"]


def test_the_program_asks_until_it_is_told_to_stop_and_says_no_where_a_job_failed() -> None:
    with page("another's audio") as server:
        asking = program(server, "--seconds=1000")
        while not any("file" in path for path in server.asked):
            time.sleep(0.01)
        asking.send_signal(signal.SIGTERM)
        told = json.loads(asking.communicate(timeout=20)[0])
    assert asking.returncode == 1
    assert told["failed"] == told["sent"] > 0


def job(began: float, ended: float, reason: str | None = None) -> Job:
    made = Job(1, "text", began)
    made.enter("join")
    made.end(ended, reason)
    return made


def test_a_gap_is_counted_from_the_begin_to_the_end() -> None:
    def gap(*jobs: Job) -> float:
        return Result(jobs, 10.0, Heartbeats()).longest_gap()

    assert gap() == 10
    assert gap(job(0, 1), job(1, 9)) == 8
    assert gap(job(0, 1), job(1, 5, "no"), job(5, 9)) == 8, "a failure is no service"
    assert gap(job(0, 7), job(7, 10)) == 7
    assert gap(job(0, 3), job(3, 4)) == 6
    assert gap(job(0, 3), job(3, 14, "no")) == 11, "a job that was under way when told to stop"


def test_the_99th_percentile_is_what_99_of_100_do_not_exceed() -> None:
    jobs = [job(0, second) for second in range(1, 201)]
    assert Result(jobs, 1, Heartbeats()).latency() == {"median": 100.5, "p99": 198, "max": 200}


def test_a_latency_can_be_that_of_the_jobs_under_way_in_a_time() -> None:
    result = Result([job(0, 1), job(2, 4), job(3, 13), job(6, 9, "no"), job(12, 19)], 1, Heartbeats())
    assert result.latencies(4, 11) == [2, 10]


@library
def test_the_official_client_calls_the_function_by_the_names_of_its_arguments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import gradio_client

    class Fake:
        def __init__(self, url: str, download_files: str, verbose: bool) -> None:
            assert Path(download_files).is_dir()

        def predict(self, prompt: dict[str, str] | None, text: str, api_name: str) -> str:
            assert prompt and Path(prompt["path"]).read_bytes() == VOICE
            assert api_name == "/gen_single"
            spoken = tmp_path / f"{text}.wav"
            spoken.write_bytes(wav(text if " 1 " in text else "another text"))
            return str(spoken)

        def close(self) -> None:
            pass

    monkeypatch.setattr(gradio_client, "Client", Fake)
    result = asked_once(official("http://127.0.0.1:9", VOICE))
    assert [job.client for job in result.served] == [1]
    assert {job.failed_in for job in result.jobs if job.reason} == {"predict"}


@library
def test_the_official_client_s_failures_are_counted() -> None:
    with page() as server:
        url = server.url
    [failure] = asked_once(official(url)).failures()
    assert (failure["phase"], failure["count"]) == ("page", 3)
    assert str(failure["reason"]).startswith("ConnectError: ")
