"""Where ``fleet diff`` takes the two trees from, and what is said where there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.diff.trees import export, resolve, working_tree
from generator.errors import CommandFailed, FleetError
from tests.unit.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path / "control")
    made.commit({"a": "1", "b": "2"})
    return made


def test_no_repository_is_no_missing_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(CommandFailed, match=r"^git rev-parse in .*: fatal: not a git repository"):
        resolve(tmp_path, "HEAD")


def test_a_repository_without_a_commit_has_no_such_commit(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"^HEAD is no commit here \("):
        resolve(Origin(tmp_path / "control").path, "HEAD")


def test_without_git_this_is_said(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = resolve(origin.path, "main")
    monkeypatch.setenv("PATH", "/nonexistent")
    for step in (
        lambda: resolve(origin.path, "main"),
        lambda: export(origin.path, commit, tmp_path / "before"),
        lambda: working_tree(origin.path, tmp_path / "after"),
    ):
        with pytest.raises(CommandFailed, match=r"^git is not installed \(make setup"):
            step()


def test_a_tree_that_cannot_be_written_is_said(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "before" / "a").mkdir(parents=True)
    (tmp_path / "before" / "a" / "full").touch()
    with pytest.raises(CommandFailed, match=r"^tar of main in "):
        export(origin.path, "main", tmp_path / "before")


def test_names_are_bytes(origin: Origin, tmp_path: Path) -> None:
    name = b"\xff".decode(errors="surrogateescape")
    shutil.copy(origin.path / "a", origin.path / name)
    working_tree(origin.path, tmp_path / "after")
    assert sorted(path.name for path in (tmp_path / "after").iterdir()) == sorted(["a", "b", name])
