#!/usr/bin/python3
"""Back up what a Puppet server cannot be made anew without; kept by Puppet (profile::backup).

``puppet-backup make`` writes a folder named by the time (UTC) into the directory of backups:

    files.tar       the certificate authority, the server's certificates, the keys of invitations and secrets
    puppetdb.dump   PuppetDB's database, by pg_dump: as it is, of one moment, whatever its size; of
                    `puppetdb export`, all has to be taken in again as commands
    manifest.json   whose they are, of when, and by which versions
    SHA256SUMS      of the three, for sha256sum, too

The folder appears by one rename when all of it is on the disk and was read again; only then older ones go.
``puppet-backup verify FOLDER`` reads one again, all of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/puppet-backup.json")
METRICS = Path("/var/lib/puppet-backup/puppet_backup.prom")
FORMAT = 1
STAMP = "%Y-%m-%dT%H-%M-%SZ"
NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ")
FILES, DUMP, MANIFEST, SUMS = "files.tar", "puppetdb.dump", "manifest.json", "SHA256SUMS"
#: Without these there is nothing to go on with.
NEEDED = ("ca_crt.pem", "ca_key.pem", "ca_crl.pem", "serial", "inventory.txt")
PACKAGES = ("puppetserver", "puppetdb", "postgresql")
SETTINGS = ("certname", "directory", "keep", "database", "ca", "trees")


class BackupError(Exception):
    """Why there is no backup, or none that is whole."""


def make(config: dict[str, Any], now: datetime) -> Path:
    """Write a backup, verify it, and drop the oldest beyond ``keep``; return its folder."""
    directory = Path(config["directory"])
    for killed in directory.glob("*.new"):
        shutil.rmtree(killed)
    folder = directory / now.strftime(STAMP)
    partial = folder.with_suffix(".new")
    partial.mkdir(mode=0o700)
    try:
        _run("pg_dump", "--no-password", "--format=custom", f"--file={partial / DUMP}", config["database"])
        write_files(partial / FILES, config["ca"], config["trees"])
        manifest = {
            "format": FORMAT,
            "certname": config["certname"],
            "time": int(now.timestamp()),
            "versions": {package: _version(package) for package in PACKAGES},
            "ca": config["ca"],
            "trees": config["trees"],
            "database": config["database"],
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        (partial / SUMS).write_text(sums(partial))
        for path in (*partial.iterdir(), partial):
            _sync(path)
        verify(partial)
        partial.rename(folder)
        _sync(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    for old in backups(directory)[: -config["keep"]]:
        shutil.rmtree(old)
    return folder


def backups(directory: Path) -> list[Path]:
    """List the backups that are whole, oldest first."""
    return sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name) and path.is_dir())


def write_files(archive: Path, ca: str, trees: list[str]) -> None:
    """Put what is there of ``trees`` into a tar archive, names without their leading slash.

    The authority's serial number goes last: of a certificate that is signed meanwhile, the number is never
    copied without it being counted.
    """
    serial = Path(ca, "serial")
    with tarfile.open(archive, "x", format=tarfile.PAX_FORMAT) as tar:
        for tree in trees:
            for path in walk(Path(tree)):
                if path != serial:
                    _add(tar, path)
        _add(tar, serial)


def walk(top: Path) -> Iterator[Path]:
    """Give a file, or a folder with all below it, folders first; nothing where there is none.

    The server goes on meanwhile: what is given may be gone by then.
    """
    if not os.path.lexists(top):
        return
    yield top
    if top.is_dir() and not top.is_symlink():
        try:
            below = sorted(top.iterdir())
        except FileNotFoundError:
            return
        for path in below:
            yield from walk(path)


def verify(folder: Path) -> dict[str, Any]:
    """Read all of a backup; return its manifest, or raise BackupError."""
    try:
        written, found = (folder / SUMS).read_text(), sums(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{folder}: is no backup that is whole ({error})") from None
    if written != found:
        known = written.splitlines()
        changed = [line.split()[-1] for line in found.splitlines() if line not in known]
        raise BackupError(f"{folder / (changed or [SUMS])[0]}: is not what was written: take another backup")
    manifest = read_json(folder / MANIFEST, ("format", "certname", "ca"), "take another backup")
    if manifest["format"] != FORMAT:
        raise BackupError(
            f"{folder / MANIFEST}: format {manifest['format']}, and this program reads {FORMAT}"
        )
    with tarfile.open(folder / FILES) as tar:
        names = {member.name for member in tar}
    missing = [name for name in NEEDED if str(Path(manifest["ca"], name)).lstrip("/") not in names]
    if missing:
        raise BackupError(f"{folder / FILES}: lacks {', '.join(missing)} of {manifest['ca']}")
    if "TABLE DATA" not in _run("pg_restore", "--list", folder / DUMP):
        raise BackupError(f"{folder / DUMP}: is a dump without a table")
    return manifest


def read_json(path: Path, needed: Iterable[str], cure: str) -> dict[str, Any]:
    """Read a mapping that has the ``needed`` keys, or raise BackupError, which ends with the ``cure``."""
    try:
        told = json.loads(path.read_text())
    except ValueError as error:
        raise BackupError(f"{path}: is no JSON ({error}): {cure}") from None
    missing = [key for key in needed if not isinstance(told, dict) or key not in told]
    if missing:
        raise BackupError(f"{path}: lacks {', '.join(missing)}: {cure}")
    return dict(told)


def sums(folder: Path) -> str:
    """Give the digests of a backup's files, as sha256sum prints them."""
    return "".join(f"{digest(folder / name)}  {name}\n" for name in (FILES, DUMP, MANIFEST))


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, in hex."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def metrics(ok: bool, directory: Path) -> str:
    """Say for Prometheus whether the last backup is good, and of when the last good one is, or 0."""
    good = backups(directory) if directory.is_dir() else []
    made = datetime.strptime(good[-1].name, STAMP).replace(tzinfo=UTC).timestamp() if good else 0
    size = sum(path.stat().st_size for path in good[-1].iterdir()) if good else 0
    values = {
        "fleet_backup_ok": ("Whether the last backup of the Puppet server was made and read again.", int(ok)),
        "fleet_backup_time_seconds": ("When the last good backup was begun.", int(made)),
        "fleet_backup_size_bytes": ("What the last good backup takes.", size),
    }
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} {value}\n"
        for name, (text, value) in values.items()
    )


def _add(tar: tarfile.TarFile, path: Path) -> None:
    """Add one file, folder or link; sockets and the like are left out, and what is gone by now."""
    with contextlib.ExitStack() as opened:
        try:
            info = tar.gettarinfo(path, str(path).lstrip("/"))
            if info is None:
                return
            info.type = tarfile.REGTYPE if info.islnk() else info.type
            file = opened.enter_context(path.open("rb")) if info.isreg() else None
        except FileNotFoundError:
            return
        if file:
            info.size = os.fstat(file.fileno()).st_size
        tar.addfile(info, file)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _version(package: str) -> str:
    return _run("dpkg-query", "--show", "--showformat=${Version}", package).strip()


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise BackupError(f"{command[0]}: {' '.join(done.stderr.split()) or f'ended with {done.returncode}'}")
    return done.stdout


def _tell(ok: bool, directory: Path, place: Path) -> None:
    beside = place.with_name(f"{place.name}.new")
    beside.write_text(metrics(ok, directory))
    beside.chmod(0o644)
    beside.rename(place)


def main(arguments: list[str], config: Path = CONFIG, place: Path = METRICS) -> int:
    """Do what the command line says; 0 where it is done, 1 where there is no backup that is whole."""
    try:
        if len(arguments) == 2 and arguments[0] == "verify":
            verify(Path(arguments[1]))
            return 0
        if arguments != ["make"]:
            print("usage: puppet-backup make | verify FOLDER", file=sys.stderr)
            return 2
        settings = read_json(config, SETTINGS, "puppet agent --test writes it anew")
        ok = False
        try:
            print(make(settings, datetime.now(UTC)))
            ok = True
        finally:
            _tell(ok, Path(settings["directory"]), place)
        return 0
    except (BackupError, OSError, ValueError, tarfile.TarError) as error:
        print(f"puppet-backup: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
