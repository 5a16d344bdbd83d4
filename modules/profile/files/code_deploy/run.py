"""One deploy, from the repository to the server that knows of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from code_deploy import record, server
from code_deploy.ask import check
from code_deploy.errors import DeployError
from code_deploy.files import clear, differing, locked
from code_deploy.programs import step
from code_deploy.r10k import Branch, commit_of, stage
from code_deploy.record import Deploy
from code_deploy.settings import PRODUCTION, Settings
from code_deploy.versions import Versions


def deploy(settings: Settings, only: str | None, just_check: bool) -> list[Deploy]:
    """Deploy the branches of the settings, or the environment ``only``; return what became of each.

    The record is kept, but with ``just_check``: then nothing is swapped in, either. Of two that come at once,
    one waits.

    Raises:
        DeployError: ``only`` is none of those branches.
    """
    if only and only not in settings.branches:
        raise DeployError(
            f"{only}: is not deployed here: profile::code_deploy::branches is {', '.join(settings.branches)} "
            "(name it there, in hieradata/, and run the server's agent)"
        )
    with locked(settings.state / "lock"):
        staged = stage(settings, [only] if only else settings.branches)
        gone = set() if only else _gone(settings, staged)
        done = [_one(settings, branch, just_check) for branch in staged if branch.environment not in gone]
        if just_check:
            return done
        removed = _remove(settings, gone)
        done = _tell_server(settings, done)
        record.keep(settings, done, removed)
        return done


def give_up(settings: Settings, only: str | None, why: str) -> None:
    """Record that a deploy ended before its time: of what it was to deploy, nobody knows what became.

    Raises:
        OSError: that cannot be written, either.
    """
    error, began = DeployError(why), time.time()
    names = [only] if only else settings.branches
    record.keep(settings, [_failed(settings, name, "", began, error) for name in names], [])


def _one(settings: Settings, branch: Branch, just_check: bool) -> Deploy:
    """Check one branch where it is new, and have it serve."""
    began = time.time()
    versions = Versions(settings, branch.environment)
    live = versions.live()
    previous = commit_of(live) if live else ""
    try:
        if branch.error:
            raise DeployError(branch.error)
        versions.tidy()
        if live is None or commit_of(live) != branch.commit or differing(live, branch.folder):
            print(f"{branch.environment}: {previous[:12] or 'nothing'} -> {branch.commit[:12]}", flush=True)
            _bring(settings, versions, branch, live, just_check)
        else:
            print(f"{branch.environment}: is at {branch.commit[:12]}", flush=True)
    except (DeployError, OSError) as error:
        return _failed(settings, branch.environment, branch.commit, began, error)
    now = time.time()
    return Deploy(now, branch.environment, branch.commit, previous, True, round(now - began, 3))


def _bring(
    settings: Settings, versions: Versions, branch: Branch, live: Path | None, just_check: bool
) -> None:
    try:
        tree = versions.begin(branch.folder)
        check(settings, tree, live)
        if just_check:
            return
        server.owe(settings)
        with step("swap the new code in"):
            versions.finish(branch.commit)
    finally:
        clear(versions.unfinished)
    versions.prune()


def _failed(settings: Settings, environment: str, commit: str, began: float, error: Exception) -> Deploy:
    live = Versions(settings, environment).live()
    now = time.time()
    why = " ".join(str(error).split())
    return Deploy(
        now, environment, commit, commit_of(live) if live else "", False, round(now - began, 3), why
    )


def _deployed(settings: Settings) -> list[str]:
    return sorted(
        path.name
        for path in settings.environments.iterdir()
        if not path.name.startswith(".") and path.is_dir()
    )


def _gone(settings: Settings, staged: list[Branch]) -> set[str]:
    """Name the environments whose branch is wanted no more, or not in the repository any more.

    A repository without production, or without any of the branches, has been emptied, or is another one:
    nothing is gone then, and what is missing is a deploy that failed.
    """
    brought = {branch.environment for branch in staged if not branch.error}
    if not brought or (PRODUCTION in settings.branches and PRODUCTION not in brought):
        return set()
    missing = {branch.environment for branch in staged if branch.missing}
    return missing | {name for name in _deployed(settings) if name not in settings.branches} - {PRODUCTION}


def _remove(settings: Settings, gone: set[str]) -> list[str]:
    """Remove those environments; return the names that have nothing to tell any more."""
    for name in sorted(gone):
        if Versions(settings, name).remove():
            print(f"{name}: its branch is gone, and so is it", flush=True)
            server.owe(settings)
    return sorted(gone)


def _tell_server(settings: Settings, done: list[Deploy]) -> list[Deploy]:
    """Have the server forget what it has read, if something is new; what it did not hear of has failed."""
    if not server.owed(settings):
        return done
    try:
        server.flush(settings)
    except DeployError as error:
        return [replace(each, ok=False, error=str(error)) if each.ok else each for each in done]
    return done
