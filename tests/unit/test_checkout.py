"""The program checkout, which Puppet has make and mend a release's checkout on a node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "modules" / "indextts2" / "files" / "checkout.sh"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=lab", "-c", "user.email=lab@lab.test"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository of two commits; the first is what is pinned."""
    folder = tmp_path / "source"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for text in ("pinned", "later"):
        (folder / "code.py").write_text(text)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", f"--message={text}")
    return folder


def checkout(action: str, folder: Path, *more: object) -> subprocess.CompletedProcess[str]:
    ignored = folder.parent / "ignored"
    ignored.write_text("/.venv/\n")
    command = ["sh", str(PROGRAM), action, str(folder), str(ignored), *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    "left", [[], [".git/HEAD"], [".git/HEAD", "code.py"]], ids=["nothing", "a clone", "files"]
)
def test_a_checkout_is_made_in_place_of_what_a_killed_clone_left(
    source: Path, tmp_path: Path, left: list[str]
) -> None:
    folder = tmp_path / "release"
    for name in left:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("ref: refs/heads/main\n")
    assert checkout("whole", folder).returncode != 0
    commit = git(source, "rev-parse", "HEAD~1")

    assert checkout("make", folder, source, commit).returncode == 0

    assert checkout("whole", folder).returncode == checkout("clean", folder).returncode == 0
    assert (folder / ".git" / "HEAD").read_text() == f"{commit}\n"
    assert (folder / "code.py").read_text() == "pinned"


def test_a_broken_index_is_taken_away_and_work_put_back(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    commit = git(source, "rev-parse", "HEAD~1")
    checkout("make", folder, source, commit)
    (folder / ".git" / "index").write_bytes(b"DIRC")
    assert checkout("whole", folder).returncode != 0
    checkout("make", folder, source, commit)
    assert checkout("whole", folder).returncode == 0
    assert checkout("restore", folder).returncode == 0
    assert checkout("clean", folder).returncode == 0


def test_why_git_fails_is_said(tmp_path: Path) -> None:
    done = checkout("make", tmp_path / "release", tmp_path / "gone", "0" * 40)
    assert done.returncode != 0
    assert "gone" in done.stderr
