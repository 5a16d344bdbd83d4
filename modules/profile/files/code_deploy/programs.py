"""The programs that a deploy calls, and what they complain of, in one line."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from code_deploy.errors import DeployError

#: Seconds that a program may take: a whole Puppetfile over a slow network.
LIMIT = 900
_COLOUR = re.compile(r"\x1b\[[0-9;]*m|\x1b?\[m(?=[A-Z])|\[0m$")
#: How fleet's own progress begins (generator/progress.py), and what Facter may not read: no complaint.
_PROGRESS = re.compile(r"^ {2}[✓✗…!] |^(\x1b\[[0-9;]*m)?Error: Facter: ")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what was done, and in how many seconds."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"  ✗ {title} ({time.monotonic() - began:.1f} s)", flush=True)
        raise
    print(f"  ✓ {title} ({time.monotonic() - began:.1f} s)", flush=True)


def call(command: Sequence[str], folder: Path, extra: Mapping[str, str]) -> str:
    """Run a program in ``folder`` and return what it printed, both ways.

    Raises:
        DeployError: it failed, or took longer than LIMIT; with the line of its complaint, which names files
            as seen from ``folder``.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **extra}
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT,
        )
    except FileNotFoundError as error:
        raise DeployError(f"{error.filename} is not installed (the server's agent installs it)") from None
    except subprocess.TimeoutExpired:
        raise DeployError(f"{command[0]} did not end within {LIMIT} s") from None
    if done.returncode:
        raise DeployError(complaint(done.stdout, folder) or f"{command[0]} exited {done.returncode}")
    return done.stdout


def complaint(output: str, folder: Path) -> str:
    """Choose the line that says what is wrong; empty where there is none."""
    lines = [_COLOUR.sub("", line).strip() for line in output.splitlines() if not _PROGRESS.match(line)]
    lines = [line.replace(f"{folder}/", "") for line in lines if line]
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1]
    first = next((line for line in lines if re.match(r"(?i)error\b", line)), (lines or [""])[0])
    # r10k hands on what git said below its own word, which does not say why
    fatal = next((line for line in lines if line.startswith("fatal: ")), first)
    return first if fatal == first else f"{first}: {fatal}"
