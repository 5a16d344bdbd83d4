"""Git in the repository that an operator works in; for others there is :mod:`generator.git_source`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from generator.errors import CommandFailed


def git(root: Path, *words: str, stdin: str = "", stdout: int = subprocess.PIPE) -> str:
    """Run git in ``root`` without a shell, and return what it prints, or nothing where ``stdout`` takes that.

    It reads ``stdin``. A path is never a pattern. What is no UTF-8 in its output is as in the name of a file
    (surrogates).

    Raises:
        CommandFailed: git failed, with its words, or is not there.
    """
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", *words],
            cwd=root,
            input=os.fsencode(stdin),
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        raise CommandFailed("git is not installed (make setup installs it)") from None
    printed = done.stdout or b""
    if done.returncode:
        said = (done.stderr + printed).decode(errors="replace").strip()[-2000:]
        raise CommandFailed(f"git {words[0]} in {root}: {said or 'failed without a word'}")
    return printed.decode(errors="surrogateescape")
