"""State files and locks, with real processes that are really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases import files, state
from releases.state import Failure, Serving, State, Switch
from releases.store import Store

PACKAGE = Path(__file__).parents[3] / "modules" / "releases" / "files"
OLD, NEW = "v23-1111111.0000000a", "v24-2222222.0000000b"

#: Writes states whose two halves agree, as fast as it can; says so once it does.
WRITER = f"""
import sys
sys.path.insert(0, {str(PACKAGE)!r})
from releases.state import Failure, State
from releases.store import Store
store = Store(sys.argv[1], sys.argv[2])
for number in range(10**9):
    text = str(number % 10) * 200_000
    failed = Failure({NEW!r}, None, text, [text], 1.0, "activate")
    store.edit(lambda before: State(failed={{failed.id: failed}}))
    if number == 1:
        print("writing", flush=True)
"""
HOLDER = f"""
import subprocess, sys, time
sys.path.insert(0, {str(PACKAGE)!r})
from releases import files
with files.locked(sys.argv[1]):
    child = subprocess.Popen(["sleep", "30"], close_fds=False)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def start(script: str, *arguments: Path) -> subprocess.Popen[str]:
    """Start a script, and wait for its first line."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_state_survives_kill_9_in_the_middle_of_a_write(tmp_path: Path) -> None:
    path, lock = tmp_path / "tts.json", tmp_path / "lock"
    half = Path(f"{path}.new")
    torn = 0
    for round_ in range(200):
        with start(WRITER, path, lock) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "writing\n"
            while not half.exists():
                pass  # a kill at any odd moment may never meet a write on a busy machine
            time.sleep(0.0002 * (round_ % 20))
            writer.kill()
        found = Store(str(path), str(lock)).read()
        assert found
        [failed] = found.failed.values()
        assert failed.log == [failed.reason]
        torn += half.exists()
        if round_ >= 19 and torn:
            break
    assert torn, "no kill came in the middle of a write, so nothing was tried"


def test_a_write_is_on_the_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        done.append(f"fsync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def replaced(source: str, target: str) -> None:
        done.append(f"rename {Path(source).name} {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    files.write(str(tmp_path / "x"), "text", 0o600)
    assert done == ["fsync x.new", "rename x.new x", f"fsync {tmp_path.name}"]
    assert (tmp_path / "x").read_text() == "text"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_names_its_file(tmp_path: Path) -> None:
    path = str(tmp_path / "gone" / "unit")
    with pytest.raises(OSError, match="No such file") as raised:
        files.write(path, "text", 0o644)
    assert raised.value.filename == path


def test_a_lock_dies_with_its_holder_and_not_with_its_children(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with start(HOLDER, lock) as holder:
        assert holder.stdout
        child = int(holder.stdout.readline())
        try:
            waited: list[float] = []
            got = threading.Event()

            def take() -> None:
                with files.locked(str(lock), lambda: waited.append(time.monotonic())):
                    got.set()

            thread = threading.Thread(target=take, daemon=True)
            thread.start()
            assert not got.wait(0.5)
            assert waited, "nobody said that it waits"
            holder.kill()
            assert got.wait(5)
            os.kill(child, 0)
        finally:
            holder.kill()
            os.kill(child, signal.SIGKILL)


def test_two_who_edit_at_once_lose_nothing(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "tts.json"), str(tmp_path / "lock"))

    def count() -> None:
        for _ in range(50):
            store.edit(lambda before: (before or State())._replace(cut=(before or State()).cut + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = store.read()
    assert after
    assert after.cut == 200


@pytest.mark.parametrize(
    "rubbish", [b"", b"\x00" * 4096, b"{", b"[]", b"null", b'{"version": 2}', b"[" * 100_000, b"\xff\xfe"]
)
def test_rubbish_is_no_state_and_is_kept_aside(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "tts.json"
    path.write_bytes(rubbish)
    store = Store(str(path), str(tmp_path / "lock"))
    assert store.read() is None
    assert store.edit(lambda before: before or State(wanted=OLD)) == State(wanted=OLD)
    assert store.read() == State(wanted=OLD)
    assert Path(f"{path}.broken").read_bytes() == rubbish


FULL = State(
    wanted=NEW,
    cards={"0": Serving("blue", OLD, 1.0, {".venv/.complete": "x"})},
    previous=None,
    failed={
        NEW: Failure(NEW, None, "exited", ["a line"], 2.0, "activate"),
        OLD: Failure(OLD, {".venv/.complete": "x"}, "exited", [], 1.0, "restart"),
    },
    switch=Switch("0", "green", NEW, {".venv/.complete": "x"}, True, 3.0),
)


def test_a_state_reads_as_it_was_written() -> None:
    assert state.parse(state.dump(FULL)) == FULL
    assert state.parse(state.dump(State())) == State()


@given(st.data())
def test_a_state_with_one_value_of_another_kind_is_none_or_still_one(data: st.DataObject) -> None:
    """Whatever stands in a place, reading does not crash, and what it accepts writes and reads alike."""
    value = json.loads(json.dumps(state.as_data(FULL)))  # a copy: what is drawn is written into it
    place: object = value
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            strange = (
                st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers())
            )
            place[key] = data.draw(strange | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))
            break
        place = place[key]
    found = state.parse(json.dumps(value))
    assert found is None or state.parse(state.dump(found)) == found


@pytest.mark.parametrize(
    "wrong", ["../../etc/passwd", "", ".0000000a", "a/b.0000000a", "v1.0000000A", "v1\n.0000000a"]
)
def test_an_id_that_is_no_name_is_rubbish(wrong: str) -> None:
    assert state.parse(state.dump(FULL._replace(wanted=wrong))) is None
