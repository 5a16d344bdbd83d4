"""From the bytes of a file to text that every editor and every reader of YAML counts alike."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from generator.errors import InputError

MAX_BYTES = 2**20

#: What YAML does not take unescaped, and line breaks that no editor counts as such.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BARE_RETURN = re.compile("\r(?!\n)")

Place = tuple[int, int]


def read_bytes(path: Path) -> bytes:
    """Return what is in the file ``path``, be it behind a link: never a device, a pipe, or too much.

    Raises:
        InputError: it is no regular file, is over MAX_BYTES, or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(path, 1, 1, "this is no regular file (a file with YAML in it was expected)")
        with path.open("rb") as file:
            # never all of MAX_BYTES at once: to get that much memory takes longer than to read a usual file
            raw = file.read(min(status.st_size, MAX_BYTES) + 1)
            while len(raw) <= MAX_BYTES and (more := file.read(MAX_BYTES)):
                raw += more
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(path, 1, 1, f"cannot read this: {reason} (check name and mode)") from None
    if len(raw) > MAX_BYTES:
        raise InputError(path, 1, 1, f"bigger than {MAX_BYTES >> 20} MiB (split it: too long to be read)")
    return raw


def read_text(path: Path) -> str:
    """Return the text of ``path``, without a byte order mark.

    Raises:
        InputError: as for :func:`read_bytes`, or the place of what is no text in UTF-8.
    """
    raw = read_bytes(path)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(path, 1, 1, "this file is UTF-16 (save it as UTF-8)")
    if raw.startswith(b"\xef\xbb\xbf---"):
        message = "a byte order mark before '---', which Puppet takes for text (save the file without one)"
        raise InputError(path, 1, 1, message)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # the codec counts from after the byte order mark
        good = error.object[: error.start].decode("utf-8")
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8 (save the file as UTF-8)"
        raise InputError(path, *place(good, len(good)), message) from None
    for found, cure in ((_UNPRINTABLE, "remove it, or write it as an escape in double quotes"),
                        (_BARE_RETURN, "end lines with a line feed")):  # fmt: skip
        if bad := found.search(text):
            message = f"the character U+{ord(bad[0]):04X} does not belong in a text file ({cure})"
            raise InputError(path, *place(text, bad.start()), message)
    return text


def place(text: str, offset: int) -> Place:
    """Return line and column, from 1, of ``offset`` in ``text``."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
