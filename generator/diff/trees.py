"""The two trees that are compared, each laid out as a Puppet server has it, in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generator.diff.placeholders import without_secrets
from generator.errors import CommandFailed, FleetError
from generator.git import git

#: Where compile.rb looks for the environment, below the folder that stands for /.
ENVIRONMENT = Path("etc/puppet/code/environments/production")
#: What r10k makes of the Puppetfile; git ignores it.
VENDORED = "vendor_modules"
#: What Puppet reads of an environment, beside that.
_READ = ("environment.conf", "hiera.yaml", "hieradata", "manifests", "modules")
#: Where a change is merged to: what a clone checks out, or what is deployed by name.
BASES = ("origin/HEAD", "origin/production", "origin/main")


@dataclass(frozen=True)
class Base:
    """What the working tree is compared with: as it was asked for, and the commit that it is."""

    revision: str
    commit: str

    def __str__(self) -> str:
        """Name the revision, and its commit where that says more."""
        short = self.commit[:7]
        return short if self.commit.startswith(self.revision) else f"{self.revision} ({short})"


def resolve(root: Path, revision: str) -> str:
    """Return the full name of the commit that ``revision`` is in the repository at ``root``.

    Raises:
        FleetError: there is no such commit.
        CommandFailed: ``root`` is in no git repository, with git's words.
    """
    git(root, "rev-parse", "--git-dir")
    try:
        return git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        ).strip()
    except CommandFailed:
        raise FleetError(f"{revision} is no commit here (git fetch, or name another: --base main)") from None


def default_base(root: Path) -> str:
    """Name the branch that the working tree at ``root`` is compared with where nobody says: one of BASES.

    Raises:
        FleetError: there is none of them.
        CommandFailed: ``root`` is in no git repository, with git's words.
    """
    refs = [f"refs/remotes/{branch}" for branch in BASES]
    listing = git(root, "for-each-ref", "--format=%(refname:lstrip=2) %(symref:lstrip=2)", *refs)
    there = dict(line.split(" ") for line in listing.splitlines())
    for branch in BASES:
        if branch in there:
            return there[branch] or branch
    raise FleetError(f"there is no {' and no '.join(BASES)} here (git fetch, or name another: --base HEAD)")


def lay_out(folder: Path, root: Path, fill: Callable[[Path], None]) -> None:
    """Make ``folder`` stand for the / of a Puppet server; ``fill`` writes its environment.

    The modules of others are those of ``root``, and no secret is left.
    """
    environment = folder / ENVIRONMENT
    environment.mkdir(parents=True)
    fill(environment)
    without_secrets(environment)
    vendored, link = root / VENDORED, environment / VENDORED
    if not vendored.is_dir() and (root / "Puppetfile").is_file():
        raise FleetError(f"{VENDORED}/ is missing, the Puppetfile's modules (make setup fetches them)")
    if vendored.is_dir() and not link.exists():
        link.symlink_to(vendored.resolve())


def lay_out_environment(folder: Path, environment: Path) -> None:
    """Make ``folder`` stand for the / of a Puppet server with what Puppet reads of ``environment``.

    No secret is left. Unlike a desk's clone, a server's tree may have its modules of others from packages.
    """
    to = folder / ENVIRONMENT
    to.mkdir(parents=True)
    for name in _READ:
        source = environment / name
        if source.is_dir():
            shutil.copytree(source, to / name, symlinks=True)
        elif source.is_file():
            shutil.copy2(source, to / name)
    without_secrets(to)
    if (vendored := environment / VENDORED).is_dir():
        (to / VENDORED).symlink_to(vendored.resolve())


def export(root: Path, commit: str, to: Path) -> None:
    """Write the tree of ``commit`` into the folder ``to``."""
    archive = to.parent / "archive.tar"
    with archive.open("wb") as stream:
        git(root, "archive", "--format=tar", commit, stdout=stream.fileno())
    done = subprocess.run(["tar", "-xf", archive], cwd=to, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        raise CommandFailed(f"tar of {commit} in {to}: {done.stderr.decode(errors='replace').strip()}")
    archive.unlink()


def working_tree(root: Path, to: Path) -> None:
    """Copy what is committed in ``root``, or would be, as it is now, into the folder ``to``."""
    listing = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listing.split("\0")):
        source, target = root / name, to / name
        if source.is_file() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def modules_differ(before: Path, after: Path) -> bool:
    """Say whether the two trees want other modules than each other."""
    wanted = [folder / ENVIRONMENT / "Puppetfile" for folder in (before, after)]
    first, second = (path.read_bytes() if path.is_file() else b"" for path in wanted)
    return first != second
