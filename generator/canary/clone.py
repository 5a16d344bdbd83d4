"""The driver's own clone of the control repository: always what the remote has, or thrown away."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.git_reason import reason, without_credentials

#: Nobody is asked for anything, and no configuration but the driver's counts.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
}


class Busy(Exception):
    """Another driver is at work."""


class Refused(FleetError):
    """The remote did not take a commit, which is gone from the clone, too."""

    exit_code = 1


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the driver's folder; the kernel drops it with the process.

    Raises:
        Busy: another driver has it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield
    finally:
        os.close(descriptor)


class Clone:
    """A clone of ``branch`` of ``remote`` in the folder ``root``, which nobody else writes."""

    def __init__(self, root: Path, remote: str, branch: str, timeout: float) -> None:
        """Name it; nothing is fetched before :meth:`refresh`."""
        self.root = root
        self._remote = remote
        self._branch = branch
        self._timeout = timeout

    def refresh(self) -> str:
        """Make the working tree what the remote's branch has, whatever it was; return its commit.

        What a driver that was killed left half-done, a lock of git's or a commit that was not pushed, is gone
        afterwards. A clone that git does not understand any more is made anew.

        Raises:
            FleetError: the remote cannot be read, or has no such branch.
        """
        try:
            self._drop_locks()
            self._fetch()
            return self._reset()
        except FleetError:
            if not self.root.exists() or not self._answers():
                raise
            shutil.rmtree(self.root)
        self._fetch()
        return self._reset()

    def _answers(self) -> bool:
        """Whether the remote has the branch: then what fails is the clone's fault."""
        ref = f"refs/heads/{self._branch}"
        try:
            return bool(self._git("ls-remote", "--quiet", "--", self._remote, ref, cwd=self.root.parent))
        except CommandFailed:
            return False

    def push(self) -> None:
        """Have the remote take the commits that the clone has more, and never by force.

        Raises:
            Refused: it does not, and they are thrown away.
            FleetError: it does not answer; they are thrown away by the next :meth:`refresh`.
        """
        words = ("push", "--quiet", "--no-verify", "--porcelain", "origin", f"HEAD:refs/heads/{self._branch}")
        try:
            self._git(*words)
        except CommandFailed as error:
            self._reset()
            raise Refused(f"the commit was not taken, and is thrown away: {error}") from None

    def descendants(self, commit: str) -> frozenset[str]:
        """Return a commit and those of the branch that come after it."""
        after = self._git("rev-list", "--ancestry-path", f"{commit}..HEAD", "--").split()
        return frozenset((commit, *after))

    def _fetch(self) -> None:
        if not (self.root / ".git").exists():
            # beside and renamed: a clone is whole, or none
            with tempfile.TemporaryDirectory(prefix=".clone-", dir=self.root.parent) as folder:
                made = Path(folder) / "control"
                self._git("init", "--quiet", "--template=", str(made), cwd=Path(folder))
                made.chmod(0o700)  # the remote's address may hold a token
                shutil.rmtree(self.root, ignore_errors=True)
                made.rename(self.root)
        self._git("config", "remote.origin.url", self._remote)
        # of the clone alone: a remote that is a folder has hooks that have to run
        self._git("config", "core.hooksPath", "/dev/null")
        refs = f"+refs/heads/{self._branch}:refs/remotes/origin/{self._branch}"
        self._git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "origin", refs)

    def _reset(self) -> str:
        self._git("checkout", "--quiet", "--force", "-B", "driver", f"refs/remotes/origin/{self._branch}")
        self._git("clean", "--quiet", "-ffdx")
        return self._git("rev-parse", "HEAD").strip()

    def _drop_locks(self) -> None:
        """Remove git's locks: whoever had one was killed, or the driver's own would not be to be had."""
        for path in (self.root / ".git").rglob("*.lock"):
            path.unlink(missing_ok=True)

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        """Return what git prints; it ends in time, with all that it started."""
        # files, not pipes: a child that lives on holds nothing up
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                ["git", "--literal-pathspecs", *words],
                cwd=cwd or self.root,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                start_new_session=True,
            )
            try:
                status = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                late = f"git {words[0]} does not end within {self._timeout:g} s"
                raise CommandFailed(f"{without_credentials(self._remote)}: {late}") from None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            printed.seek(0)
            said.seek(0)
            out = printed.read().decode(errors="replace")
            if status:
                told = said.read().decode(errors="replace")
                raise CommandFailed(
                    f"{without_credentials(self._remote)}: git {words[0]}: {_why(words[0], out, told)}"
                )
            return out


def _why(word: str, printed: str, said: str) -> str:
    """Say in a line why git failed; of a push, what became of the branch, and what the remote's hook says."""
    refused = next((line for line in printed.splitlines() if line.startswith("!")), None)
    if word != "push" or refused is None:
        return reason(said)
    hook = [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:")]
    told = f" ({hook[0]})" if hook and hook[0] else ""
    return without_credentials(" ".join(refused.split()[2:])) + told


def prepare(
    state: Path,
    remote: str,
    author: tuple[str, str],
    ssh_key: Path | None,
    known_hosts: Path | None,
) -> dict[str, str]:
    """Write git's configuration of the driver into its folder; return the environment that git has to have.

    A remote that is a folder belongs to another account, which git only accepts where it is told to; and what
    it starts to read there knows no option of the command line, so it has to stand in a file.
    """
    name, mail = (part.replace("\\", "").replace('"', "") for part in author)
    text = (
        f'[user]\n\tname = "{name}"\n\temail = "{mail}"\n'
        "[gc]\n\tautoDetach = false\n[maintenance]\n\tautoDetach = false\n"
        '[credential]\n\thelper = ""\n[protocol "ext"]\n\tallow = never\n[advice]\n\tdetachedHead = false\n'
    )
    if remote.startswith("/"):
        paths = (remote, f"{remote.rstrip('/')}/.git")
        text += "[safe]\n" + "".join('\tdirectory = "{}"\n'.format(path.replace('"', "")) for path in paths)
    config = state / "gitconfig"
    beside = state / ".gitconfig.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(config)
    ssh = ["ssh", "-oBatchMode=yes", "-oLogLevel=ERROR", "-oConnectTimeout=15"]
    if ssh_key is not None:
        ssh += ["-oIdentitiesOnly=yes", f"-oIdentityFile={ssh_key}"]
    if known_hosts is not None:
        ssh += [f"-oUserKnownHostsFile={known_hosts}", "-oStrictHostKeyChecking=yes"]
    return {
        **_ENVIRONMENT,
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_SSH_COMMAND": shlex.join(ssh),
        "HOME": str(state),
    }
