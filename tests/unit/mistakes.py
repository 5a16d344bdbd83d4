"""The small control repository that mistakes are made in: tests/golden/mistakes/base."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from click.testing import CliRunner

from generator.commands.validate import validate
from generator.errors import FleetError
from generator.puppet_classes import read_code

MISTAKES = Path(__file__).parents[1] / "golden" / "mistakes"
#: What a name ends in that no linter shall read, and a case is not laid down with.
SUFFIX = ".in"


def lay_base(root: Path) -> Path:
    """Put the right repository at ``root``, with what Puppet says of its classes, so that no test waits for it."""
    shutil.copytree(MISTAKES / "base", root)
    read_code(root)
    return root


def lay_case(case: Path, root: Path) -> None:
    """Lay the files of a case over the repository at ``root``; links stay links. Code is read as for the base."""
    for source in sorted(case.rglob(f"*{SUFFIX}")):
        target = root / source.relative_to(case).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target, follow_symlinks=False)
    if list(case.rglob(f"*.pp{SUFFIX}")):
        read_code(root)


def run_validate(root: Path) -> tuple[int, str, float]:
    """Run ``fleet validate`` as its command line would: exit code, what it says, seconds of work."""
    began = time.process_time()
    done = CliRunner().invoke(validate, ["--root", str(root)])
    took = time.process_time() - began
    said = done.output
    if isinstance(done.exception, FleetError):
        # what generator.cli makes of an error
        return done.exception.exit_code, f"{said}{done.exception}\n".replace(f"{root}/", ""), took
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, said.replace(f"{root}/", ""), took


@contextmanager
def in_time(seconds: int = 20) -> Iterator[None]:
    """Fail, rather than wait for ever, where what is inside takes longer."""

    def late(signum: int, frame: FrameType | None) -> None:
        pytest.fail(f"not done in {seconds} s")  # no Exception, which a reader of files might catch

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def digests(root: Path) -> dict[str, str]:
    """What is at ``root``: links by where they lead, files by a digest."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(root))] = hashlib.sha256(content).hexdigest()
    return found
