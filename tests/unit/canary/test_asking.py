"""What the driver asks, and what it makes of answers that are none: one line each, in bounded time."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from generator.canary.limits import Limits
from generator.canary.measure import Measured
from generator.canary.prometheus import Prometheus
from generator.canary.settings import Settings
from generator.canary.smoke import Smoke
from generator.errors import FleetError, InputError
from tests.unit.fake_puppetdb import Answer, say, serving

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def vector(*series: tuple[dict[str, str], str], **more: Any) -> bytes:
    result = [{"metric": labels, "value": [1.0, value]} for labels, value in series]
    data = {"resultType": "vector", "result": result}
    return json.dumps({"status": "success", "data": data, **more}).encode()


def test_series_come_with_their_labels_and_what_is_no_number_is_left_out() -> None:
    body = vector(({"certname": "a"}, "1.5"), ({"certname": "b"}, "NaN"), ({"certname": "c"}, "+Inf"))
    with serving(say(200, body)) as url:
        one, other = Prometheus(url).query(["x", "y"], NOW)
    assert one == other == [({"certname": "a"}, 1.5), ({"certname": "c"}, float("inf"))]


def trickle(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (say(503, b"no"), "answers 503"),
        (say(422, b'{"error": "too many\\n series"}'), "answers 422 (too many series)"),
        (say(200, b"<html>"), "gives an answer that is none of Prometheus's"),
        (say(200, b'{"status": "success"}'), "gives an answer that is none of Prometheus's"),
        (say(200, b'{"status": "error", "error": "x"}'), "gives an answer that is none of Prometheus's"),
        (say(200, vector(({"a": "b"}, "x"))), "gives an answer that is none of Prometheus's"),
        (say(200, vector(warnings=["one store is away"])), "does not answer wholly: one store is away"),
        (trickle, "does not answer within 1 s"),
    ],
)
def test_what_is_no_answer_is_said_in_a_line(answer: Answer, said: str) -> None:
    with serving(answer) as url:
        began = time.monotonic()
        with pytest.raises(FleetError) as error:
            Prometheus(url, limit=1.0).query(["x"], NOW)
        assert time.monotonic() - began < 2.0
    assert str(error.value) == f"Prometheus at {url} {said}"


def test_nobody_there_is_said_without_the_password() -> None:
    with pytest.raises(FleetError) as error:
        Prometheus("http://me:secret@127.0.0.1:9").query(["x"], NOW)
    assert str(error.value).startswith("Prometheus at http://127.0.0.1:9 cannot be asked: ")


def measured(**more: Any) -> Measured:
    values: dict[str, Any] = {
        "releases": {"a": {"v2-1"}, "b": {"v2-1"}, "c": {"v2-1", "v1-1"}},
        "counted": {"a", "b", "c"},
        "up": {"a": 1.0, "b": 1.0, "c": 1.0},
        "done": {"a": 90.0, "b": 5.0, "c": 5.0},
        "failed": {"a": 10.0},
        "seconds": {"a": 2.0, "b": 9.0},
        "restarts": {"a": 1.0},
        "memory": {"a": 10.0, "b": 20.0},
        "gpu_memory": {},
    }
    return Measured(**(values | more))


def test_numbers_are_of_those_who_are_asked_for_and_weigh_by_jobs() -> None:
    found = measured().of(("a", "b"))
    assert (found.nodes, found.jobs, found.failed, found.restarts) == (2, 105.0, 10.0, 1.0)
    assert found.seconds == pytest.approx((2.0 * 100 + 9.0 * 5) / 105)
    assert (found.memory, found.gpu_memory, found.missing) == (15.0, None, ())


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, ("c",)),
        ({"releases": {"a": {"v2-1"}}}, ("b", "c")),
        ({"counted": {"b"}}, ("a", "c")),
        ({"up": {"a": 0.4, "b": 0.5}}, ("a", "c")),
    ],
)
def test_of_whom_nothing_is_told_or_of_another_release_is_missing(
    changed: dict[str, Any], missing: tuple[str, ...]
) -> None:
    found = measured(**changed).of(("a", "b", "c"), right=lambda release: release.startswith("v2-"))
    assert found.missing == missing


def test_a_member_that_answers_is_well_and_one_that_twice_does_not_is_named() -> None:
    with serving(say(200, b"{}")) as url:
        well = Smoke({"indextts2": url.replace("127.0.0.1", "{certname}") + "/config"}, pause=0.0)
        assert well.failed("indextts2", ["127.0.0.1", "localhost"]) == ()
        assert well.failed("asr", ["127.0.0.1"]) == ()
    with serving(say(500, b"no")) as url:
        bad = Smoke({"indextts2": url.replace("127.0.0.1", "{certname}")}, pause=0.0)
        assert bad.failed("indextts2", ["127.0.0.1"]) == ("127.0.0.1 answers 500",)
    gone = Smoke({"indextts2": url.replace("127.0.0.1", "{certname}")}, pause=0.0)
    assert [text.split(" (")[0] for text in gone.failed("indextts2", ["127.0.0.1"])] == [
        "127.0.0.1 cannot be asked"
    ]


def test_one_answer_that_was_lost_is_asked_for_again_and_elsewhere_is_no_answer() -> None:
    count, lock = [0], threading.Lock()

    def second_time(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            count[0] += 1
        say(200 if count[0] > 1 else 503, b"{}")(handler)

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/")
        handler.end_headers()

    for answer, said in ((second_time, ()), (elsewhere, ("127.0.0.1 answers 302",))):
        with serving(answer) as url:
            smoke = Smoke({"indextts2": url.replace("127.0.0.1", "{certname}")}, pause=0.0)
            assert smoke.failed("indextts2", ["127.0.0.1"]) == said


SETTINGS: dict[str, Any] = {
    "remote": "/srv/git/control.git",
    "branch": "production",
    "state": "/var/lib/fleet-canary",
    "prometheus": "http://127.0.0.1:9090",
    "puppetdb": "/etc/fleet-canary/puppetdb.conf",
    "author_name": "fleet canary",
    "author_email": "a@example.org",
}


def load(folder: Path, **more: Any) -> Settings:
    path = folder / "settings.json"
    path.write_text(json.dumps(SETTINGS | more))
    return Settings.load(path)


def test_settings_have_defaults_and_what_is_said(tmp_path: Path) -> None:
    assert load(tmp_path).limits == Limits()
    found = load(
        tmp_path,
        limits={"error_ratio": 0.1, "latency_ratio": None},
        freezes=[{"from": "22:00", "to": "06:00", "days": ["fri"]}],
        smoke={"indextts2": "http://{certname}:7860/config"},
        ssh_key="/run/key",
    )
    assert (found.limits.error_ratio, found.limits.latency_ratio, found.limits.restarts) == (0.1, None, 0)
    assert str(found.freezes[0]) == "22:00 to 06:00 on fri"
    assert found.ssh_key == Path("/run/key")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"remote": "--upload-pack=x"}, "remote is '--upload-pack=x', which is no text of a line"),
        ({"branch": None}, "branch is None"),
        ({"limits": {"error_rate": 1}}, "limits.error_rate is no limit (known: error_ratio, "),
        ({"limits": {"min_jobs": 1.5}}, "limits.min_jobs is 1.5, which is no whole number from 0"),
        ({"limits": {"min_jobs": None}}, "limits.min_jobs is None"),
        ({"limits": {"latency": True}}, "limits.latency is True, which is no number from 0"),
        ({"freezes": [{"from": "25:00", "to": "06:00"}]}, "freezes: write {"),
        ({"freezes": [{"from": "22:00", "to": "06:00", "days": ["friday"]}]}, "freezes: days are"),
        ({"smoke": {"indextts2": "http://elsewhere/{certname}"}}, "smoke.indextts2 is"),
        ({"timeout": 0}, "timeout is 0"),
    ],
)
def test_settings_that_are_none_are_said_with_the_file(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, **wrong)
    assert error.value.message.startswith(said)


@pytest.mark.parametrize("text", ["{", "[]", '"x"'])
def test_a_file_that_is_no_settings_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(InputError):
        Settings.load(tmp_path / "settings.json")
