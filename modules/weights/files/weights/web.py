"""Sources that a web server hands out: aria2 takes ranges of a file from all of them at once."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from weights import metalink, s3
from weights.bundle import PIECE, File
from weights.errors import WeightsError
from weights.files import sync
from weights.measure import missing
from weights.source import Source

#: What a file is named until all of it is there; aria2 keeps beside it which parts of it are.
PART = ".part"
_WHOLE = ".whole"

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
_COMPLETE = re.compile(r"^\w+\|OK +\|.*\|(.*)$", re.MULTILINE)
#: How aria2 says that a file without pieces is another than was wanted: nothing of it is to be gone on with.
_SPOILT = re.compile(r"Checksum error detected\. file=(.*)$", re.MULTILINE)
#: How aria2 says that a server sent another part than it was asked for, such as all of a file.
_NO_RANGES = "Invalid range header"
#: Such a server is asked for files as a whole, which go by a name of their own: parts cannot be gone on with.
_AS_ONE = ("--split=1", "--max-connection-per-server=1", "--min-split-size=1024M", "--continue=false")
_NO_SPACE = 9


def download(sources: Sequence[Source], files: Sequence[File], folder: str, patience: int) -> dict[str, str]:
    """Download ``files`` into ``folder`` from all of ``sources`` at once; go on where a killed one ended.

    A connection is given up after ``patience`` seconds without an answer, or without a byte. What has arrived
    and is right has its name then. Returns what was wrong with sources, by their bases. Raises WeightsError
    where no source can help: the disk is full, or aria2 is missing.
    """
    sources, unsigned = _sign(sources, files)
    if not sources:
        return unsigned
    troubles = {**unsigned, **_download(sources, files, folder, patience, PART, ())}
    for source in sources:
        if troubles.get(source.base, "").startswith(_NO_RANGES):
            del troubles[source.base]
            # without pieces, for each of which aria2 would ask
            left = [file._replace(pieces=()) for file in files if missing(folder, file)]
            if left:
                troubles.update(_download([source], left, folder, patience, _WHOLE, _AS_ONE))
    return troubles


def _download(
    sources: Sequence[Source],
    files: Sequence[File],
    folder: str,
    patience: int,
    suffix: str,
    options: Sequence[str],
) -> dict[str, str]:
    targets = {f"{file.path}{suffix}": file for file in files}
    limits = [f"--connect-timeout={patience}", f"--timeout={patience}"]
    # addresses that are signed stand in no file, and on no command line
    places = ["--metalink-file=-", f"--dir={folder}"]
    # whoever kills this program has not killed aria2
    together = f"--stop-with-process={os.getpid()}"
    done = _run([*_COMMAND, *limits, together, *options, *places], metalink.dump(targets, sources))
    if done.returncode == _NO_SPACE or "No space left on device" in done.stdout:
        raise WeightsError(f"{folder}: No space left on device")
    for path in _COMPLETE.findall(done.stdout):
        if path.endswith(suffix):
            sync(path)  # a power cut must not leave the name without the bytes
            os.replace(path, path[: -len(suffix)])
    asked = {source.at(file.path): (source, file.path) for source in sources for file in files}
    # of others aria2 says so of pieces that have not come yet
    whole = [f"{folder}/{file.path}{suffix}" for file in files if not file.pieces]
    spoilt = [path for path in _SPOILT.findall(done.stdout) if path in whole]
    return {**_troubles(done.stdout, asked), **_take_away(spoilt, sources, folder, suffix)}


def _take_away(spoilt: Sequence[str], sources: Sequence[Source], folder: str, suffix: str) -> dict[str, str]:
    """Take away what is wrong as a whole, and say whose it is, where only one source was asked."""
    for left in (one for path in spoilt for one in (path, f"{path}.aria2")):
        if os.path.exists(left):
            os.unlink(left)
    if not spoilt or len(sources) > 1:
        return {}
    return {sources[0].base: f"{WRONG_BYTES} of {os.path.relpath(spoilt[0], folder)[: -len(suffix)]}"}


def _sign(sources: Sequence[Source], files: Sequence[File]) -> tuple[list[Source], dict[str, str]]:
    """Have the addresses of buckets signed, and say of which that cannot be."""
    signed, troubles = [], {}
    for source in sources:
        try:
            signed.append(s3.sign(source, [file.path for file in files]))
        except WeightsError as error:
            troubles[source.base] = str(error)
    return signed, troubles


def _run(command: list[str], given: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise WeightsError("aria2c is not installed (the package aria2 has it)") from None


def _is_wrong(said: str | None) -> bool:
    return said is not None and said.startswith(WRONG_BYTES)


def _troubles(output: str, asked: Mapping[str, tuple[Source, str]]) -> dict[str, str]:
    """Read what aria2 printed of each source: its last word, but that bytes were wrong is not forgotten.

    ``asked`` has the source and the path of each address. No address is told: it may be signed.
    """
    found: dict[str, str] = {}
    for aborted in _ABORTED.finditer(output):
        said = re.sub(r"CUID#\d+ - ", "", aborted["why"] or aborted["said"]).strip()
        wrong = "Invalid checksum" in said
        source, path = asked.get(aborted["uri"], (None, ""))
        if source and not _is_wrong(found.get(source.base)):
            found[source.base] = f"{WRONG_BYTES} of {path}" if wrong else s3.explain(source, said)
    return found
