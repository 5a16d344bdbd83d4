"""The lab's stand-in for index-tts: its git repository, its weights, and the pins of both."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from generator.errors import CommandFailed

TEMPLATES = Path(__file__).parents[2] / "tests" / "lab" / "standin"

#: What every release takes; later ones take more, as upstream's do.
BASE_FLAGS = ("--verbose", "--port", "--host", "--model_dir")
V2_FLAGS = (*BASE_FLAGS, "--fp16", "--deepspeed", "--cuda_kernel", "--gui_seg_tokens")
V25_FLAGS = (*V2_FLAGS, "--version", "--accel", "--torch_compile", "--qwen_emo")

#: bundle -> repository on the hub, and its files with their sizes in bytes. Names and folders are
#: upstream's, because a module that copes with them copes with those.
WEIGHTS: dict[str, tuple[str, dict[str, int]]] = {
    "standin-1.5": ("lab/standin-1.5", {"bpe.model": 60_000, "gpt.pth": 900_000, "config.yaml": 2_000}),
    "standin-2": (
        "lab/standin-2",
        {
            "bpe.model": 120_000,
            "gpt.pth": 3_000_000,
            "s2mel.pth": 1_200_000,
            "wav2vec2bert_stats.pt": 9_343,
            "qwen0.6bemo4-merge/model.safetensors": 500_000,
        },
    ),
    "standin-2.5": (
        "lab/standin-2.5",
        {
            "gpt.pth": 3_200_000,
            "codec.pth": 600_000,
            "s2mel.pth": 400_000,
            "multilingual_zh_ja_yue_char_del.tiktoken": 800_000,
            "wav2vec2bert_stats.pt": 9_343,
        },
    ),
}

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


@dataclass(frozen=True)
class Bundle:
    """What the catalogue says of a set of weights; ``files`` is path to sha256."""

    repository: str
    revision: str
    files: Mapping[str, str] = field(default_factory=dict, compare=False)

    def data(self) -> dict[str, object]:
        """Give the bundle as Hiera data."""
        return {"repository": self.repository, "revision": self.revision}


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


def make_weights(hub_root: Path) -> dict[str, Bundle]:
    """Write the weights where :mod:`generator.lab.hub` serves them from; files that are there stay."""
    bundles = {}
    for name, (repository, sizes) in WEIGHTS.items():
        bundle = _bundle(name)
        snapshot = hub_root / repository / bundle.revision
        for path, content in _contents(repository, sizes):
            file = snapshot / path
            if not file.exists() or file.stat().st_size != len(content):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        main = snapshot.parent / "main"
        main.unlink(missing_ok=True)
        main.symlink_to(bundle.revision)
        bundles[name] = bundle
    return bundles


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


def _contents(repository: str, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Make the bytes of each file of ``repository``: as dense as real weights, always the same."""
    for path, size in sizes.items():
        yield path, hashlib.shake_128(f"{repository}/{path}".encode()).digest(size)


def _bundle(name: str) -> Bundle:
    repository, sizes = WEIGHTS[name]
    files = {path: hashlib.sha256(content).hexdigest() for path, content in _contents(repository, sizes)}
    revision = hashlib.sha1(json.dumps(files).encode(), usedforsecurity=False).hexdigest()
    return Bundle(repository, revision, files)


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
        "weights": _bundle(release.weights).files,
    }
    (work / "release.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    if release.install == "requirements":
        return
    (work / "requirements.txt").unlink()
    project = project.replace("@requires_python@", release.requires_python)
    (work / "pyproject.toml").write_text(project)
    (work / "uv.lock").write_bytes(_lock(project.encode(), uv, cache))
    if release.python_version:
        (work / ".python-version").write_text(f"{release.python_version}\n")


def _lock(project: bytes, uv: Path, cache: Path | None) -> bytes:
    """Resolve ``project`` (a pyproject.toml) with uv, or take the answer from ``cache``."""
    index = {name: value for name, value in os.environ.items() if name.startswith("UV_") and "INDEX" in name}
    key = hashlib.sha256(project + json.dumps(index, sort_keys=True).encode()).hexdigest()
    kept = cache / f"{key[:16]}.lock" if cache else None
    if kept and kept.exists():
        return kept.read_bytes()
    with tempfile.TemporaryDirectory(prefix="standin-lock-") as folder:
        Path(folder, "pyproject.toml").write_bytes(project)
        _run([str(uv), "lock", "--quiet", "--python=3.11", "--no-python-downloads"], Path(folder))
        lock = Path(folder, "uv.lock").read_bytes()
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".new")
        partial.write_bytes(lock)
        partial.rename(kept)
    return lock


def _pin(work: Path, release: Release) -> Pin:
    lock = work / "uv.lock"
    return Pin(
        commit=_git(work, "rev-parse", "HEAD"),
        install=release.install,
        lock_sha256=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else None,
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
