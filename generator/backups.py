"""The backups of the Puppet server that this is run on: what profile::backup has set up there."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from generator.errors import CommandFailed, FleetError

CONFIG = Path("/etc/puppet-backup.json")
PROGRAM = "/usr/local/sbin/puppet-backup"
UNIT = "puppet-backup.service"


@dataclass(frozen=True)
class Settings:
    """What a backup of this machine holds, and where backups are."""

    certname: str
    directory: Path
    ca: Path
    trees: tuple[Path, ...]
    database: str


def settings(path: Path = CONFIG) -> Settings:
    """Read what Puppet says of backups on this machine.

    Raises:
        FleetError: there is nothing; then this is no Puppet server of this repository's.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Settings(
            certname=told["certname"],
            directory=Path(told["directory"]),
            ca=Path(told["ca"]),
            trees=tuple(Path(tree) for tree in told["trees"]),
            database=told["database"],
        )
    except FileNotFoundError:
        raise FleetError(
            f"{path}: there is none, so this machine is no Puppet server (README, Set up your own, makes one)"
        ) from None
    except OSError as error:
        raise FleetError(f"{path}: {error.strerror}; run this as root on the Puppet server") from None
    except (ValueError, KeyError, TypeError) as error:
        raise FleetError(
            f"{path}: is not what Puppet writes ({error}); puppet agent --test does so anew"
        ) from None


def back_up() -> Path:
    """Make a backup now, and wait for it; return its folder."""
    directory = settings().directory
    done = subprocess.run(["systemctl", "start", UNIT], capture_output=True, text=True)
    if done.returncode:
        log = [
            "journalctl",
            "--unit",
            UNIT,
            "--identifier=puppet-backup",
            "--lines=1",
            "--output=cat",
            "--no-pager",
        ]
        said = subprocess.run(log, capture_output=True, text=True).stdout.strip()
        raise CommandFailed(f"{UNIT} failed: {said or done.stderr.strip()} (journalctl -u {UNIT})")
    return newest(directory)


def newest(directory: Path) -> Path:
    """Find the newest backup.

    Raises:
        FleetError: there is none, or the directory may not be read.
    """
    try:
        # one that is being made ends in .new
        made = sorted(
            path for path in directory.iterdir() if (path / "manifest.json").exists() and not path.suffix
        )
    except OSError as error:
        raise FleetError(f"{directory}: {error.strerror}; run this as root on the Puppet server") from None
    if not made:
        raise FleetError(f"{directory}: there is no backup (fleet backup makes one)")
    return made[-1]


def verify(folder: Path) -> None:
    """Have all of a backup read.

    Raises:
        FleetError: it is not whole.
    """
    done = subprocess.run([PROGRAM, "verify", folder], capture_output=True, text=True)
    if done.returncode:
        raise FleetError(done.stderr.strip().removeprefix("puppet-backup: "))
