"""What programs of the node say of its cards: why a service could not start, and whether one is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
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
        done = _run(program, card)
    except OSError as error:
        return f"{program}: {error.strerror} (a Puppet run puts it there)"
    except subprocess.TimeoutExpired:
        return f"{program} does not answer within {_PATIENCE} s"
    if not done.returncode:
        return None
    return " ".join(done.stderr.split()) or f"{program} ended with {done.returncode}"


class Looks:
    """Looks at cards, by the program that says whether one is lost, and waits for none of them.

    No signal ends what hangs in the driver: while anything of a look is there, none is begun beside it.
    """

    def __init__(self) -> None:
        """Begin with none."""
        #: UUID of a card -> the look at it, and when it began
        self.under_way: dict[str, tuple[subprocess.Popen[str], float]] = {}

    def begin(self, program: str | None, card: str | None) -> None:
        """Begin to look at a card, by its UUID, unless that is under way."""
        if program is None or card is None or card in self.under_way:
            return
        # where the program is missing, nobody knows
        with suppress(OSError):
            self.under_way[card] = (_start(program, card), time.monotonic())

    def lost(self) -> dict[str, str]:
        """Say of cards, by their UUID, that they are lost, in a line each: what looks that ended found."""
        found = {}
        for card, (process, began) in list(self.under_way.items()):
            if _there(process):
                if time.monotonic() - began > _PATIENCE:
                    _kill(process)
                continue
            del self.under_way[card]
            with suppress(subprocess.TimeoutExpired):
                said, _ = process.communicate(timeout=_GRACE)
                if not process.returncode:
                    found[card] = " ".join(said.split()) or f"{card} is lost"
        return found


def _run(program: str, visible: str | None) -> subprocess.CompletedProcess[str]:
    """Run a program that asks the driver; where that hangs, no signal ends it, and it is not waited for."""
    process = _start(program, visible=visible)
    try:
        said, complained = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        _kill(process)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        raise
    return subprocess.CompletedProcess(program, process.returncode, said, complained)


def _start(*command: str, visible: str | None = None) -> subprocess.Popen[str]:
    """Start a program that asks the driver, in a group of its own."""
    seen = {} if visible is None else {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": visible}
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | seen,
        start_new_session=True,
    )


def _there(process: subprocess.Popen[str]) -> bool:
    """Say whether a program, or one that it began, is there yet."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
