"""Let a machine go down without a job that it has begun being lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

from releases.errors import CommandFailed
from releases.node import Node
from releases.state import pointed
from releases.steering import drain, steer


def leave(node: Node, command: Sequence[str]) -> None:
    """Let no new job in, wait for those that run, at most ``drain_timeout``, and run a command.

    Who asks for a new job meanwhile is answered 503, so that a gateway before several nodes, or the client
    itself, turns to another: nothing that waits here outlives the machine. Whose job runs gets its audio.
    Raises CommandFailed where the command does.
    """
    # systemd ends a unit so, and then jobs are let in again
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    service = node.description.service
    try:
        state = node.edit(closed=True)
        steer(node)
        cut = drain(node, *(f"{card}-{pointed(state, card)}" for card in node.description.cards))
        if cut:
            limit = node.description.drain_timeout
            node.say(f"{service}: {cut} jobs were not done within {limit} s and are cut")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise CommandFailed(f"{' '.join(command)}: exit status {done.returncode}")
    finally:
        # else the boot opens it
        if not node.units.going_down():
            _open(node)


def _open(node: Node) -> None:
    node.edit(closed=False)
    steer(node)
