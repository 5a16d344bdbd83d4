"""r10k: each branch as a folder in the staging, which no Puppet Server reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from code_deploy.errors import DeployError
from code_deploy.programs import call, step
from code_deploy.settings import Settings

#: What r10k writes about a branch that it has deployed, last.
INFO = ".r10k-deploy.json"


#: What r10k says of a branch that the repository does not have.
_MISSING = re.compile(r"Environment\(s\) '.*' cannot be found")


@dataclass(frozen=True)
class Branch:
    """A branch in the staging. ``error``: why it is not as the repository has it, None where it is."""

    environment: str
    folder: Path
    commit: str
    error: str | None

    @property
    def missing(self) -> bool:
        """Whether the repository was reached, and has no such branch."""
        return self.error is not None and _MISSING.search(self.error) is not None


def stage(settings: Settings, environments: Iterable[str]) -> list[Branch]:
    """Bring the staging of the ``environments`` to the repository.

    r10k is asked for each by itself, and for no other: it runs the Puppetfile of what it brings, and after
    one that failed it says of no other that it is well.
    """
    settings.staging.mkdir(exist_ok=True)
    return [_stage(settings, environment) for environment in environments]


def _stage(settings: Settings, environment: str) -> Branch:
    folder = settings.staging / environment
    (folder / INFO).unlink(missing_ok=True)
    error = _deploy(settings, environment)
    commit = commit_of(folder)
    return Branch(
        environment, folder, commit, error or (None if commit else "r10k: has not said what it did")
    )


def _deploy(settings: Settings, environment: str) -> str | None:
    """Run r10k; return why it failed, or None."""
    modules = ["--modules"] if settings.modules else []
    command = ["r10k", "deploy", "environment", environment, "--config", str(settings.r10k)]
    try:
        with step(f"r10k deploy environment {environment}"):
            call([*command, "--verbose=warn", *modules], settings.state, {})
    except DeployError as error:
        why = re.sub(r"^ERROR\s+(-> )?", "", str(error))
        return f"r10k: {why}"
    return None


def commit_of(folder: Path) -> str:
    """Return the commit that r10k has deployed in ``folder``, modules and all; empty where it has none."""
    try:
        info = json.loads((folder / INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(info.get("signature", "")) if info.get("deploy_success") else ""
