"""``fleet bump --commit``: that file and no other, or nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from generator.bump import FLEET, Layer, bump, layer
from tests.unit.bump.control import STAGING, run, said

WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.org"))}  # fmt: skip


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return ``root`` as a git repository with one commit, and nobody's settings."""
    for name, value in {**WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}.items():
        monkeypatch.setenv(name, value)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=start")
    return root


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def test_a_commit_takes_that_file_and_no_other(repository: Path) -> None:
    root = repository
    (root / "hieradata/nodes/tts-03.example.org.yaml").write_text("---\n{}\n")
    (root / "staged").write_text("x")
    git(root, "add", "staged", "hieradata/nodes")
    (root / "hiera.yaml").write_text((root / "hiera.yaml").read_text() + "# edited\n")
    status = git(root, "status", "--porcelain")
    for where, state in ((layer(environment="staging"), "M"), (layer(node="tts-01.example.org"), "A")):
        done = bump(root, "indextts2", "v2.5.0", where, commit=True)
        assert git(root, "show", "--format=", "--name-status").split() == [state, str(where.file)]
        assert git(root, "rev-parse", "--short", "HEAD").strip() == done.commit
        assert git(root, "status", "--porcelain") == status, "what was staged stays staged"
    assert git(root, "log", "-1", "--format=%B", "HEAD^").strip() == (
        "Bump indextts2 to v2.5.0 for environment staging\n\n"
        "reaches 3 nodes: tts-02.example.org, tts-03.example.org, tts-04.example.org"
    )


def test_a_commit_says_its_hash(repository: Path) -> None:
    result = run("indextts2", "v2.5.0", "--commit")
    assert (
        result.output.splitlines()[-1]
        == f"committed as {git(repository, 'rev-parse', '--short', 'HEAD').strip()}"
    )


def test_a_file_with_other_changes_is_not_committed(repository: Path) -> None:
    path = repository / "hieradata/env/staging.yaml"
    path.write_text(STAGING + "x: 1\n")
    assert "hieradata/env/staging.yaml has uncommitted changes" in said(
        "indextts2", "v2.5.0", "--env", "staging", "--commit"
    )
    git(repository, "add", "hieradata")
    assert "has uncommitted changes" in said("indextts2", "v2.5.0", "--env", "staging", "--commit")
    git(repository, "config", "status.showUntrackedFiles", "no")
    (repository / "hieradata/env/new.yaml").write_text("a: 1\n")
    assert "has uncommitted changes" in said("indextts2", "v2.5.0", "--env", "new", "--commit")


@pytest.mark.parametrize("where", [layer(environment="staging"), FLEET])
def test_what_git_does_not_commit_is_put_back(repository: Path, where: Layer) -> None:
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'the linters say no' >&2\nexit 1\n")
    hook.chmod(0o755)
    (repository / "staged").write_text("x")
    git(repository, "add", "staged")
    before, head = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
    options = ["--env", "staging"] if where.file != FLEET.file else []
    assert said("indextts2", "v2.5.0", *options, "--commit") == "git commit in .: the linters say no"
    assert git(repository, "status", "--porcelain") == before
    assert git(repository, "rev-parse", "HEAD") == head


def test_a_commit_outside_a_repository_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    assert "not a git repository" in said("indextts2", "v2.5.0", "--commit")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "git is not installed" in said("indextts2", "v2.5.0", "--commit")


def test_a_commit_of_nobody_is_refused_with_the_cure(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in WHO:
        monkeypatch.delenv(name)
    git(repository, "config", "user.useConfigOnly", "true")
    assert said("indextts2", "v2.5.0", "--commit") == (
        "git does not know who commits (git config --global user.name NAME; git config --global user.email ADDRESS)"
    )
