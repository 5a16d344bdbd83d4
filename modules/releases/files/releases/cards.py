"""What programs of the node say of its cards: why a service could not start, and whether one is lost."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

#: Seconds after which a driver that does not answer is taken for one that cannot be computed with.
_PATIENCE = 30
#: Seconds that a killed one gets to go.
_GRACE = 1


def gate(program: str | None, card: str | None) -> str | None:
    """Say why nothing could start on a card, by its UUID, or on any, in a line.

    None where it could, or where there is no ``program``.
    """
    if program is None:
        return None
    try:
        done = _run(program, visible=card)
    except OSError as error:
        return f"{program}: {error.strerror} (a Puppet run puts it there)"
    except subprocess.TimeoutExpired:
        return f"{program} does not answer within {_PATIENCE} s"
    if not done.returncode:
        return None
    return " ".join(done.stderr.split()) or f"{program} ended with {done.returncode}"


def lost(program: str | None, card: str | None) -> str | None:
    """Say, in a line, that a card is lost, by its UUID; None where it is not, or where nobody knows."""
    if program is None or card is None:
        return None
    try:
        done = _run(program, card)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else " ".join(done.stdout.split()) or f"{card} is lost"


def _run(*command: str, visible: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program that asks the driver; where that hangs, no signal ends it, and it is not waited for."""
    seen = {} if visible is None else {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": visible}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | seen,
        start_new_session=True,
    )
    try:
        said, complained = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        raise
    return subprocess.CompletedProcess(command, process.returncode, said, complained)
