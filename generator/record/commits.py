"""What git knows of a commit of the code: whose it is, of when, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from generator.errors import CommandFailed
from generator.git import git
from generator.record.values import time_of

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Commit:
    """A commit of this repository."""

    author: str
    date: datetime
    subject: str


def commits(roots: Sequence[Path], names: Iterable[str]) -> dict[str, Commit]:
    """Look up those of the commits (40 hex digits each) that a repository at one of ``roots`` has.

    Another name is of no commit, and is not looked up: an agent writes what its report says of its code, and
    what git might take for an option does not come to it.
    """
    found = {}
    for name in sorted({name for name in names if _COMMIT.fullmatch(name)}):
        for root in roots:
            if commit := _commit(root, name):
                found[name] = commit
                break
    return found


def _commit(root: Path, name: str) -> Commit | None:
    form = "--format=%an%x00%aI%x00%s"
    words = ["show", "--no-patch", "--no-show-signature", form, "--end-of-options", f"{name}^{{commit}}"]
    try:
        printed = git(root, "-c", "safe.directory=*", *words)
    except CommandFailed:
        return None  # it was pushed elsewhere, or this is no clone
    author, date, subject = printed.rstrip("\n").split("\0")
    return Commit(_clean(author), time_of(date), _clean(subject))


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()
