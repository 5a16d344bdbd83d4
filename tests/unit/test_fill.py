"""The program fill, which Puppet has fill folders of a release's checkout that the service only reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_checkout import git

FILL = Path(__file__).parents[2] / "modules" / "indextts2" / "files" / "fill.sh"
CHECKOUT = FILL.with_name("checkout.sh")
#: As upstream's text normaliser: what is there is taken as it is, and half of it for all.
NORMALISER = """\
import os, time
def load():
    cache = os.path.join(os.path.dirname(__file__), "cache")
    if not os.path.exists(cache):
        os.makedirs(cache)
        with open(os.path.join(cache, ".gitignore"), "w") as f:
            f.write("*\\n")
    for name in ("tagger", "verbalizer"):
        path = os.path.join(cache, name)
        if not os.path.exists(path):
            with open(path, "w") as f:
                f.write("half")
                f.flush()
                time.sleep(float(os.environ.get("SLOW", 0)))
                f.write(" and half")
"""
CODE = "from text.front import load; load()"
CACHE = "text/cache"
TABLES = {".gitignore": "*\n", "tagger": "half and half", "verbalizer": "half and half"}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release: a checkout that has its environment, and tracks a pointer of LFS among its examples."""
    folder = tmp_path / "release"
    for path, content in {
        "text/front.py": NORMALISER,
        "examples/cases.jsonl": "{}\n",
        "examples/tracked.wav": "oid sha256:e33e6ee\n",
        # as upstream's v2.5.0
        ".gitignore": "/examples/*.wav\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message=x")
    environment(folder)
    return folder


def environment(release: Path) -> None:
    """Have an environment that nothing was filled by."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", release / ".venv"], check=True)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder of a bundle, as the store has it: links to blobs that nobody may write."""
    folder = tmp_path / "cache_hub" / "bundle" / "demo"
    for path, content in {"voice.wav": "voice", "more/voice.wav": "another", "tracked.wav": "real"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
        (folder / path).chmod(0o444)
    return folder


def fill(action: str, release: Path, *how: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(FILL), action, str(release), *map(str, how)]
    # as bare as on a node, where nothing keeps Python from writing what it compiles
    bare = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, capture_output=True, text=True, env=bare)


def by_python(action: str, release: Path, code: str = CODE, **variables: str) -> str | None:
    """What ``action`` says where it fails; None where it does not."""
    done = fill(action, release, CACHE, "python", code, **variables)
    return done.stderr if done.returncode else None


def by_weights(action: str, release: Path, weights: Path) -> str | None:
    """What ``action`` says where it fails; None where it does not."""
    done = fill(action, release, "examples", "weights", weights)
    return done.stderr if done.returncode else None


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def is_clean(release: Path) -> bool:
    """Whether the release is as its commit says, but for what is made in it."""
    ignored = release.parent / "ignored"
    ignored.write_text(f"/.venv/\n/{CACHE}/\n/examples/\n")
    return subprocess.run(["sh", str(CHECKOUT), "clean", str(release), str(ignored)]).returncode == 0


def test_a_line_of_python_fills_a_folder_once(release: Path) -> None:
    assert by_python("check", release) is not None
    assert by_python("make", release) is None
    assert by_python("check", release) is None
    assert contents(release / CACHE) == TABLES
    assert is_clean(release), "nor is there anything that Python compiled"


@pytest.mark.parametrize("half", ["tagger", "verbalizer"])
def test_half_of_what_a_killed_run_made_is_not_taken_for_all(release: Path, half: str) -> None:
    # it was filled before, so that there is a stamp of then
    by_python("make", release)
    subprocess.run(["rm", "-r", release / CACHE], check=True)
    command = ["sh", str(FILL), "make", str(release), CACHE, "python", CODE]
    process = subprocess.Popen(command, start_new_session=True, env={**os.environ, "SLOW": "1"})
    table = release / CACHE / half
    while not table.exists() or not table.read_text():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert table.read_text() == "half"
    assert by_python("check", release) is not None

    assert by_python("make", release) is None

    assert contents(release / CACHE) == TABLES
    assert by_python("check", release) is None


def test_what_fails_is_said_and_tried_again(release: Path) -> None:
    by_python("make", release)
    said = by_python("make", release, "raise SystemExit('no room')")
    assert said == "no room\n"
    assert by_python("check", release) is not None, "the old stamp went first"
    assert by_python("make", release) is None


def test_a_line_that_makes_nothing_there_is_named(release: Path) -> None:
    said = by_python("make", release, "x = 1")
    assert said and f"this made nothing in {release}/{CACHE}: x = 1" in said
    assert by_python("check", release, "x = 1") is not None


@pytest.mark.parametrize(
    "change", ["deleted", "emptied", "another line", "another environment", "a damaged stamp"]
)
def test_it_is_filled_anew_when_it_may_not_be_right_any_more(release: Path, change: str) -> None:
    by_python("make", release)
    code = CODE
    if change == "another line":
        code = f"{CODE}  # anew"
    elif change == "another environment":
        environment(release)
    elif change == "a damaged stamp":
        (stamp,) = (release / ".venv").glob(".filled*")
        stamp.write_bytes(b"\0" * 100)
    else:
        subprocess.run(["rm", "-r", release / CACHE], check=True)
        if change == "emptied":
            (release / CACHE).mkdir()
    # a table of before, which whoever makes them would keep
    if change not in ("deleted", "emptied"):
        (release / CACHE / "tagger").write_text("old")
    assert by_python("check", release, code) is not None
    assert by_python("make", release, code) is None
    assert by_python("check", release, code) is None
    assert contents(release / CACHE) == TABLES


def test_what_git_tracks_in_such_a_folder_stays(release: Path) -> None:
    (release / CACHE).mkdir()
    (release / CACHE / "README").write_text("tracked")
    git(release, "add", "--force", f"{CACHE}/README")
    git(release, "commit", "--quiet", "--message=y")
    assert by_python("make", release) is None
    # the folder is there, so the normaliser hides nothing in it
    tables = {name: text for name, text in TABLES.items() if name != ".gitignore"}
    assert contents(release / CACHE) == {"README": "tracked", **tables}
    assert is_clean(release)


def test_files_of_weights_are_linked_and_what_git_tracks_is_left_alone(release: Path, weights: Path) -> None:
    tracked = (release / "examples" / "tracked.wav").read_text()
    assert by_weights("check", release, weights) is not None
    assert by_weights("make", release, weights) is None
    assert by_weights("check", release, weights) is None
    for name in ("voice.wav", "more/voice.wav"):
        assert (release / "examples" / name).samefile(weights / name)
    assert (release / "examples" / "tracked.wav").read_text() == tracked
    assert contents(release / "examples").keys() == {
        "cases.jsonl",
        "voice.wav",
        "more/voice.wav",
        "tracked.wav",
    }
    assert is_clean(release)
    (release / "examples" / "tracked.wav").write_text("changed")
    assert not is_clean(release), "of what git tracks there, a change is a change"


@pytest.mark.parametrize("change", ["deleted", "truncated", "another", "beside"])
def test_a_file_that_is_not_as_in_the_weights_is_linked_anew(
    release: Path, weights: Path, change: str
) -> None:
    by_weights("make", release, weights)
    file = release / "examples" / "voice.wav"
    file.unlink()
    if change == "truncated":
        file.write_text("voi")
    elif change == "another":
        # the blob was damaged, and the store has a new one
        os.link(weights / "voice.wav", file)
        (weights / "voice.wav").unlink()
        (weights / "voice.wav").write_text("voice, whole")
    elif change == "beside":
        # a run was killed
        (release / "examples" / "voice.wav.new").write_text("voi")
        (release / "examples" / "voice.wav.new").chmod(0o444)
    assert by_weights("check", release, weights) is not None
    assert by_weights("make", release, weights) is None
    assert by_weights("check", release, weights) is None
    assert file.samefile(weights / "voice.wav")
    assert not (release / "examples" / "voice.wav.new").exists()


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than a release is on."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_across_file_systems_they_are_copied(release: Path, elsewhere: Path) -> None:
    assert elsewhere.stat().st_dev != release.stat().st_dev
    (elsewhere / "voice.wav").write_text("voice")
    assert by_weights("make", release, elsewhere) is None
    assert by_weights("check", release, elsewhere) is None
    copy = release / "examples" / "voice.wav"
    inode = copy.stat().st_ino
    assert copy.read_text() == "voice"
    assert by_weights("make", release, elsewhere) is None
    assert copy.stat().st_ino == inode, "what is right is not copied again"


def test_weights_without_such_a_folder_are_left_alone(release: Path, tmp_path: Path) -> None:
    before = contents(release / "examples")
    for action in ("check", "make"):
        assert by_weights(action, release, tmp_path / "cache_hub" / "bundle" / "none") is None
    assert contents(release / "examples") == before


def test_a_name_that_cannot_be_filled_is_said(release: Path, weights: Path) -> None:
    (release / "examples" / "voice.wav").mkdir()
    (release / "examples" / "voice.wav" / "x").touch()
    said = by_weights("make", release, weights)
    assert said and "examples/voice.wav" in said
    assert by_weights("check", release, weights) is not None


def test_an_action_that_is_none_is_said(release: Path) -> None:
    done = fill("sing", release, CACHE, "python", CODE)
    assert (done.returncode, done.stderr) == (2, "fill: cannot sing by python\n")
