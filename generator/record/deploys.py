"""The deploys of code: what the server brought into its environments, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: Where the server's deploys say so, a line of JSON each; and the clones that it deploys from.
FILE = Path("/var/lib/code-deploy/deploys.jsonl")
STAGING = FILE.parent / "staging"


@dataclass(frozen=True)
class Deploy:
    """One deploy, at its end: which commit came into an environment in place of which, or why it did not."""

    at: datetime
    environment: str
    commit: str
    previous: str | None
    ok: bool
    seconds: float | None
    error: str | None


def read(path: Path) -> list[Deploy]:
    """Read them, the oldest first; none where this is not the server.

    A line that a power cut broke is left out.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return []
    return sorted(parse(text.splitlines()), key=lambda deploy: deploy.at)


def parse(lines: Iterable[str]) -> Iterable[Deploy]:
    """Yield what the lines say."""
    for line in lines:
        try:
            said = json.loads(line)
            yield Deploy(
                at=datetime.fromtimestamp(said["time"], UTC),
                environment=str(said["environment"]),
                commit=str(said["commit"]),
                previous=said.get("previous") or None,
                ok=said["ok"] is True,
                seconds=said.get("seconds"),
                error=said.get("error") or None,
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, OSError):
            continue


def brought(deploys: Sequence[Deploy], environment: str, commit: str, before: datetime) -> Deploy | None:
    """Return the last deploy that had brought a commit into an environment when a run began."""
    wanted = (True, environment, commit)
    fit = [one for one in deploys if (one.ok, one.environment, one.commit) == wanted and one.at <= before]
    return fit[-1] if fit else None
