"""Commits of certain files, whatever else is changed or staged beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.git import git
from generator.tree import Change
from generator.yaml_edit import write_beside

#: Names for one command line, which Linux bounds (`git status` takes none by standard input).
_SOME = 500


def uncommitted(root: Path, paths: Sequence[Path]) -> list[Path]:
    """Return those of ``paths`` that are not as the last commit of the repository at ``root`` has them.

    Raises:
        CommandFailed: ``root`` is in no git repository.
    """
    found: list[Path] = []
    for start in range(0, len(paths), _SOME):
        some = paths[start : start + _SOME]
        named = [_name(root, path) for path in some]
        if git(root, "status", "--porcelain", "--untracked-files=normal", "--", *named):
            # which of them: seldom asked
            found += [path for path in some if len(some) == 1 or uncommitted(root, [path])]
    return found


def refuse_mixture(root: Path, paths: Sequence[Path], cure: str) -> None:
    """Refuse files with changes that a commit of whole files would take along.

    Raises:
        FleetError: one of ``paths`` has changes that are not committed; with the ``cure``.
    """
    if changed := uncommitted(root, paths):
        raise FleetError(f"{changed[0]} has uncommitted changes ({cure})")


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


def write(changes: Iterable[Change]) -> None:
    """Carry out the changes, each at one stroke; where one cannot be, those before it are put back.

    Raises:
        FleetError: the system does not let it.
    """
    done: list[Change] = []
    try:
        for change in changes:
            done.append(change)
            _put(change.path, change.after)
    except BaseException:
        _put_back(done)
        raise


def commit(root: Path, changes: Sequence[Change], message: str) -> str:
    """Carry out ``changes``, at least one, and commit them as one, with hooks; return the short hash.

    What is staged of other files stays staged. Where git does not commit, all is put back.

    Raises:
        FleetError: the system does not let a file be written.
        CommandFailed: git did not commit, with its words.
    """
    write(changes)
    new = [_name(root, change.path) for change in changes if change.before is None]
    try:
        if new:
            # a commit of paths takes those alone, and none that git does not know
            _of_paths(root, new, "add", "--intent-to-add")
        names = [_name(root, change.path) for change in changes]
        _of_paths(root, names, "commit", "--quiet", f"--message={message}")
    except BaseException:
        _put_back(changes)
        if new:
            # forgets the intent to add them; there is none where `git add` failed
            _of_paths(root, new, "rm", "--cached", "--quiet", "--ignore-unmatch")
        raise
    return git(root, "rev-parse", "--short", "HEAD").strip()


def _of_paths(root: Path, names: Iterable[str], *words: str) -> None:
    """Run git for files by standard input: those of a whole fleet are more than a command line takes."""
    git(root, *words, "--pathspec-from-file=-", "--pathspec-file-nul", stdin="\0".join(names))


def _put_back(changes: Sequence[Change]) -> None:
    for change in reversed(changes):
        with suppress(FleetError):  # what kept one from being written may keep it now; the others come back
            _put(change.path, change.before)


def _put(path: Path, content: bytes | None) -> None:
    if content is not None:
        write_beside(path, content.decode())
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FleetError(f"{path}: cannot remove it: {error.strerror} (check the folder's mode)") from None
    with suppress(OSError):  # a folder that is empty now: git does not keep one either
        path.parent.rmdir()


def _name(root: Path, path: Path) -> str:
    return os.path.relpath(path, root)
