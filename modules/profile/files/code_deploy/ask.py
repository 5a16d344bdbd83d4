"""Has new code checked behind a socket: nothing of it runs where a deploy's key and environments are."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tarfile
from pathlib import Path
from typing import IO

from code_deploy.errors import DeployError
from code_deploy.judge import COMPILED, MADE
from code_deploy.nodes import sample
from code_deploy.settings import Settings

#: Seconds for the next word of the check; bytes of a line of its, and of all that it has made.
LIMIT, LINE, SIZE = 1800, 65536, 1 << 29
#: What reading an answer may end in, which code that nobody has looked at may have written.
_NONSENSE = (ValueError, LookupError, TypeError, EOFError, OverflowError, RecursionError)


def check(settings: Settings, tree: Path, live: Path | None) -> None:
    """Have what is in ``tree`` checked, show the steps, and complete it with what the checks made.

    ``live`` is the version that serves, if any.

    Raises:
        DeployError: the first complaint; it names the file, or the node. Or nobody checks.
    """
    asked = {
        "tree": str(tree),
        "live": str(live) if live else None,
        "most": settings.nodes,
        "nodes": sample(settings),
    }
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(LIMIT)
            connection.connect(str(settings.checker))
            connection.sendall(json.dumps(asked).encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                if error := _verdict(answer):
                    raise DeployError(error)
                _take(answer, tree)
    except (OSError, tarfile.TarError, *_NONSENSE) as failure:
        why = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
        raise DeployError(
            f"{settings.checker}: {why} "
            "(systemctl status code-check.socket; journalctl --unit='code-check@*')"
        ) from None


def _verdict(answer: IO[bytes]) -> str | None:
    """Show the steps up to the verdict; return that: a complaint, or None.

    What runs behind the socket may say anything, so it is held to its form.
    """
    while line := answer.readline(LINE):
        text = line.decode(errors="replace").rstrip("\n")
        if text.startswith("{"):
            error = json.loads(text)["error"] if "error" in text else ""
            return None if error is None else str(error)[:LINE] or "the check gave no reason"
        print("".join(letter if letter.isprintable() else "?" for letter in text), flush=True)
    raise ValueError("the check ended without a verdict")


def _take(answer: IO[bytes], tree: Path) -> None:
    """Put what the checks made into the tree: plain files of the folders that are theirs, and no others."""
    for name in MADE:
        shutil.rmtree(tree / name, ignore_errors=True)
    size = 0
    with tarfile.open(fileobj=answer, mode="r|") as tar:
        for member in tar:
            parts = Path(member.name).parts
            theirs = parts and (parts[0] in MADE or COMPILED in parts)
            size += member.size
            if not theirs or not (member.isreg() or member.isdir()) or size > SIZE:
                raise ValueError(f"the check made what no check makes: {member.name!r}")
            _extract(tar, member, tree)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, tree: Path) -> None:
    place = tree / member.name
    # a link of the new code's own could lead anywhere
    if ".." in place.parts or not os.path.realpath(place).startswith(f"{os.path.realpath(tree)}/"):
        raise ValueError(f"the check made what is not in the tree: {member.name!r}")
    tar.extract(member, tree, filter="data")
