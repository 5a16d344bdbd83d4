"""The file of a rollout: what is written is read back, and what nobody writes is refused with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from generator.canary import rollout_file
from generator.canary.rollout import Rollout, State
from generator.errors import InputError
from tests.unit.canary.conftest import rollouts

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CANARY = Rollout(
    service="indextts2",
    revision="v24-beta",
    steps=(10, 50, 100),
    step=10,
    since=NOW,
    interval=1800,
    salt="2026-11-28",
    members=("tts1.lab.test",),
)


@settings(deadline=None)  # the first one imports and makes a folder
@given(rollouts())
def test_a_rollout_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rollout: Rollout
) -> None:
    root = tmp_path_factory.mktemp("control")
    path = root / rollout.file
    path.parent.mkdir(parents=True)
    path.write_text(rollout_file.dump(rollout), encoding="utf-8")
    assert rollout_file.read(root, rollout.service) == rollout
    assert rollout_file.read_all(root) == [rollout]


def test_without_a_file_there_is_no_rollout(tmp_path: Path) -> None:
    assert rollout_file.read(tmp_path, "indextts2") is None
    assert rollout_file.read_all(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("step: 10\n", "step: 11\n", "9:7", "step is one of 10, 50, 100, and not 11"),
        ("- 10\n", "- ten\n", "6:1", "a list of percents"),
        ("- 10\n- 50\n", "- 50\n- 10\n", "6:1", "rise"),
        ("interval: 30m", "interval: soon", "11:11", "a time such as 30m"),
        ("state: running", "state: walking", "4:8", "one of running, held, aborted"),
        ("state: running", "state: aborted", "16:1", "an aborted rollout has no members"),
        ("salt: ", "pepper: ", "14:1", "pepper means nothing here"),
        ("- tts1.lab.test", "- ../tts1", "16:1", "a list of nodes' names"),
        ("'2026-11-28T09:30:00Z'", "today", "10:8", "a time of UTC"),
        ("windows: 1", "windows: true", "12:10", "a number from 1"),
        ("revision: v24-beta", "revision: 24", "3:11", "a text of one line"),
    ],
)
def test_what_nobody_writes_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    path = tmp_path / CANARY.file
    path.parent.mkdir(parents=True)
    text = rollout_file.dump(CANARY)
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        rollout_file.read(tmp_path, "indextts2")
    assert words in raised.value.message
    assert f"{raised.value.line}:{raised.value.column}" == place


def test_one_that_is_aborted_has_no_members_and_says_who_they_were() -> None:
    gone = CANARY.aborted("too many errors", NOW)
    assert (gone.state, gone.members, gone.taken_back) == (State.ABORTED, (), ("tts1.lab.test",))
    assert gone.aborted("again", NOW).taken_back == ("tts1.lab.test",)


def test_its_share_of_a_gateway_is_its_percent_unless_it_says_another() -> None:
    assert CANARY.share == 10
