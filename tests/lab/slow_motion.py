"""Runs on a node, by its Python: holds a switch of indextts2 still in one of its phases.

usage: slow_motion.py PHASE

The program that switches runs for a moment at a time, and is looked at in between, so that no phase is too short to
be seen. It is left stopped there, for whoever cuts the power just then.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

UNIT = "releases@indextts2.service"
STATE = "/var/lib/releases/indextts2.json"
MOMENT_S = 0.0002
PATIENCE_S = 150


def state() -> Any:
    """Read what the program remembers."""
    with open(STATE, encoding="utf-8") as file:
        return json.load(file)


def units(*slots: str) -> list[str]:
    """Return the state of the web UI of each slot, in systemd's words."""
    names = [f"indextts2-webui@0-{slot}.service" for slot in slots]
    return subprocess.run(
        ["systemctl", "is-active", *names], stdout=subprocess.PIPE, text=True
    ).stdout.split()


def main_process() -> int:
    """Return the process that switches, 0 where there is none."""
    shown = subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", UNIT], stdout=subprocess.PIPE, text=True
    )
    return int(shown.stdout)


def seen(old: str, new: str) -> str:
    """Name the phase that the switch from the slot ``old`` to ``new`` is in."""
    known = state()
    switch, serving = known["switch"], known["cards"]["0"]["slot"]
    was, will = units(old, new)
    if serving == new:
        return "not settled" if switch else "clearing"
    if not switch:
        return "not begun"
    if will == "active":
        return "new ready"
    if will == "activating":
        return "new starting"
    if was != "active":
        return "old stopped" if was == "inactive" else "old stopping"
    return "draining" if switch["held"] else "prepared"


def main(phase: str) -> None:
    """Stop the switch in ``phase``."""
    old = state()["cards"]["0"]["slot"]
    new = {"blue": "green", "green": "blue"}[old]
    end = time.monotonic() + PATIENCE_S
    while not (process := main_process()):
        if time.monotonic() > end:
            sys.exit(f"no switch began within {PATIENCE_S} s")
        time.sleep(0.005)
    phases: list[str] = []
    while True:
        try:
            os.kill(process, signal.SIGSTOP)
            phases += [now for now in [seen(old, new)] if now not in phases]
            if phases[-1] == phase:
                return
            os.kill(process, signal.SIGCONT)
        except ProcessLookupError:
            sys.exit(f"the switch was over and never {phase}; it was {', '.join(phases)}")
        time.sleep(MOMENT_S)


if __name__ == "__main__":
    main(sys.argv[1])
