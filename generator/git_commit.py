"""Commits of a single file, whatever else is changed or staged beside it."""

from __future__ import annotations

import os
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.git import git
from generator.tree import Change
from generator.yaml_edit import write_beside


def is_committed(root: Path, path: Path) -> bool:
    """Whether ``path`` is as the last commit of the repository at ``root`` has it, be that not at all.

    Raises:
        CommandFailed: ``root`` is in no git repository.
    """
    return not git(root, "status", "--porcelain", "--untracked-files=normal", "--", _name(root, path))


def refuse_mixture(root: Path, path: Path) -> None:
    """Refuse a file with changes that a commit of the whole file would take along.

    Raises:
        FleetError: ``path`` has changes that are not committed.
    """
    if not is_committed(root, path):
        raise FleetError(f"{path} has uncommitted changes (commit them first, or leave out --commit)")


def refuse_nobody(root: Path) -> None:
    """Refuse to commit where git does not know who commits; it would say so in many lines.

    Raises:
        FleetError: with the two commands that tell it.
    """
    try:
        for ident in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            git(root, "var", ident)
    except CommandFailed:
        cure = "git config --global user.name NAME; git config --global user.email ADDRESS"
        raise FleetError(f"git does not know who commits ({cure})") from None


def commit_file(root: Path, change: Change, message: str) -> str:
    """Commit ``change``, which is written already, with the repository's hooks; return the short hash.

    What is staged of other files stays staged. Where git does not commit, the file is put back.

    Raises:
        CommandFailed: git did not commit, with its words.
    """
    name = _name(root, change.path)
    try:
        if change.before is None:
            # a commit of a path takes that path alone, and none that git does not know
            git(root, "add", "--intent-to-add", "--", name)
        git(root, "commit", "--quiet", f"--message={message}", "--", name)
    except BaseException:
        _put_back(root, change)
        raise
    return git(root, "rev-parse", "--short", "HEAD").strip()


def _put_back(root: Path, change: Change) -> None:
    if change.before is not None:
        write_beside(change.path, change.before.decode())
        return
    change.path.unlink(missing_ok=True)
    # forgets the intent to add it; there is none where `git add` failed
    git(root, "rm", "--cached", "--quiet", "--ignore-unmatch", "--", _name(root, change.path))


def _name(root: Path, path: Path) -> str:
    return os.path.relpath(path, root)
