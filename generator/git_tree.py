"""The files of a repository elsewhere, at one commit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from generator.errors import CommandFailed, FleetError

#: Bytes of a file that is read: a lock of a thousand packages has 5 MB.
MAX_FILE = 32 * 2**20
#: Bytes of the names of a commit's files: a hundred thousand have 10 MB.
MAX_NAMES = 32 * 2**20


class Source(Protocol):
    """Where the commit was fetched: ``url``, without a password, is for messages."""

    url: str

    def git(self, *arguments: str) -> bytes:
        """Return what git prints. Raises CommandFailed."""


class Tree:
    """The files of a repository elsewhere at one ``commit``, that of ``tag``; each comes when it is read."""

    def __init__(self, source: Source, tag: str, commit: str) -> None:
        """Call :meth:`generator.git_source.GitSource.tree` instead."""
        self.tag = tag
        self.commit = commit
        self._source = source

    def names(self) -> dict[bytes, str]:
        """Return every file's path, as git has it, with its mode: 100644, 100755, 120000 (link), 160000.

        Raises FleetError where the names have more than ``MAX_NAMES`` bytes.
        """
        listed = self._source.git("ls-tree", "-r", "-z", "--full-tree", self.commit)
        if len(listed) > MAX_NAMES:
            raise FleetError(
                f"{self._source.url}: too many files at {self.tag} (is it the right repository?)"
            )
        entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
        return {path: what.split()[0].decode() for what, _, path in entries}

    def bring(self, paths: Iterable[str]) -> None:
        """Fetch the files at ``paths`` at once, where the host can; :meth:`read` does so one by one."""
        git = self._source.git
        listed = git("ls-tree", "-r", "-z", "--full-tree", self.commit, "--", *paths).split(b"\0")
        ids = [entry.split(None, 3)[2].decode() for entry in listed if entry]
        wanted = ("--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--", "source")
        with suppress(CommandFailed):
            git("fetch", "--quiet", "--no-tags", *wanted, *ids)

    def read(self, path: str) -> bytes | None:
        """Return the content of the file at ``path``; None where there is nothing.

        Raises FleetError where it is no plain file (a link, say), or bigger than ``MAX_FILE``.
        """
        git = self._source.git
        entry = git("ls-tree", "-z", "--full-tree", self.commit, "--", path).decode(errors="replace")
        if not entry:
            return None
        mode, _, object_id = entry.partition("\t")[0].split()
        if mode not in ("100644", "100755"):
            raise FleetError(f"{self._source.url}: {path} is no plain file at {self.tag}")
        if int(git("cat-file", "-s", object_id)) > MAX_FILE:
            raise FleetError(f"{self._source.url}: {path} has more than {MAX_FILE} bytes at {self.tag}")
        return git("cat-file", "blob", object_id)
