"""What git knows of rollouts: who moved one last, and how those before it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from generator.canary import rollout_file
from generator.canary.rollout import COHORTS, Rollout, State
from generator.errors import CommandFailed, FleetError
from generator.git import git
from generator.record.values import time_of
from generator.yaml_source import load_text

#: Rollouts that are over, and are told.
ENDED = 5
_GONE = State.ABORTED
_FORM = "--format=%H%x00%an%x00%aI%x00%s%x00%(trailers:key=Canary,valueonly,separator=%x20)%x00"


@dataclass(frozen=True)
class Said:
    """A commit of a rollout's file; ``move`` is which one it was, empty where it was made by hand."""

    commit: str
    author: str
    at: datetime
    subject: str
    move: str


@dataclass(frozen=True)
class Ended:
    """A rollout that is over: as its file was last, and the commit that ended it.

    That is the one that took it back, or else the one that removed the file.
    """

    rollout: Rollout
    said: Said

    @property
    def how(self) -> str:
        """Whether it was promoted, taken back, or its file was removed by hand."""
        if self.rollout.state is _GONE:
            return "taken back"
        return "promoted" if self.said.move == "promote" else "removed by hand"


def last_said(root: Path, file: Path) -> Said | None:
    """Return the commit that changed ``file`` last; None where none did, or this is no git repository."""
    return next(_log(root, "--max-count=1", "--", str(file)), None)


def last_step(root: Path, file: Path) -> str | None:
    """Return the full hash of the commit that last brought ``file`` its time; None where none did.

    What somebody only approved moves no node, and none has to run for it.
    """
    said = next(_log(root, "--max-count=1", "-G^since: ", "--", str(file)), None) or last_said(root, file)
    return said.commit if said else None


def ended(root: Path, service: str | None = None, most: int = ENDED) -> list[Ended]:
    """Return the rollouts that ended last, of ``service`` or of all, the last one first."""
    place = str(COHORTS / f"{service}.yaml" if service else COHORTS)
    found = []
    for said in _log(root, "--full-history", "--diff-filter=D", f"--max-count={most}", "--", place):
        names = git(
            root, "show", "--format=", "--name-only", "--diff-filter=D", "-z", said.commit, "--", place
        )
        for name in filter(None, names.split("\0")):
            if rollout := _before(root, said.commit, Path(name)):
                found.append(
                    Ended(rollout, _taken_back(root, said, name) if rollout.state is _GONE else said)
                )
    return found[:most]


def has(root: Path, commit: str, ancestor: str) -> bool | None:
    """Whether ``commit`` is ``ancestor`` or comes after it; None where this clone has no such commits."""
    try:
        git(root, "merge-base", "--is-ancestor", "--end-of-options", ancestor, commit)
    except CommandFailed:
        return False if _known(root, commit) and _known(root, ancestor) else None
    return True


def _known(root: Path, commit: str) -> bool:
    try:
        git(root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}")
    except CommandFailed:
        return False
    return True


def _before(root: Path, commit: str, file: Path) -> Rollout | None:
    """Return the rollout of a file that ``commit`` removed; None where it held none."""
    try:
        text = git(root, "show", "--end-of-options", f"{commit}^:{file}")
        return rollout_file.parse(load_text(file, text))
    except FleetError:
        return None  # somebody wrote it by hand, and removed it


def _taken_back(root: Path, removed: Said, name: str) -> Said:
    return next(_log(root, "--max-count=1", "-G^state: ", f"{removed.commit}^", "--", name), removed)


def _log(root: Path, *words: str) -> Iterator[Said]:
    try:
        printed = git(root, "log", "--no-show-signature", "--no-renames", _FORM, *words)
    except CommandFailed:
        return  # no repository, or one without a commit
    for entry in printed.split("\0\n"):
        if entry:  # what follows the last one is empty
            commit, author, date, subject, move = entry.split("\0")
            yield Said(commit, _clean(author), time_of(date), _clean(subject), move.strip())


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()
