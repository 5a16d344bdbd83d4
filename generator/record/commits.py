"""What git knows of a commit of the code: whose it is, of when, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from generator.canary.rollout import COHORTS
from generator.errors import CommandFailed
from generator.git import git
from generator.record.values import time_of

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Cohort:
    """Who gets a revision before the other nodes."""

    revision: str
    members: frozenset[str]


@dataclass(frozen=True)
class Commit:
    """A commit of this repository; ``cohorts`` has the members of each service's rollout in it."""

    author: str
    date: datetime
    subject: str
    cohorts: Mapping[str, Cohort] = field(default_factory=dict)

    def cohort(self, certname: str) -> dict[str, str]:
        """Return the revision of each service that has the node ``certname`` in a rollout."""
        return {
            service: cohort.revision for service, cohort in self.cohorts.items() if certname in cohort.members
        }


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
    return Commit(_clean(author), time_of(date), _clean(subject), _cohorts(root, name))


def _cohorts(root: Path, commit: str) -> dict[str, Cohort]:
    """Read the rollouts of a commit; a file that is none of them gives nothing to anybody."""
    words = ["-c", "safe.directory=*"]
    found = {}
    listed = git(root, *words, "ls-tree", "-z", "--name-only", commit, f"{COHORTS.as_posix()}/")
    for path in (path for path in listed.split("\0") if path.endswith(".yaml")):
        try:
            said = yaml.load(git(root, *words, "cat-file", "blob", f"{commit}:{path}"), _LOADER)
            members = frozenset(member for member in said["members"] if isinstance(member, str))
            found[Path(path).stem] = Cohort(_clean(str(said["revision"])), members)
        except (yaml.YAMLError, CommandFailed, KeyError, TypeError):
            continue
    return found


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()
