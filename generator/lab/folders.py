"""Where the lab keeps what lasts (the cache) and what one lab is made of (the state)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """The two folders; ``state`` goes when the lab goes down."""

    cache: Path
    state: Path

    @classmethod
    def from_environment(cls) -> Folders:
        """Take FLEET_LAB_CACHE and FLEET_LAB_STATE, or the usual places."""
        return cls(
            Path(os.environ.get("FLEET_LAB_CACHE", "/var/cache/fleet-lab")).absolute(),
            Path(os.environ.get("FLEET_LAB_STATE", "/var/lib/fleet-lab")).absolute(),
        )

    @property
    def images(self) -> Path:
        """Base images, each named by the digest of its recipe."""
        return self.cache / "images"

    def debs(self, suite: str) -> Path:
        """Debian packages of ``suite`` that some node once fetched."""
        return self.cache / "debs" / suite

    @property
    def nodes(self) -> Path:
        """One folder for each node."""
        return self.state / "nodes"

    @property
    def control(self) -> Path:
        """The lab's clone of the control repository."""
        return self.state / "git" / "control"

    @property
    def ssh_config(self) -> Path:
        """The configuration by which ssh finds the nodes."""
        return self.state / "ssh" / "config"
