"""The lab's clone of the control repository: this working tree, with the lab's own data laid over it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from generator import REPOSITORY
from generator.errors import CommandFailed, FleetError
from generator.file_list import LISTS
from generator.lab import standin
from generator.lab.folders import Folders
from generator.lab.standin_weights import make_weights
from generator.yaml_edit import write_beside

BRANCH = "production"
SERVICE = "indextts2"
OVERLAY = Path("tests/lab/hieradata")


def prepare(folders: Folders) -> str:
    """Make the stand-in, its weights, and the clone as this working tree says; return the clone's commit.

    The same files make the same commits: a lab whose stand-in did not change installs nothing anew.
    """
    folders.control.parent.mkdir(parents=True, exist_ok=True)
    repository = folders.control.parent / "standin.git"
    pins = standin.make_repository(repository, uv_program(), folders.cache / "standin")
    bundles = make_weights(folders.state / "hub")
    (folders.state / LISTS.name).mkdir(exist_ok=True)
    for bundle in bundles.values():
        write_beside(folders.state / LISTS.name / f"{bundle.digest}.json", bundle.listing)
    write_beside(folders.state / "catalogue.yaml", standin.catalogue(SERVICE, pins, bundles))
    return sync(folders)


def uv_program() -> Path:
    """Find uv: the one beside this Python, or the machine's."""
    beside = Path(sys.executable).with_name("uv")
    found = beside if beside.exists() else shutil.which("uv")
    if found is None:
        raise FleetError("uv is not installed: run `make setup`")
    return Path(found)


def sync(folders: Folders) -> str:
    """Bring the clone to this working tree, laid over with the lab's data; return its commit."""
    clone = folders.control
    if not (clone / ".git" / "HEAD").exists():
        shutil.rmtree(clone, ignore_errors=True)
        clone.mkdir(parents=True)
        _git(clone, "init", "--quiet", f"--initial-branch={BRANCH}")
    # the driver of canaries pushes to it, and tests go on from what it pushed
    _git(clone, "config", "daemon.receivepack", "true")
    _git(clone, "config", "receive.denyCurrentBranch", "updateInstead")
    (clone / ".git" / "index.lock").unlink(missing_ok=True)
    _git(clone, "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
    for old in clone.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    listed = _git(REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).exists():
            _copy(REPOSITORY / name, clone / name)
    shutil.copytree(REPOSITORY / OVERLAY, clone / "hieradata", dirs_exist_ok=True)
    shutil.copytree(folders.state / LISTS.name, clone / LISTS, dirs_exist_ok=True)
    _copy(folders.state / "catalogue.yaml", clone / "hieradata" / "catalogue" / f"{SERVICE}.yaml")
    return _commit(clone, "The working tree, with the lab's data")


def commit(folders: Folders, files: Mapping[str, str | None], message: str, branch: str = BRANCH) -> str:
    """Write ``files`` (None removes one) into the clone and commit them; return the commit.

    ``branch`` is production, or is made anew from it.
    """
    if branch != BRANCH:
        _git(folders.control, "checkout", "--quiet", "-B", branch)
        try:
            return _write(folders, files, message)
        finally:
            _git(folders.control, "checkout", "--quiet", "--force", BRANCH)
    return _write(folders, files, message)


def _write(folders: Folders, files: Mapping[str, str | None], message: str) -> str:
    for name, text in files.items():
        path = folders.control / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return _commit(folders.control, message)


def _commit(clone: Path, message: str) -> str:
    _git(clone, "add", "--all", "--force")
    if _git(clone, "status", "--porcelain"):
        who = ["-c", "user.name=lab", "-c", "user.email=lab@lab.test"]
        _git(clone, *who, "commit", "--quiet", "--no-verify", f"--message={message}")
    return _git(clone, "rev-parse", "HEAD")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _git(folder: Path, *arguments: str) -> str:
    # A working tree may be another account's; git refuses one because of its hooks, and none runs here.
    command = ["git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"git {arguments[0]} in {folder}: {done.stderr.strip()}")
    return done.stdout.strip()
