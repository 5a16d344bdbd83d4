"""Git repositories of stand-ins beside the first, as the lab's machine serves them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path


def make(folder: Path, tree: Path, more: Mapping[str, bytes], releases: int = 2) -> list[str]:
    """Make the repository ``folder`` of ``tree`` and ``more`` files, anew where a lab that stayed up has it already.

    Its commits, one for each release, differ in the file VERSION alone.
    """
    work = folder.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    folder.unlink(missing_ok=True)
    shutil.copytree(tree, work, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in more.items():
        (work / name).write_bytes(content)
    git = ["git", "-C", str(work), "-c", "user.name=lab", "-c", "user.email=lab@lab.test"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    commits = []
    for number in range(1, releases + 1):
        (work / "VERSION").write_text(str(number))
        for command in (["add", "--force", "."], ["commit", "--quiet", "--message", f"Release {number}"]):
            subprocess.run([*git, *command], check=True)
        told = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        commits.append(told.stdout.strip())
    folder.symlink_to(work / ".git")
    return commits
