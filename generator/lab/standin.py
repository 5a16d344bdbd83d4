"""The lab's stand-in for index-tts: its git repository, and the pins of that and of its weights."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.errors import CommandFailed
from generator.lab.standin_weights import Bundle, bundle_of, demanded_examples, demanded_models

TEMPLATES = Path(__file__).parents[2] / "tests" / "lab" / "standin"

#: What every release takes; later ones take more, as upstream's do.
BASE_FLAGS = ("--verbose", "--port", "--host", "--model_dir")
V2_FLAGS = (*BASE_FLAGS, "--fp16", "--deepspeed", "--cuda_kernel", "--gui_seg_tokens")
V25_FLAGS = (*V2_FLAGS, "--version", "--accel", "--torch_compile", "--qwen_emo")

#: Author, committer and date of every commit: the same files make the same commit, on any machine.
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "lab"), ("EMAIL", "lab@lab.test"), ("DATE", "2026-01-01T00:00:00Z"))
}


@dataclass(frozen=True)
class Release:
    """How one tag differs from the others."""

    install: str
    weights: str
    flags: tuple[str, ...]
    requires_python: str = ">=3.10"
    host: str = "0.0.0.0"
    #: ``.python-version``; upstream's asks for one exact patch release, which no system has.
    python_version: str | None = None


#: The tags, oldest first; each is a commit on top of the one before.
RELEASES = {
    "v15": Release("requirements", "standin-1.5", BASE_FLAGS, host="127.0.0.1"),
    "v23": Release("lock", "standin-2", V2_FLAGS),
    "v24-beta": Release(
        "lock", "standin-2.5", V25_FLAGS, requires_python=">=3.10,<3.12", python_version="3.11.13"
    ),
}


@dataclass(frozen=True)
class Pin:
    """What the catalogue says of a release; ``lock_sha256`` is None where ``install`` is no lock."""

    commit: str
    install: str
    lock_sha256: str | None
    python: str
    weights: str
    flags: tuple[str, ...]

    def data(self) -> dict[str, object]:
        """Give the pin as Hiera data."""
        lock = {"lock_sha256": self.lock_sha256} if self.lock_sha256 else {}
        return {"commit": self.commit, "install": self.install, **lock} | {
            "python": self.python,
            "weights": self.weights,
            "flags": list(self.flags),
        }


def make_repository(target: Path, uv: Path, cache: Path | None = None) -> dict[str, Pin]:
    """Make the bare repository ``target`` afresh, with a tag for each of :data:`RELEASES`.

    ``uv`` makes the lock files. A lock holds the addresses of this machine's package index and
    the versions of the day, so it is made here and kept in ``cache``: the commits stay the same
    for as long as ``cache`` does.
    """
    pins = {}
    with tempfile.TemporaryDirectory(prefix="standin-") as folder:
        work = Path(folder)
        _git(work, "init", "--quiet", "--initial-branch=main")
        for tag, release in RELEASES.items():
            _write_tree(work, tag, release, uv, cache)
            _git(work, "add", "--all")
            _git(work, "commit", "--quiet", f"--message=Release {tag}")
            _git(work, "tag", tag)
            pins[tag] = _pin(work, release)
        beside = target.with_name(f"{target.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        _git(work, "clone", "--quiet", "--bare", str(work), str(beside))
    _git(beside, "remote", "remove", "origin")
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return pins


def catalogue(service: str, pins: Mapping[str, Pin], bundles: Mapping[str, Bundle]) -> str:
    """Render the lab's ``hieradata/catalogue/<service>.yaml``."""
    return yaml.safe_dump(
        {
            f"{service}::releases": {tag: pin.data() for tag, pin in pins.items()},
            f"{service}::weights": {name: bundle.data() for name, bundle in bundles.items()},
        },
        sort_keys=False,
        explicit_start=True,
        width=110,
    )


def _write_tree(work: Path, tag: str, release: Release, uv: Path, cache: Path | None) -> None:
    """Put the files of ``release`` into ``work``, in place of those that are there."""
    for old in work.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(TEMPLATES, work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (work / "gitignore").rename(work / ".gitignore")
    project = (work / "pyproject.toml.in").read_text()
    (work / "pyproject.toml.in").unlink()
    about = {
        "revision": tag,
        "host": release.host,
        "flags": release.flags,
        "load_seconds": 2.0,
        "weights": bundle_of(release.weights).files,
        "models": demanded_models(release.weights),
        "examples": demanded_examples(release.weights),
    }
    (work / "release.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    if release.install == "requirements":
        return
    (work / "requirements.txt").unlink()
    project = project.replace("@requires_python@", release.requires_python)
    (work / "pyproject.toml").write_text(project)
    (work / "uv.lock").write_bytes(lock(project.encode(), uv, cache))
    if release.python_version:
        (work / ".python-version").write_text(f"{release.python_version}\n")


def lock(project: bytes, uv: Path, cache: Path | None) -> bytes:
    """Resolve ``project`` (a pyproject.toml) with uv, or take the answer from ``cache``."""
    index = {name: value for name, value in os.environ.items() if name.startswith("UV_") and "INDEX" in name}
    key = hashlib.sha256(project + json.dumps(index, sort_keys=True).encode()).hexdigest()
    kept = cache / f"{key[:16]}.lock" if cache else None
    if kept and kept.exists():
        return kept.read_bytes()
    with tempfile.TemporaryDirectory(prefix="standin-lock-") as folder:
        Path(folder, "pyproject.toml").write_bytes(project)
        _run([str(uv), "lock", "--quiet", "--python=3.11", "--no-python-downloads"], Path(folder))
        locked = Path(folder, "uv.lock").read_bytes()
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".new")
        partial.write_bytes(locked)
        partial.rename(kept)
    return locked


def _pin(work: Path, release: Release) -> Pin:
    locked = work / "uv.lock"
    return Pin(
        commit=_git(work, "rev-parse", "HEAD"),
        install=release.install,
        lock_sha256=hashlib.sha256(locked.read_bytes()).hexdigest() if locked.exists() else None,
        python="3.11",
        weights=release.weights,
        flags=release.flags,
    )


def _git(folder: Path, *arguments: str) -> str:
    """Run git as the lab's own user: nothing of this machine's configuration may change a commit."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **IDENTITY,
    }
    return _run(["git", "-c", "core.autocrlf=false", *arguments], folder, environment)


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
