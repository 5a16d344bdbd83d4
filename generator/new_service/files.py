"""The files of a commit as ``fleet new`` looks at them: plain ones, with plain names, of a bounded size."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from typing import Protocol

from generator.errors import CommandFailed, FleetError

#: Bytes of a text that is looked at: a README or a program of a million letters is none that people wrote.
MAX_TEXT = 2**20
#: How many files are looked at in all, and how many bytes: Python reads a MB in seconds.
MAX_FILES, MAX_BYTES = 400, 16 * 2**20
_PLAIN = re.compile(r"(?!.*//)(?!/)(?:(?!-|\.\.?(?:/|$))[\w.][\w.+@-]*(?:/|$))+(?<!/)", re.ASCII)
_FILE, _LINK, _SUBMODULE = ("100644", "100755"), "120000", "160000"


class Commit(Protocol):
    """What :class:`generator.git_tree.Tree` gives of a commit."""

    tag: str
    commit: str

    def names(self) -> dict[bytes, str]:
        """Every path with its mode."""

    def bring(self, paths: Iterable[str]) -> None:
        """Have the files at ``paths`` at hand."""

    def read(self, path: str) -> bytes | None:
        """The content of a file."""


class Broken(FleetError):
    """A file of Python that does not parse."""


class Files:
    """The plain files of ``commit``: their ``paths``, ``links``, ``submodules``.

    ``hostile`` are names that a terminal, a shell or a path would obey, as one line of text each; ``unread``
    says of which files more than nothing was wanted, and why it was not read.
    """

    def __init__(self, commit: Commit) -> None:
        """List the names of ``commit``. Raises FleetError where there are too many."""
        self.commit = commit
        self.tag = commit.tag
        self.paths: set[str] = set()
        self.links: set[str] = set()
        self.submodules: set[str] = set()
        self.hostile: list[str] = []
        self.unread: dict[str, str] = {}
        self._texts: dict[str, bytes | None] = {}
        self._bytes = 0
        for raw, mode in commit.names().items():
            path = raw.decode(errors="replace")
            if _obeyed(raw, path):
                self.hostile.append(ascii(path)[1:-1][:60])
            elif _PLAIN.fullmatch(path):
                kinds = {_LINK: self.links, _SUBMODULE: self.submodules, **dict.fromkeys(_FILE, self.paths)}
                kinds.get(mode, set()).add(path)

    def bring(self, paths: Iterable[str]) -> None:
        """Have those of ``paths`` that are there at hand: one question to the host, and not one for each."""
        wanted = [path for path in paths if path in self.paths and path not in self._texts]
        if wanted:
            self.commit.bring(wanted[:MAX_FILES])

    def read(self, path: str, most: int = MAX_TEXT) -> bytes | None:
        """Return the content of ``path``; None where there is no plain file of at most ``most`` bytes."""
        if path in self.links:
            self.unread[path] = "is a link, and none is followed"
        if path not in self.paths:
            return None
        if path not in self._texts:
            if len(self._texts) >= MAX_FILES:
                self.unread[path] = f"is one of more than {MAX_FILES} files"
                return None
            try:
                self._texts[path] = self.commit.read(path)
            except CommandFailed:
                raise
            except FleetError:  # too big for whoever asks
                self._texts[path] = None
        content = self._texts[path]
        if content is None or len(content) > most:
            self.unread[path] = f"has more than {most // 2**20} MiB"
            return None
        self._bytes += len(content)
        if self._bytes > MAX_BYTES:
            self.unread[path] = f"is beyond {MAX_BYTES // 2**20} MiB in all"
            return None
        return content

    def text(self, path: str) -> str:
        """Return the content of ``path`` as text, whatever bytes it has; nothing where it is not read."""
        return (self.read(path) or b"").decode(errors="replace")

    def python(self, path: str) -> ast.Module | None:
        """Return the syntax tree of ``path``, which is not run; None where it is not read.

        Raises Broken where it does not parse.
        """
        source = self.read(path)
        if source is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Python thinks of the other program's escapes
                return ast.parse(source)
        except SyntaxError as error:
            raise Broken(f"{path}:{error.lineno or 1}: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise Broken(f"{path}:1: {str(error) or 'nested too deep'}") from None


def _obeyed(raw: bytes, path: str) -> bool:
    """Whether a name does something where it is printed, or stands in a command or a path."""
    steps = path.split("/")
    return (
        path.encode() != raw
        or not path.isprintable()
        or any(step in ("", ".", "..") or step.startswith("-") for step in steps)
    )
