"""The end of the lab leaves nothing of it on the machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.lab import Lab


def test_down_leaves_nothing(lab: Lab) -> None:
    lab.down()
    # none that lives: one that this process began and down ended is a zombie until this process ends, too
    programs = "nspawn --directory|git-daemon|generator.lab.hub"
    running = ["pgrep", "--list-full", "--runstates", "D,R,S", "--full", programs]
    assert subprocess.run(running, capture_output=True, text=True).stdout == ""
    assert subprocess.run(["ip", "link", "show", "lab0"], capture_output=True).returncode != 0
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    assert "10.77.0" not in rules
    assert str(lab.folders.state) not in Path("/proc/mounts").read_text()
