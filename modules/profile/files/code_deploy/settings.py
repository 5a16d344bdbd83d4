"""What Puppet says about this machine's deploys (profile::code_deploy)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from code_deploy.errors import DeployError

FILE = Path("/etc/code-deploy.json")
#: The environment of agents: whatever becomes of its branch, its code stays.
PRODUCTION = "production"
_UNITS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Settings:
    """Places and wishes.

    ``environments`` is the folder in which Puppet Server finds an environment by its name, ``state`` the
    deploy's own, ``r10k`` the configuration of r10k (which stages below ``state``), ``modules`` whether it
    fetches those of the Puppetfile, ``cache_url`` where Puppet Server forgets the code that it has read,
    ``puppetdb_url`` the PuppetDB that knows the nodes, ``nodes`` for how many of them new code is compiled at
    most (0: for none), ``keep`` how many versions before the one that serves stay on the disk.
    Of the repository's ``branches`` none but these are deployed. ``checker`` is the socket behind which new
    code is checked, where it reaches nothing of this. ``interval`` is the time between two deploys in
    seconds, None where no clock starts them.
    ``credentials`` has server.crt, server.key and ca.crt, by which both know the deploy; None where they ask
    for none.
    """

    environments: Path
    state: Path
    r10k: Path
    modules: bool
    cache_url: str
    puppetdb_url: str
    nodes: int
    keep: int
    branches: tuple[str, ...]
    checker: Path
    interval: int | None = None
    credentials: Path | None = None

    @property
    def staging(self) -> Path:
        """Where r10k keeps each branch, ready to be copied."""
        return self.state / "staging"

    @property
    def versions(self) -> Path:
        """Where each environment has a folder of its versions, each whole and never changed."""
        return self.state / "versions"


def load(path: Path, credentials: str | None) -> Settings:
    """Read the settings at ``path``.

    Raises:
        DeployError: they cannot be read, or lack something.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Settings(
            environments=Path(said["environments"]),
            state=Path(said["state"]),
            r10k=Path(said["r10k"]),
            modules=bool(said["modules"]),
            cache_url=str(said["cache_url"]),
            puppetdb_url=str(said["puppetdb_url"]),
            nodes=int(said["nodes"]),
            keep=int(said["keep"]),
            branches=tuple(str(name) for name in said["branches"]),
            checker=Path(said["checker"]),
            interval=_seconds(said["interval"]),
            credentials=Path(credentials) if credentials else None,
        )
    except OSError as error:
        raise DeployError(f"{path}: {error.strerror} (the server's agent writes it)") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DeployError(f"{path}: no settings: {error!r} (the server's agent writes them)") from None


def _seconds(interval: str) -> int | None:
    """Read a time as the timer has it.

    >>> _seconds("5min"), _seconds("never")
    (300, None)
    """
    if interval == "never":
        return None
    number = interval.rstrip("minsh")
    return int(number) * _UNITS[interval[len(number) :]]
