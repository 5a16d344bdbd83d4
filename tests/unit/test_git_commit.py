"""Several files are one commit, or none of them has changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import git_commit
from generator.errors import CommandFailed, FleetError
from generator.tree import Change
from tests.unit.canary.control import WHO, git

NAMES = ("a.yaml", "new folder/b.yaml", "c*.yaml", "-d.yaml", ":(top)e", "é.yaml")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one commit."""
    for name, value in {**WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}.items():
        monkeypatch.setenv(name, value)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "other").write_text("as it was\n")
    git(tmp_path, "add", "other")
    git(tmp_path, "commit", "--quiet", "--message=start")
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    files = (
        path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts
    )
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def folders(root: Path) -> set[str]:
    found = (path for path in root.rglob("*") if path.is_dir())
    return {str(path) for path in found if ".git" not in path.relative_to(root).parts}


def prepare(root: Path, kinds: list[str]) -> list[Change]:
    """Bring each name into the state before its change, in one commit; ``none`` is left alone."""
    changes = []
    for name, kind in zip(NAMES, kinds, strict=True):
        path, before = root / name, b"before\n"
        path.unlink(missing_ok=True)
        if kind in ("change", "remove"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(before)
        elif path.parent != root and path.parent.exists():
            path.parent.rmdir()
        match kind:
            case "make":
                changes.append(Change(path, None, b"after\n"))
            case "change":
                changes.append(Change(path, before, b"after\n"))
            case "remove":
                changes.append(Change(path, before, None))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=before")
    return changes


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["make", "change", "remove", "none"]), min_size=6, max_size=6).filter(
        lambda kinds: set(kinds) != {"none"}
    ),
    st.booleans(),
)
def test_it_is_all_or_nothing(root: Path, kinds: list[str], refused: bool) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    changes = prepare(root, kinds)
    (root / "staged").write_text(f"{kinds} {refused}")
    git(root, "add", "staged")
    (root / "other").write_text(f"edited {kinds} {refused}")
    hook.write_text(f"#!/bin/sh\nexit {int(refused)}\n")
    before, status, head = tree(root), git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
    dirs = folders(root)
    if refused:
        with pytest.raises(CommandFailed):
            git_commit.commit(root, changes, "a message")
        assert (tree(root), git(root, "rev-parse", "HEAD")) == (before, head)
        assert folders(root) == dirs
    else:
        done = git_commit.commit(root, changes, "a message")
        assert git(root, "rev-parse", "--short", "HEAD").strip() == done
        assert git(root, "rev-parse", "HEAD^") == head, "one commit"
        named = git(root, "show", "--format=", "--name-only", "--no-renames", "-z").split("\0")
        assert sorted(filter(None, named)) == sorted(str(change.path.relative_to(root)) for change in changes)
        after = {str(change.path.relative_to(root)): change.after for change in changes}
        kept = {name: content for name, content in (before | after).items() if content is not None}
        assert tree(root) == kept
    assert git(root, "status", "--porcelain") == status, "what was staged or edited stays so"


def test_what_cannot_be_written_leaves_nothing(root: Path) -> None:
    (root / "first").write_bytes(b"before")
    (root / "file").write_bytes(b"no folder")
    changes = [Change(root / "first", b"before", b"after"), Change(root / "file" / "below", None, b"after")]
    before = tree(root)
    with pytest.raises(FleetError, match="cannot write it"):
        git_commit.write(changes)
    assert tree(root) == before


def test_more_files_than_a_command_line_takes_are_one_commit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0
    run = subprocess.run

    def measured(words: list[str], **options: Any) -> Any:
        nonlocal longest
        longest = max(longest, sum(len(word) + 1 for word in words))
        return run(words, **options)

    monkeypatch.setattr("generator.git.subprocess.run", measured)
    monkeypatch.setattr("os.fsync", lambda _: None)
    changes = [Change(root / "nodes" / f"{'n' * 200}{number}.yaml", None, b"a: 1\n") for number in range(800)]
    git_commit.refuse_mixture(root, [change.path for change in changes], "")
    git_commit.commit(root, changes, "many")
    assert 50_000 < longest < 131_072, "what Linux takes of a single word, and a sixteenth of a line"
    assert len(git(root, "show", "--format=", "--name-only").split()) == 800
    (root / "nodes" / f"{'n' * 200}777.yaml").write_text("b: 1\n")
    with pytest.raises(FleetError, match=r"n777.yaml has uncommitted changes \(do this\)"):
        git_commit.refuse_mixture(root, [change.path for change in changes], "do this")


def test_a_lock_of_another_git_leaves_nothing(root: Path) -> None:
    (root / ".git/index.lock").touch()
    before = tree(root)
    with pytest.raises(CommandFailed, match=r"index\.lock"):
        git_commit.commit(root, [Change(root / "new", None, b"x")], "a message")
    assert tree(root) == before
    (root / ".git/index.lock").unlink()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True).stdout == b""
