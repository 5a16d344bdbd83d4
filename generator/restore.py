"""A Puppet server from a backup: the authority, the keys and PuppetDB's database of before.

The machine is set up by this repository already (`puppet apply`), so packages, accounts and units are there,
with an authority of its own, which is put aside, and an empty database, which goes.

What is half restored serves nobody: from the first change to the last, neither Puppet Server nor PuppetDB
starts, whoever asks for it and however this ends. Another call begins anew.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.backups import Settings, verify
from generator.errors import CommandFailed, FleetError
from generator.progress import step
from generator.puppet_conf import watch_certname

#: Certificates that were signed after the backup have the numbers that come next: none is given twice.
SKIPPED_SERIALS = 1000

_SERVERS = ("puppetserver.service", "puppetdb.service")
#: What would start them, or read what is being put back; started again afterwards where it is enabled.
_TIMERS = ("puppet-agent.timer", "code-deploy.timer", "puppet-backup.timer")
_RUNS = ("puppet-agent-run.service", "code-deploy.service", "code-deploy@.service", "puppet-backup.service")
_UNITS = Path("/etc/systemd/system")
_HOLD = "unfinished-restore.conf"
_ASIDE, _BESIDE, _COPY = ".before-restore", ".restored", ".copy-before-restore"


@dataclass(frozen=True)
class Restored:
    """What a server has after a restore: counts of certificates, and of nodes and reports in PuppetDB."""

    certificates: int
    nodes: int
    reports: int


def restore(folder: Path, settings: Settings, *, replace: bool) -> Restored:
    """Make the server that this machine is go on where the backup ``folder`` was made.

    ``replace`` lets an authority go that has signed for other machines than this one.

    Raises:
        FleetError: there is no such backup, it is not whole, or of another machine; or this one has nodes.
            Nothing is changed then.
        CommandFailed: a step failed; nothing serves until another call ends well. Or all is put back, and did
            not start.
    """
    if not folder.is_dir():
        raise FleetError(f"{folder}: does not exist, or is no folder (ls {settings.directory} names backups)")
    with step(f"read {folder}"):
        verify(folder)
    check_name(folder, settings)
    goes_on = _held()
    # of a call that broke off, that alone tells whose authority is in place now
    if not replace and not (goes_on and os.path.lexists(_aside(settings.ca))):
        check_empty(settings)
    if not goes_on:
        _forget_aside(settings.trees)
    try:
        with step("stop Puppet Server and PuppetDB"):
            _hold()
        with step("put the authority and the keys back"):
            put_files(folder / "files.tar", settings.trees)
            skip_serials(settings.ca)
        with step("put PuppetDB's database back"):
            _put_database(folder / "puppetdb.dump", settings.database)
    except (OSError, tarfile.TarError, FleetError) as error:
        raise CommandFailed(
            f"{error}\nhalf restored: neither Puppet Server nor PuppetDB starts, and {_named(_TIMERS)} stay "
            f"stopped, until `fleet restore {folder}` ends well"
        ) from None
    try:
        with step("start Puppet Server and PuppetDB"):
            _release()
    except (OSError, FleetError) as error:
        raise CommandFailed(
            f"{error}\nall is put back, and no other restore is needed: what is left to do is to start it "
            f"(journalctl -b -u puppetserver -u puppetdb; systemctl start {' '.join(_SERVERS)})"
        ) from None
    return _restored(settings)


def check_name(folder: Path, settings: Settings) -> None:
    """Refuse the backup of another machine: its certificate is for that one's name."""
    certname = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["certname"]
    if certname != settings.certname:
        raise FleetError(
            f"{folder}: is a backup of {certname}, and this machine is {settings.certname}: "
            f"set the new machine up by the name {certname}"
        )


def check_empty(settings: Settings) -> None:
    """Refuse a machine whose authority has signed for others: they would lose it."""
    signed = sorted(path.stem for path in (settings.ca / "signed").glob("*.pem"))
    own = (settings.certname, watch_certname(settings.certname))
    nodes = [name for name in signed if name not in own]
    if nodes:
        named = ", ".join(nodes[:3]) + (", …" if len(nodes) > 3 else "")
        raise FleetError(
            f"{settings.ca}: this machine's own authority has signed for {named}: "
            f"--replace puts it aside, and leaves them without one"
        )


def put_files(archive: Path, trees: Iterable[Path], root: Path = Path("/")) -> None:
    """Replace each of ``trees`` that is in a tar archive by what is there; the old one is put aside, once."""
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        for tree in trees:
            prefix = str(tree).lstrip("/")
            below = [
                member for member in members if member.name == prefix or member.name.startswith(f"{prefix}/")
            ]
            if below:
                place = root / prefix
                beside = place.with_name(place.name + _BESIDE)
                _remove(beside)
                _extract(tar, below, prefix, beside)
                _swap(beside, place)


def skip_serials(ca: Path) -> None:
    """Have the authority go on with a serial number that it has not given since the backup, in hex.

    Raises:
        FleetError: the file holds no number.
    """
    file = ca / "serial"
    text = file.read_text(encoding="ascii").strip()
    try:
        following = int(text, 16) + SKIPPED_SERIALS
    except ValueError:
        raise FleetError(f"{file}: {text!r} is no serial number in hex") from None
    # in place: its owner and mode stay
    file.write_text(f"{following:04X}", encoding="ascii")


def _extract(tar: tarfile.TarFile, members: list[tarfile.TarInfo], prefix: str, beside: Path) -> None:
    for member in members:
        inside = member.name[len(prefix) :].lstrip("/")
        if ".." in Path(inside).parts or not (member.isreg() or member.isdir() or member.issym()):
            raise FleetError(f"{tar.name!s}: {member.name} is nothing that a backup holds")
        # a unit that read the certificate of before takes this one at the agent's next run (units::current)
        written = int(time.time()) if inside.endswith(".pem") else member.mtime
        moved = member.replace(name=str(Path(beside.name, inside)), mtime=written, deep=False)
        # modes and owners as they were, by name; a certificate authority is closed by them
        tar.extract(moved, beside.parent, filter="fully_trusted")
    os.sync()


def _aside(place: Path) -> Path:
    return place.with_name(place.name + _ASIDE)


def _swap(beside: Path, place: Path) -> None:
    if os.path.lexists(_aside(place)):
        # half restored: the call before this one has put the old one aside
        _remove(place)
    elif os.path.lexists(place):
        _put_aside(place)
    beside.rename(place)


def _put_aside(place: Path) -> None:
    """Rename what is there; half of a copy would pass for the whole in another call."""
    try:
        place.rename(_aside(place))
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # overlayfs, under a container, renames no folder of its image (the kernel: overlayfs.rst)
        copy = place.with_name(place.name + _COPY)
        _remove(copy)
        _run("cp", "--archive", str(place), str(copy))
        os.sync()
        copy.rename(_aside(place))
        _remove(place)


def _forget_aside(trees: Iterable[Path]) -> None:
    """Remove what a restore of another day has put aside: what is replaced today goes there.

    It is done before the hold, so where there is a hold, what is aside was put there under it.
    """
    for tree in trees:
        _remove(_aside(tree))
    os.sync()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _put_database(dump: Path, database: str) -> None:
    _run("systemctl", "start", "postgresql.service")
    postgres = ("runuser", "--user", "postgres", "--")
    _run(*postgres, "dropdb", "--if-exists", "--force", database)
    with dump.open("rb") as archive:
        command = [*postgres, "pg_restore", "--create", "--exit-on-error", "--dbname=postgres"]
        done = subprocess.run(command, cwd="/", stdin=archive, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"pg_restore: {' '.join(done.stderr.split())}")


def _held() -> bool:
    return any((_UNITS / f"{unit}.d" / _HOLD).exists() for unit in _SERVERS)


def _hold() -> None:
    """Stop the servers and what would use them; nothing starts them until :func:`_release`."""
    for unit in _SERVERS:
        file = _UNITS / f"{unit}.d" / _HOLD
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            f"# fleet restore has not ended well: call it again\n[Unit]\nAssertPathExists=!{file}\n"
        )
    _run("systemctl", "daemon-reload")
    others = [unit for unit in (*_TIMERS, *_RUNS) if (_UNITS / unit).exists()]
    # of a template, all that run
    _run("systemctl", "stop", *(unit.replace("@.", "@*.") for unit in others), *_SERVERS)


def _release() -> None:
    """Start the servers, and the timers whatever becomes of that.

    The hold goes first: beside a server that serves, it would have the next restore take its authority for a
    half-restored one.

    Raises:
        CommandFailed: not all of them started.
    """
    for unit in _SERVERS:
        (_UNITS / f"{unit}.d" / _HOLD).unlink(missing_ok=True)
    _run("systemctl", "daemon-reload")
    try:
        _run("systemctl", "start", *_SERVERS)
    finally:
        enabled = [timer for timer in _TIMERS if _succeeds("systemctl", "is-enabled", "--quiet", timer)]
        if enabled:
            _run("systemctl", "start", *enabled)


def _restored(settings: Settings) -> Restored:
    count = "SELECT (SELECT count(*) FROM certnames), (SELECT count(*) FROM reports)"
    psql = ("psql", "--tuples-only", "--no-align", "--dbname", settings.database, "--command", count)
    nodes, reports = _run("runuser", "--user", "postgres", "--", *psql).split("|")
    certificates = len(list((settings.ca / "signed").glob("*.pem")))
    return Restored(certificates, int(nodes), int(reports))


def _named(units: Iterable[str]) -> str:
    *others, last = units
    return f"{', '.join(others)} and {last}"


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command[:3])}: {' '.join(done.stderr.split())}")
    return done.stdout
