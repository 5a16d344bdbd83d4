"""The parts that the verbs share: times, errors, values, deploys, commits."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as no_clock
from hypothesis import strategies as st

from code_deploy import record
from code_deploy.settings import Settings
from generator.commands.audit import audit
from generator.record import deploys
from generator.record.commits import commits
from generator.record.deploys import Deploy, brought, read
from generator.record.drift import grouped
from generator.record.first_error import _first, one_line
from generator.record.since import since
from tests.bench.record_data import COMMITS
from tests.unit.answers.record_answers import CASES, GOLDEN, NOW
from tests.unit.fake_puppetdb import recall, serving


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("2026-11-27", timedelta(hours=20, minutes=30)),
        ("2026-11-27T20:00:00Z", timedelta(minutes=30)),
        ("2026-11-27T22:00:00+02:00", timedelta(minutes=30)),
        ("2026-11-27 20:00", timedelta(minutes=30)),
    ],
)
def test_a_time_is_how_long_ago_a_day_or_a_moment(text: str, ago: timedelta) -> None:
    assert NOW - since(text, NOW) == ago


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "7y",
        "d",
        "-1d",
        "yesterday",
        "2026-13-01",
        "2026-11-28",
        "99999999999w",
        "0001-01-01T00:00+23:59",
    ],
)
def test_another_text_is_none_and_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 12h, 7d, 2026-11-20 or 2026-11-20T08:00:00Z"):
        since(text, NOW)


@given(st.text("0123456789-:+.TZWsmhdw ٣", max_size=30))
def test_any_text_is_a_past_time_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert since(text, NOW) <= NOW


@given(st.text("ab \n\t\r\x00\x1b\x7f\x85\xad\u2028\u202e\ue000\ud800é語"))
def test_a_line_is_one_and_moves_no_cursor(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= len(text)


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ([], None),
        ([("notice", "Puppet", "Applied catalog")], None),
        ([("notice", "Puppet", "a"), ("err", "Puppet", "b\n c"), ("err", "Puppet", "d")], "b c"),
        ([("crit", "/Stage[main]/A::B/Exec[x/y]/returns", "exited 1")], "Exec[x/y]/returns: exited 1"),
        ([("err", "/Stage[main]/A/File[/etc/a]", "no space")], "File[/etc/a]: no space"),
        ([("err", "Class[Main]", "odd")], "Class[Main]: odd"),
        ([("err", None, None)], ""),
        (
            [
                (
                    "err",
                    "Puppet",
                    "Could not retrieve catalog from remote server: Error 500 on SERVER: Server Error: no",
                )
            ],
            "no",
        ),
        (
            [("err", "Puppet", "Could not retrieve catalog from remote server: Request timed out")],
            "Request timed out",
        ),
    ],
)
def test_the_first_error_has_its_resource(logs: list[tuple[str, str, str]], said: str | None) -> None:
    assert _first([dict(zip(("level", "source", "message"), entry, strict=True)) for entry in logs]) == said


def test_what_is_put_right_most_often_comes_first() -> None:
    row = {"resource_type": "File", "property": "mode", "max": "2026-11-27T10:00:00Z"}
    found = grouped(
        [
            row | {"resource_title": "/a", "certname": "one", "count": 2},
            row | {"resource_title": "/b", "certname": "one", "count": 2},
            row | {"resource_title": "/b", "certname": "two", "count": 1, "max": "2026-11-27T11:00:00Z"},
            row | {"resource_title": "/a", "certname": "two", "count": 1},
            row | {"resource_title": "/c", "certname": "one", "count": 3, "property": None},
        ]
    )
    assert [(drift.changed.title, drift.times, dict(drift.nodes)) for drift in found] == [
        ("/a", 3, {"one": 2, "two": 1}),
        ("/b", 3, {"one": 2, "two": 1}),
        ("/c", 3, {"one": 3}),
    ]
    assert (found[1].last, found[1].node) == (datetime(2026, 11, 27, 11, tzinfo=UTC), "two")


TIME = datetime(2026, 11, 27, 10, tzinfo=UTC).timestamp()
LINE = {
    "time": TIME,
    "environment": "production",
    "commit": "c" * 40,
    "previous": None,
    "ok": True,
    "seconds": 9.5,
}


def test_deploys_are_read_and_what_is_broken_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "deploys.jsonl"
    assert read(path) == []
    texts = [
        json.dumps(LINE | {"time": TIME + 3600, "ok": False, "error": "no"}),
        json.dumps(LINE),
        "",
        "7",
        '{"time": 3}',
        json.dumps(LINE | {"time": 1e300}),
        '{"time": "2026',
    ]
    path.write_bytes("\n".join(texts).encode() + b"\xff\n")
    assert [(deploy.at.hour, deploy.ok, deploy.error) for deploy in read(path)] == [
        (10, True, None),
        (11, False, "no"),
    ]


@no_clock(deadline=None, max_examples=30)  # each line is synced to the disk
@given(
    st.lists(
        st.builds(
            record.Deploy,
            time=st.floats(0, 4e9),
            environment=st.sampled_from(["production", "test"]),
            commit=st.sampled_from(["", "a" * 40, "b" * 40]),
            previous=st.sampled_from(["", "a" * 40]),
            ok=st.booleans(),
            seconds=st.floats(0, 4e3),
            error=st.text(max_size=9),
        ),
        max_size=3,
    )
)
def test_what_a_deploy_writes_is_what_audit_reads(told: list[record.Deploy]) -> None:
    with tempfile.TemporaryDirectory() as state:
        place = Path(state)
        settings = Settings(place, place, place, False, "", "", 0, 0, branches=(), checker=place)
        for deploy in told:
            record.keep(settings, [deploy], [deploy.environment])
        found = read(Path(state, record.DEPLOYS)) if told else []
    assert all(deploy.at.tzinfo is UTC for deploy in found)
    assert sorted(
        (
            round(deploy.at.timestamp(), 3),
            deploy.environment,
            deploy.commit,
            deploy.previous or "",
            deploy.ok,
            deploy.seconds,
            deploy.error or "",
        )
        for deploy in found
    ) == sorted((round(deploy.time, 3), *astuple(deploy)[1:]) for deploy in told)


def test_a_run_is_of_the_last_deploy_before_it_that_came_in() -> None:
    def deploy(hour: int, commit: str, ok: bool = True, environment: str = "production") -> Deploy:
        return Deploy(datetime(2026, 11, 27, hour, tzinfo=UTC), environment, commit, None, ok, 1.0, None)

    done = [
        deploy(1, "a"),
        deploy(2, "b"),
        deploy(3, "a"),
        deploy(4, "a", ok=False),
        deploy(5, "a", environment="test"),
        deploy(9, "a"),
    ]
    assert brought(done, "production", "a", NOW.replace(hour=8)) == done[2]
    assert brought(done, "production", "a", NOW.replace(hour=2)) == done[0]
    assert brought(done, "production", "c", NOW) is None


def test_a_commit_is_known_where_the_repository_has_it(tmp_path: Path) -> None:
    author = ["-c", "user.name=Zoë", "-c", "user.email=z@example.org"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(
        ["git", "-C", tmp_path, *author, "commit", "-q", "--allow-empty", "-m", "Bump to v2\n\nBecause."],
        check=True,
    )
    head = subprocess.run(
        ["git", "-C", tmp_path, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    # a version of the server's has no history; what it was copied from has
    found = commits([tmp_path.parent, tmp_path], [head, "0" * 40, head])
    assert [(name, commit.author, commit.subject) for name, commit in found.items()] == [
        (head, "Zoë", "Bump to v2")
    ]
    assert commits([tmp_path / ".git" / "objects" / ".."], []) == {}


def test_the_chain_begins_with_a_deploy_where_this_is_the_server(
    tmp_path: Path,
    settings: Callable[[str], Path],
    at: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = json.loads((GOLDEN / "answers.json").read_text(encoding="utf-8"))
    _, words = CASES["audit_commit"]
    path = tmp_path / "deploys.jsonl"
    failed = LINE | {"commit": COMMITS[-1][:7] + "f" * 33, "ok": False, "error": "a\nb"}
    path.write_text("\n".join(map(json.dumps, [LINE | {"commit": COMMITS[-1]}, failed])))
    monkeypatch.setattr(deploys, "FILE", path)
    monkeypatch.setattr(deploys, "STAGING", tmp_path / "staging")
    with serving(recall(answers)) as url:
        settings(url)
        at(NOW)
        said = CliRunner().invoke(audit, words, catch_exceptions=False).output
    assert "  deploy     2026-11-27T10:00:00Z, in 9.5 s" in said
    assert f"deploy of {COMMITS[-1][:7]}fffff to production at 2026-11-27T10:00:00Z failed: a b" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "say what to look for"),
        (["--node", 'a"; drop'], "is not the certname of a node"),
        (["--commit", "main"], "is not a commit"),
        (["--commit", "abc"], "is not a commit"),
        (["--transaction", "1"], "is not a UUID"),
        (["--since", "soon"], "is no time"),
    ],
)
def test_what_is_asked_wrongly_is_said(words: list[str], complaint: str) -> None:
    done = CliRunner().invoke(audit, words)
    assert done.exit_code == 2
    assert complaint in done.output
