"""Reading a git repository that lies elsewhere: its tags, and single files at one commit, without a clone.

Names from a command line and answers from a host cross here, so git gets no shell, no name where it takes
options, nobody to ask for a password, and only so much time. It knows the repository as the remote ``source``
of a bare repository in a temporary folder, which is gone afterwards.
"""

from __future__ import annotations

import difflib
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.git_reason import plain, reason, without_credentials
from generator.git_tree import Tree as Tree

#: Seconds that all of the reading may take.
LIMIT = 30.0
#: Bytes that may come of a repository: one commit without its files has a few MB, but a host may send more.
MAX_FETCHED = 2**30
#: Seconds between two looks at how much has come.
_LOOK = 0.2

_CONFIG = (
    "credential.helper=",
    "core.hooksPath=/dev/null",
    # an address that runs a command; what else may be reached is for the operator's git to say
    "protocol.ext.allow=never",
    # a collection in the background would write into a folder that is being removed
    "gc.auto=0",
    "maintenance.auto=false",
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
#: What of an operator's GIT_* reaches git: how to connect. GIT_DIR and the like, which hooks see, must not.
_KEPT = (
    "GIT_ALLOW_PROTOCOL",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_PROXY",
    "GIT_SSH",
    "GIT_SSL_",
)

#: Without a terminal to ask on OpenSSH would try empty passwords, for which some hosts lock out; and a
#: greeting is no reason for a failure.
_SSH_OPTIONS = "-oBatchMode=yes -oLogLevel=ERROR"


@dataclass(frozen=True)
class Refs:
    """What a repository names: ``tags`` with the object of each, annotated tags peeled, and ``branches``."""

    tags: dict[str, str]
    branches: frozenset[str]


class GitSource:
    """The repository at ``url``; :func:`open_source` opens one."""

    def __init__(self, url: str, folder: Path, limit: float) -> None:
        """Make the bare repository ``folder`` to read through, for ``limit`` seconds from now."""
        self.url = without_credentials(url)
        self._remote = f"remote.source.url={url}"
        self._folder = folder
        self._limit = limit
        self._deadline = time.monotonic() + limit
        self._environment = _environment()
        self.git("init", "--bare", "--quiet", "--template=", str(folder))
        configured = self.git("config", "--default", "", "--get", "core.sshCommand").decode().strip()
        self._environment |= _quiet_ssh(configured)

    @cached_property
    def refs(self) -> Refs:
        """The tags and branches, asked for once."""
        listed = self.git("ls-remote", "--quiet", "--tags", "--heads", "--", "source")
        tags: dict[str, str] = {}
        branches = set()
        for line in listed.decode(errors="replace").splitlines():
            object_id, _, name = line.partition("\t")
            if name.startswith("refs/tags/"):
                # NAME^{} comes after NAME, and is what the annotated tag NAME was put on
                tags[name.removeprefix("refs/tags/").removesuffix("^{}")] = object_id
            elif name.startswith("refs/heads/"):
                branches.add(name.removeprefix("refs/heads/"))
        return Refs(tags, frozenset(branches))

    def resolve(self, tag: str) -> str:
        """Return the full commit that ``tag`` names.

        Raises FleetError where there is no such tag, with the names that are near.
        """
        if tag in self.refs.tags:
            return self.refs.tags[tag]
        if tag in self.refs.branches:
            raise FleetError(
                f"{tag} is a branch of {self.url}, and a branch is never a revision (tag a commit)"
            )
        near = [plain(name) for name in difflib.get_close_matches(tag, self.refs.tags, n=3)]
        some = f"near: {', '.join(near)}" if near else f"it has {len(self.refs.tags)}, none of them near"
        raise FleetError(f"{tag} is no tag of {self.url} ({some})")

    def tree(self, tag: str) -> Tree:
        """Fetch the commit that ``tag`` names, where the host can do so without its history and its files.

        Raises FleetError where there is no such tag, or it is on no commit.
        """
        return self._fetched(tag, f"refs/tags/{tag}", self.resolve(tag))

    def head(self) -> Tree:
        """Fetch the commit that the default branch is on, as :meth:`tree` does that of a tag.

        Raises FleetError where there is none.
        """
        listed = self.git("ls-remote", "--quiet", "--", "source", "HEAD").decode(errors="replace")
        if not listed.strip():
            raise FleetError(f"{self.url} has no commit yet (is it the right repository?)")
        return self._fetched("HEAD", "HEAD", listed.split()[0])

    def _fetched(self, name: str, ref: str, commit: str) -> Tree:
        fetch, what = ("fetch", "--quiet", "--no-tags"), ("--", "source", ref)
        try:
            self.git(*fetch, "--depth=1", "--filter=blob:none", *what)
        except CommandFailed as error:
            # a plain web server, and some servers that are not git's, give all of a history or nothing
            if "shallow" not in str(error):
                raise
            # which says by now that what is missing is fetched when it is read
            self.git("config", "--remove-section", "remote.source")
            self.git(*fetch, *what)
        self._weigh()
        if self.git("cat-file", "-t", commit).strip() != b"commit":
            raise FleetError(f"the tag {name} of {self.url} is on no commit")
        return Tree(self, name, commit)

    def git(self, *arguments: str) -> bytes:
        """Return what git prints, run on the bare repository, which has this one as its remote ``source``.

        Raises CommandFailed where it fails, or is not done in time: then it ends, with all that it started.
        """
        options = [word for value in (*_CONFIG, self._remote) for word in ("-c", value)]
        # files, not pipes: a child of git that lives on (an ssh that keeps its connection) holds nothing up
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    ["git", f"--git-dir={self._folder}", *options, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=said,
                    cwd=self._folder,
                    env=self._environment,
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise FleetError("git is not on this machine (install it)") from None
            try:
                status = self._wait(process)
            finally:
                if process.poll() is None:
                    _kill(process)
            printed.seek(0)
            said.seek(0)
            if status:
                raise CommandFailed(f"{self.url}: {reason(said.read().decode(errors='replace'))}")
            return printed.read()

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """Return the exit code of ``process``, once it is done. Raises CommandFailed where it is too much."""
        while (left := self._deadline - time.monotonic()) > 0:
            try:
                return process.wait(min(_LOOK, left))
            except subprocess.TimeoutExpired:
                self._weigh()
        late = f"no answer within {self._limit:g} s (does the network reach it?)"
        raise CommandFailed(f"{self.url}: {late}")

    def _weigh(self) -> None:
        """Raise CommandFailed where more has come than a commit has."""
        if sum(_sizes(self._folder)) > MAX_FETCHED:
            much = f"more than {MAX_FETCHED // 2**20} MiB came, and one commit was asked for"
            cure = "its host gives all of a history or nothing: ask a mirror of it, or a clone of that commit"
            raise CommandFailed(f"{self.url}: {much} ({cure})")


@contextmanager
def open_source(url: str, limit: float = LIMIT) -> Iterator[GitSource]:
    """Open the repository at ``url`` for reading, which may take ``limit`` seconds in all."""
    with tempfile.TemporaryDirectory(prefix="fleet-git-", ignore_cleanup_errors=True) as folder:
        yield GitSource(url, Path(folder), limit)


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the sizes of the files below ``folder``, of which git takes some away meanwhile."""
    for path in folder.rglob("*"):
        with suppress(OSError):
            yield path.lstat().st_size


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill ``process`` with its whole session, and see all of it gone, which works in a folder to be removed.

    What its parent does not wait for is init's to collect, and some never do: hence one second at most.
    """
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    return kept | _ENVIRONMENT


def _quiet_ssh(configured: str) -> dict[str, str]:
    """Make the ssh command that git would take (``configured``: by core.sshCommand) ask nobody.

    One of another maker stays as it is: it has no terminal to ask on, and knows none of OpenSSH's options.
    """
    command = os.environ.get("GIT_SSH_COMMAND") or configured or shlex.quote(os.environ.get("GIT_SSH", "ssh"))
    try:
        program = Path(shlex.split(command)[0]).name
    except (ValueError, IndexError):
        return {}
    return {"GIT_SSH_COMMAND": f"{command} {_SSH_OPTIONS}"} if program == "ssh" else {}
