"""What the verbs say of a small fleet: tests/golden/record has what PuppetDB 8.4.1 answered, and the words.

``python -m tests.unit.answers.record_answers`` asks a real one anew; FLEET_GOLDEN=write writes the words anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from generator import fleet_nodes
from generator.commands.audit import audit
from generator.commands.drift import drift
from generator.commands.status import status
from generator.record import ask
from tests.unit.answers.record_answers import CASES, GOLDEN, NOW
from tests.unit.fake_puppetdb import Answer, query_of, recall, say, serving

Settings = Callable[[str], Path]


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    """The address of a PuppetDB that answers as a real one did."""
    with serving(recall(json.loads((GOLDEN / "answers.json").read_text(encoding="utf-8")))) as url:
        yield url


@pytest.mark.parametrize("case", CASES)
def test_the_words(case: str, recorded: str, settings: Settings, at: Callable[[datetime], None]) -> None:
    settings(recorded)
    at(NOW)
    verb, words = CASES[case]
    done = CliRunner().invoke(verb, words, catch_exceptions=False)
    assert done.exit_code == (1 if verb is status else 0)
    golden = GOLDEN / f"{case}.{'json' if '--json' in words else 'txt'}"
    if os.environ.get("FLEET_GOLDEN") == "write":
        golden.write_text(done.output, encoding="utf-8")
    assert done.output == golden.read_text(encoding="utf-8")


VERBS: dict[str, tuple[click.Command, list[str]]] = {
    "status": (status, []),
    "drift": (drift, []),
    "audit": (audit, ["--since", "1h"]),
}


def ask_it(verb: str) -> tuple[str, int, str]:
    """Return what a verb prints, its exit code, and the error that it ends with."""
    command, words = VERBS[verb]
    done = CliRunner().invoke(command, words)
    return done.output, getattr(done.exception, "exit_code", done.exit_code), str(done.exception or "")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (say(403, b"denied"), "refuses who has no certificate: profile::puppetdb::clients names"),
        (say(404, b"no such thing"), "answers 404"),
        (say(503, b"PuppetDB is currently down"), "answers 503"),
        (say(200, b"<html>"), "gives no answer to a query, so it is none or one of another version"),
        (say(200, b'[{"certname": "a", "old": 1}]'), "gives no answer to a query"),
        (say(200, b'["a"]'), "gives no answer to a query"),
    ],
)
def test_another_answer_is_one_line_and_exit_2(
    verb: str, answer: Answer, complaint: str, settings: Settings
) -> None:
    with serving(answer) as url:
        path = settings(url)
        _, code, error = ask_it(verb)
    assert code == 2
    assert error.startswith(f"{path}: PuppetDB at {url} {complaint}")
    assert "\n" not in error
    assert "--offline" not in error


@pytest.mark.parametrize("verb", VERBS)
def test_no_settings_and_nobody_there(verb: str, settings: Settings) -> None:
    path = Path(fleet_nodes.SETTINGS[0]).expanduser()
    assert ask_it(verb)[1:] == (2, f"{fleet_nodes.SETTINGS[0]}: no such file, {ask.CURE}")
    settings("http://127.0.0.1:1")
    assert ask_it(verb)[1:] == (
        2,
        f"{path}: PuppetDB at http://127.0.0.1:1 cannot be asked: Connection refused",
    )


@pytest.mark.parametrize("verb", VERBS)
def test_a_desk_without_settings_is_told_of_both_places(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    places = ("~/.puppetlabs/client-tools/puppetdb.conf", str(tmp_path / "puppetdb.conf"))
    assert fleet_nodes.SETTINGS[0] == places[0]
    monkeypatch.setattr(fleet_nodes, "SETTINGS", places)
    assert ask_it(verb)[2].startswith(f"{places[0]} and {places[1]}: no such file, ")


@pytest.mark.parametrize("verb", VERBS)
def test_all_that_a_verb_asks_has_one_limit(
    verb: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask.LIMIT < 10
    monkeypatch.setattr(ask, "LIMIT", 0.0)
    with serving(say(200, b"[]")) as url:
        settings(url)
        _, code, error = ask_it(verb)
    assert (code, error.partition(url)[2]) == (2, " does not come to an end within 0 s")


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("status", ("", 2, "knows no node")),
        ("drift", ("nothing was put right on the 0 nodes that reported", 0, "")),
        ("audit", ("", 1, "no such run is on record")),
    ],
)
def test_an_empty_puppetdb(verb: str, said: tuple[str, int, str], settings: Settings) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        query = query_of(handler)
        counts = "certname" not in query.partition("{")[0] and "count" in query
        say(200, b'[{"count": 0}]' if counts else b"[]")(handler)

    with serving(answer) as url:
        settings(url)
        output, code, error = ask_it(verb)
    assert said[0] in output
    assert (code, error.endswith(said[2])) == (said[1], True)


def test_the_inventorys_nodes_that_never_reported_are_in_trouble(
    recorded: str, settings: Settings, at: Callable[[datetime], None], tmp_path: Path
) -> None:
    (tmp_path / "tests" / "facts").mkdir(parents=True)
    (tmp_path / "tests" / "facts" / "debian-12.json").write_text("{}")
    (tmp_path / "inventory.yaml").write_text("nodes: {new.example.org: {role: tts_node, env: prod}}\n")
    settings(recorded)
    at(NOW)
    done = CliRunner().invoke(status, ["--json", "--root", str(tmp_path)])
    state = json.loads(done.output)["states"]["new.example.org"]
    assert (state["role"], state["run"]) == ("tts_node", None)
    assert state["troubles"] == [{"kind": "never_reported", "text": "never reported"}]


def test_watch_draws_again_outlives_a_puppetdb_that_goes_and_ends_with_ctrl_c(
    recorded: str, settings: Settings, at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(recorded)
    at(NOW)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt
        settings("http://127.0.0.1:1" if len(pauses) == 1 else recorded)

    monkeypatch.setattr("generator.commands.status.time.sleep", pause)
    done = CliRunner().invoke(status, ["--watch"], env={"LINES": "12", "COLUMNS": "60"}, color=True)
    screens = done.output.split("\x1b[H")[1:]
    assert done.exit_code == 0
    assert [("well" in screen, "Connection refused" in screen) for screen in screens] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert screens[0].count("\n") <= 12
