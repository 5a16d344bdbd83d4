"""Filling a mirror with all that a node downloads to install a release, but its weights."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator.errors import CommandFailed, FleetError
from generator.git_reason import reason, without_credentials
from generator.mirror import GIT, PACKAGES, record, uv
from generator.mirror.check import fault, lacks
from generator.mirror.index import write_index
from generator.mirror.packages import Remote, needed
from generator.mirror.record import Record
from generator.progress import say, step
from generator.service import Service
from weights.bundle import File
from weights.errors import WeightsError
from weights.fetch import Fetch
from weights.files import alone, rename
from weights.measure import measure
from weights.source import Source

#: Below a mirror: what is not whole yet, and where builds work; one that was killed leaves nothing else.
_INCOMING = ".incoming"
#: What a build asks for where it does not say (PEP 518), and what setup.py of old goes on to ask for.
_LEGACY = ("setuptools", "wheel")


def build(
    root: Path, mirror: Path, name: str, revision: str, source: str | None = None, python: bool = False
) -> Record:
    """Bring into ``mirror`` the commit, the packages and the uv of a release that the catalogue pins.

    With ``python``, also the Python that uv installs where a system has none that fits. ``source`` is the git
    repository, where it is not that of the service's definition. What is there and right is not fetched
    again.

    Raises FleetError where the release is not pinned, or something of it cannot be had.
    """
    service, pin = record.pinned(root, name, revision)
    with alone(str(mirror / _INCOMING), lambda: say(f"another build is at work on {mirror}: waiting for it")):
        recipe = record.recipe(service, pin)
        before = record.read(record.path_of(mirror, name, revision))
        python = python or (before is not None and before.has_python)
        if before and before.has_python == python and _is_whole(mirror, name, before, recipe):
            return before
        repository = mirror / GIT / f"{name}.git"
        with step(f"fetch {recipe.commit} into {repository}"):
            _fetch_commit(root, service, source or service.source, repository, recipe.commit)
        made = Record(recipe, tuple(sorted(set(_files(mirror, repository, recipe, python)))))
        record.write(record.path_of(mirror, name, revision), made)
        write_index(mirror, {file for kept in record.read_all(mirror) for file in kept.files})
    return made


def _files(mirror: Path, repository: Path, recipe: record.Recipe, python: bool) -> Iterator[File]:
    """Bring what a release is installed from, and say what it is."""
    with _scratch(mirror) as folder:
        tree = folder / "tree"
        _unpack(repository, recipe.commit, tree)
        with step(f"download uv {recipe.uv}"):
            wheel = uv.download(recipe.uv, mirror / PACKAGES)
        tool = uv.Uv(wheel, folder)
        files = _fetch(mirror, needed(_lock(tool, tree, recipe), recipe.python))
        for requires in _build_requires(tree, [mirror / file.path for file in files]):
            lock = tool.resolve_build(requires, recipe.python, folder)
            files += _fetch(mirror, needed(lock, recipe.python))
        yield from [*files, _measured(mirror, f"{PACKAGES}/{wheel.name}")]
        if python:
            with step(f"download Python {recipe.python}"):
                yield _measured(mirror, tool.download_python(recipe.python, mirror, folder))


@contextmanager
def _scratch(mirror: Path) -> Iterator[Path]:
    """Give an empty folder on the mirror's disk; what a killed build left there is gone."""
    folder = mirror / _INCOMING / "build"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _is_whole(mirror: Path, name: str, found: Record, recipe: record.Recipe) -> bool:
    with step(f"read what {mirror} has of {recipe.commit}"):
        return not any(lacks(mirror, name, found, recipe))


def _fetch_commit(root: Path, service: Service, source: str, repository: Path, commit: str) -> None:
    """Do as a node does, by its own program; a plain web server can hand the outcome out."""
    program = root / "modules" / service.name / "files" / "fetch-commit.sh"
    repository.parent.mkdir(parents=True, exist_ok=True)
    _run(source, "sh", str(program), source, str(repository), commit)
    _run(repository, "git", f"--git-dir={repository}", "update-server-info")


def _unpack(repository: Path, commit: str, tree: Path) -> None:
    archive = _run(repository, "git", f"--git-dir={repository}", "archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tree, filter="data")


def _lock(tool: uv.Uv, tree: Path, recipe: record.Recipe) -> str:
    with step(f"read what {recipe.commit} is installed from"):
        if recipe.install == "lock":
            return tool.export(tree, recipe.extras)
        if recipe.install == "project":
            return tool.resolve("pyproject.toml", recipe.python, tree, recipe.extras)
        return tool.resolve("requirements.txt", recipe.python, tree)


def _fetch(mirror: Path, remotes: Sequence[Remote]) -> list[File]:
    """Have packages/ hold ``remotes``, and say what they are: a lock may leave sizes out."""
    incoming = mirror / _INCOMING / "packages"
    left = [remote for remote in remotes if fault(mirror / PACKAGES, remote.file)]
    if left:
        incoming.mkdir(exist_ok=True)
        index = Source(
            _origin(left[0].address), addresses={remote.file.path: remote.address for remote in left}
        )
        wanted = [remote.file for remote in left]
        try:
            with step(f"download {len(left)} packages"):
                Fetch(wanted, [index], str(incoming), lambda line: say(f"  {line}")).run()
        except WeightsError as error:
            raise FleetError(f"{mirror}: {error}") from None
        for remote in left:
            rename(str(incoming / remote.file.path), str(mirror / PACKAGES / remote.file.path))
    return [_measured(mirror, f"{PACKAGES}/{remote.file.path}") for remote in remotes]


def _measured(mirror: Path, path: str) -> File:
    return measure(str(mirror), path)._replace(pieces=())


def _origin(address: str) -> str:
    """Name the server of an address.

    >>> _origin("https://files.example.org/packages/a.whl")
    'https://files.example.org'
    """
    return "/".join(address.split("/")[:3])


def _build_requires(tree: Path, files: Iterable[Path]) -> Iterator[tuple[str, ...]]:
    """Say what each build that an install starts asks for: the project's own, and that of each sdist."""
    wanted = {_requires((tree / "pyproject.toml").read_bytes()) if (tree / "pyproject.toml").exists() else ()}
    wanted |= {_requires(_pyproject(file)) for file in files if file.name.endswith((".tar.gz", ".zip"))}
    return iter(sorted(wanted - {()}))


def _pyproject(sdist: Path) -> bytes:
    """Read the pyproject.toml of an sdist; none of it where there is none."""
    if sdist.suffix == ".zip":
        with zipfile.ZipFile(sdist) as archive:
            found = [name for name in archive.namelist() if _is_pyproject(name)]
            return archive.read(found[0]) if found else b""
    with tarfile.open(sdist) as archive:
        for member in archive:
            if _is_pyproject(member.name):
                content = archive.extractfile(member)
                return content.read() if content else b""
    return b""


def _is_pyproject(name: str) -> bool:
    return name.count("/") == 1 and name.endswith("/pyproject.toml")


def _requires(pyproject: bytes) -> tuple[str, ...]:
    """Say what a build asks for, as its front end understands a pyproject.toml."""
    try:
        build = tomllib.loads(pyproject.decode()).get("build-system", {})
    except ValueError as error:
        raise FleetError(f"a pyproject.toml is no TOML: {error}") from None
    if not isinstance(build, dict):
        raise FleetError(f"a pyproject.toml has a build-system that is no table: {build!r}")
    return tuple(build.get("requires", _LEGACY))


def _run(what: str | Path, *command: str) -> bytes:
    """Run a program on ``what``, and return what it prints. Raises CommandFailed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise CommandFailed(
            f"{without_credentials(str(what))}: {reason(done.stderr.decode(errors='replace'))}"
        )
    return done.stdout
