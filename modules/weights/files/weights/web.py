"""Sources that a web server hands out: aria2 takes ranges of a file from all of them at once."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence

from weights import metalink
from weights.bundle import PIECE, File
from weights.errors import WeightsError

#: What a file is named until all of it is there; aria2 keeps beside it which parts of it are.
PART = ".part"

#: What is wrong with a source that is not asked again: what it serves is not what was locked.
WRONG_BYTES = "serves wrong bytes"

#: Few tries, since `fetch` asks again, after other sources and with growing pauses.
_COMMAND = (
    "aria2c --no-conf --check-integrity=true --continue=true --always-resume=false --allow-overwrite=true"
    " --auto-file-renaming=false --file-allocation=none --remote-time=false --auto-save-interval=5"
    f" --max-connection-per-server=8 --split=8 --min-split-size={PIECE} --max-concurrent-downloads=2"
    " --max-tries=3 --retry-wait=1 --enable-color=false --console-log-level=warn"
    " --summary-interval=0 --download-result=full"
).split()
_ABORTED = re.compile(
    r"Download aborted\. URI=(?P<uri>\S+)\n"
    r"Exception: \[\S+\] errorCode=\d+ (?P<said>.*)(?:\n  -> \[\S+\] errorCode=\d+ (?P<why>.*))?"
)
#: In the table that aria2 prints at its end: what is complete, and was held against its digest.
_COMPLETE = re.compile(rf"^\w+\|OK +\|.*\|(.*{re.escape(PART)})$", re.MULTILINE)
_NO_SPACE = 9


def download(bases: Sequence[str], files: Sequence[File], folder: str, patience: int) -> dict[str, str]:
    """Download ``files`` into ``folder`` from all of ``bases`` at once; go on where a killed one ended.

    A connection is given up after ``patience`` seconds without an answer, or without a byte. What has arrived
    and is right has its name then. Returns what was wrong with bases. Raises WeightsError where no source can
    help: the disk is full, or aria2 is missing.
    """
    targets = {f"{file.path}{PART}": file for file in files}
    limits = [f"--connect-timeout={patience}", f"--timeout={patience}"]
    with tempfile.NamedTemporaryFile("w", suffix=".meta4") as description:
        description.write(metalink.dump(targets, bases))
        description.flush()
        done = _run([*_COMMAND, *limits, f"--metalink-file={description.name}", f"--dir={folder}"])
    if done.returncode == _NO_SPACE or "No space left on device" in done.stdout:
        raise WeightsError(f"{folder}: No space left on device")
    for path in _COMPLETE.findall(done.stdout):
        os.replace(path, path[: -len(PART)])
    return _troubles(done.stdout, bases)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise WeightsError("aria2c is not installed (the package aria2 has it)") from None


def _troubles(output: str, bases: Sequence[str]) -> dict[str, str]:
    """Read what aria2 printed of each base: its last word, but that bytes were wrong is not forgotten."""
    found: dict[str, str] = {}
    for aborted in _ABORTED.finditer(output):
        said = re.sub(r"CUID#\d+ - ", "", aborted["why"] or aborted["said"]).strip()
        wrong = "Invalid checksum" in said
        for base in bases:
            if aborted["uri"].startswith(f"{base}/") and found.get(base) != WRONG_BYTES:
                found[base] = WRONG_BYTES if wrong else said
    return found
