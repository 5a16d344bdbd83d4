"""Let a machine go down without a job that it has begun being lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from releases.description import SLOTS
from releases.errors import CommandFailed
from releases.node import Node
from releases.steering import drain, steer

#: What ends a program whose unit is stopped, whose terminal is gone, or whose caller types Ctrl-C.
_ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
#: Seconds in which gateways hear that no job is to come, and a job whose voice is here already is sent: a
#: gateway asks every 2 s, and once more 1 s after the first no.
HEARD_S = 5.0


def leave(node: Node, command: Sequence[str]) -> None:
    """Let no new job in, wait for those that run, at most ``drain_timeout``, and run a command.

    Who asks for a new job meanwhile is answered 503, so that a gateway before several nodes, or the client
    itself, turns to another: nothing that waits here outlives the machine. Whose job runs gets its audio.
    Gateways are told a moment before, so that who has just sent a voice here is not sent on to a node
    without it.
    Raises CommandFailed where the command does, or where nobody else could know that the service is closed.
    """
    for number in _ENDS:
        signal.signal(number, _end)
    service = node.description.service
    try:
        _close(node, announced=True)
        node.clock.sleep(HEARD_S)
        _close(node, closed=True)
        cut = drain(node, *(f"{card}-{slot}" for card in node.description.cards for slot in SLOTS))
        if cut:
            limit = node.description.drain_timeout
            node.say(f"{service}: {cut} jobs were not done within {limit} s and are cut")
        code = _run(command)
        if code:
            raise CommandFailed(f"{' '.join(command)}: exit status {code}")
    finally:
        # else the boot opens it
        if not node.units.going_down():
            _open(node)


def _end(number: int, _: Any) -> None:
    # once is enough: what is to be undone is not to be cut off
    for one in _ENDS:
        signal.signal(one, signal.SIG_IGN)
    sys.exit(128 + number)


def _run(command: Sequence[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        return process.wait()
    except SystemExit:
        # it may be the drain of another service, which has to undo it, too
        process.terminate()
        process.wait()
        raise


def _close(node: Node, **change: bool) -> None:
    node.edit(**change)
    # whoever else steers the front reads it from the disk
    node.store.check()
    steer(node)


def _open(node: Node) -> None:
    node.edit(closed=False, announced=False)
    steer(node)
