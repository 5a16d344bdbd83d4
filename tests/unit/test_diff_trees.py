"""Where ``fleet diff`` takes the two trees from, and what is said where there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.commands.diff import diff as command
from generator.diff.trees import BASES, default_base, export, resolve, working_tree
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


def test_the_base_is_where_a_change_is_merged_to_where_nobody_says(origin: Origin, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    origin.git("branch", "production")
    origin.git("clone", "--quiet", "--", str(origin.path), str(clone))
    assert default_base(clone) == "origin/main", "what origin/HEAD is"
    origin.git("-C", str(clone), "remote", "set-head", "origin", "--delete")
    assert default_base(clone) == "origin/production"
    origin.git("-C", str(clone), "branch", "--quiet", "--delete", "--remotes", "origin/production")
    assert default_base(clone) == "origin/main"
    origin.git("-C", str(clone), "branch", "--quiet", "--delete", "--remotes", "origin/main")
    with pytest.raises(FleetError, match=rf"^there is no {' and no '.join(BASES)} here \(git fetch, or name"):
        default_base(clone)


@pytest.mark.parametrize(("options", "base"), [([], "origin/main"), (["--base", "HEAD"], "HEAD")])
def test_the_base_that_was_taken_is_handed_on(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], base: str
) -> None:
    clone, asked = tmp_path / "clone", []

    def compare(_root: Path, base: str, *_: object) -> None:
        asked.append(base)
        raise FleetError("enough")

    monkeypatch.setattr("generator.diff.diff", compare)
    origin.git("clone", "--quiet", "--", str(origin.path), str(clone))
    monkeypatch.setattr("generator.fleet_nodes.fleet_nodes", lambda *_, **__: [])
    CliRunner().invoke(command, ["--root", str(clone), *options])
    assert asked == [base]


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
