"""What the lab's machines get from outside: the control repository, the stand-in and its weights."""

from __future__ import annotations

import sys
from pathlib import Path

from generator import REPOSITORY
from generator.lab import control, network
from generator.lab.folders import Folders
from generator.lab.processes import Processes
from generator.progress import step


def serve(folders: Folders, processes: Processes) -> None:
    """Make them, and have this machine serve them on the lab's network."""
    with step("make the stand-in and the lab's control repository"):
        control.prepare(folders)
    git = folders.control.parent
    link = git / "control.git"
    if not link.is_symlink():
        link.symlink_to("control/.git")
    log = folders.state / "log"
    if not processes.find("git"):
        options = ["--reuseaddr", "--export-all", f"--listen={network.HOST}", f"--base-path={git}"]
        processes.start("git", ["git", "daemon", *options, git], log / "git")
    if not processes.find("hub"):
        hub: list[str | Path] = [sys.executable, "-m", "generator.lab.hub", "--root", folders.state / "hub"]
        processes.start("hub", [*hub, "--listen", f"{network.HOST}:8000"], log / "hub", REPOSITORY)
