"""The server's deploys (profile::code_deploy), started and watched from the command line."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator

import click

from generator.errors import AnswerIsNo, CommandFailed, FleetError

#: How often, in seconds, the journal is read for what is new.
_PAUSE = 0.3
_CURSOR = "-- cursor: "


def unit_of(environment: str, check: bool) -> str:
    """Name the unit that deploys, or only checks, one environment or (where that is empty) all.

    >>> unit_of("", False), unit_of("production", False), unit_of("", True)
    ('code-deploy.service', 'code-deploy@production.service', 'code-deploy@check:.service')

    Raises:
        FleetError: there can be no such environment.
    """
    if not re.fullmatch(r"\w*", environment, re.ASCII):
        raise FleetError(f"{environment!r} is no name of an environment (letters, digits and _)")
    word = f"{'check:' * check}{environment}"
    return f"code-deploy@{word}.service" if word else "code-deploy.service"


def run(unit: str) -> None:
    """Start ``unit``, show what it says while it says it, and wait for its end.

    Raises:
        AnswerIsNo: it failed.
        FleetError: there is no such unit here, or one may not start it.
    """
    if not shutil.which("systemctl") or _systemctl("cat", unit).returncode:
        raise FleetError(f"{unit}: there is no such unit (run this on the Puppet server)")
    _await_end(unit)
    _, cursor = _journal(unit, None)
    ended = threading.Event()
    done: list[subprocess.CompletedProcess[str]] = []

    def start() -> None:
        done.append(_systemctl("start", unit))
        ended.set()

    thread = threading.Thread(target=start, daemon=True)
    thread.start()
    while not ended.wait(_PAUSE):
        cursor = _show(unit, cursor)
    subprocess.run(["journalctl", "--sync"], stdin=subprocess.DEVNULL, capture_output=True)
    _show(unit, cursor)
    if done[0].returncode:
        complaint = done[0].stderr.strip().splitlines()
        if "Access denied" in done[0].stderr or "authentication required" in done[0].stderr:
            raise FleetError(f"{unit}: {complaint[0]} (run this as root)")
        raise AnswerIsNo("the deploy failed: the code from before serves where nothing else is said")


def _await_end(unit: str) -> None:
    """Wait for the end of a run that goes on already: it may have fetched before the commit was there.

    One that begins after that began after the call, too, and has it.
    """
    said = False
    while _systemctl("show", "--property=ActiveState", "--value", unit).stdout.strip().endswith("ing"):
        if not said:
            click.echo(f"{unit} runs already; this waits for its end, and starts it again")
            said = True
        time.sleep(_PAUSE)


def _show(unit: str, cursor: str | None) -> str | None:
    lines, after = _journal(unit, cursor)
    for line in lines:
        click.echo(line)
    return after


def _journal(unit: str, cursor: str | None) -> tuple[list[str], str | None]:
    """Read what ``unit`` has said after ``cursor``, and where that ends; nothing where it is None."""
    since = [f"--after-cursor={cursor}"] if cursor else ["--lines=0"]
    # what the unit's own processes say, and not what systemd says of it
    command = ["journalctl", "--no-pager", "--output=cat", "--show-cursor", *since]
    done = subprocess.run(
        [*command, f"_SYSTEMD_UNIT={unit}"] if cursor else command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise CommandFailed(f"journalctl: {done.stderr.strip()}")
    return _split(done.stdout.splitlines(), cursor)


def _split(lines: list[str], cursor: str | None) -> tuple[list[str], str | None]:
    """Tell the cursor, which comes last, from what was said.

    >>> _split(["a", "-- cursor: s=1"], None), _split([], "s=1")
    ((['a'], 's=1'), ([], 's=1'))
    """
    said = [line for line in lines if not line.startswith(_CURSOR)]
    cursors: Iterator[str] = (line.removeprefix(_CURSOR) for line in lines if line.startswith(_CURSOR))
    return said, next(cursors, cursor)


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
