"""A package index of the tests, with packages of a few lines, a release that needs them, and a desk that has it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote

import yaml

from generator.definition import REPOSITORY
from generator.mirror import PACKAGES
from generator.mirror.index import write_index
from tests.unit.local_server import LocalServer, served
from weights.measure import measure

PYTHON = "{}.{}".format(*sys.version_info)
REVISION = "v1.0.0"
UV = "0.9.5"

#: A build backend (PEP 517) that packs all modules beside the pyproject.toml; to build one asks for this package.
BACKEND = """
import glob, os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, version = open("NAME").read().split()
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as wheel:
        for module in glob.glob("*.py"):
            wheel.write(module)
        about = f"{name}-{version}.dist-info"
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{about}/RECORD", "")
    return file
"""
BUILD = '[build-system]\nrequires = ["{0}"]\nbuild-backend = "{0}"\n'


def wheel(
    folder: Path, name: str, version: str, modules: dict[str, bytes], tag: str = "py3-none-any"
) -> Path:
    """Write a wheel of ``modules``, each at its path."""
    path = folder / f"{name}-{version}-{tag}.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for module, content in modules.items():
            information = zipfile.ZipInfo(module)
            information.external_attr = 0o100755 << 16  # pip wants to see a plain file
            archive.writestr(information, content)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{about}/WHEEL", f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: {tag}\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return path


def sdist(path: Path, module: str, backend: str) -> None:
    """Write an sdist, a .tar.gz or a .zip, that ``backend`` builds, a package of :data:`BACKEND`."""
    stem = path.name.removesuffix(".zip").removesuffix(".tar.gz")
    name, version = stem.split("-")
    about = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    build = BUILD.format(backend)
    files = {"pyproject.toml": build, "NAME": f"{name} {version}", f"{name}.py": module, "PKG-INFO": about}
    with tempfile.TemporaryDirectory() as folder:
        for member, text in files.items():
            Path(folder, stem, member).parent.mkdir(exist_ok=True)
            Path(folder, stem, member).write_text(text)
        kind = "zip" if path.suffix == ".zip" else "gztar"
        shutil.make_archive(str(path.with_name(stem)), kind, folder, stem)


@contextmanager
def handed_out(folder: Path, address: str = "127.0.0.1") -> Iterator[str]:
    """Have a plain web server hand a folder out."""
    handler = partial(_Silent, directory=str(folder))
    with served(LocalServer(handler, address)) as server:  # type: ignore[arg-type] # a partial of a handler is called as one
        yield server.url


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Print no line for each request."""


def fill(folder: Path) -> None:
    """Fill the index: a wheel, sdists, what builds them, a newer wheel that no lock has, and uv."""
    packages = folder / PACKAGES
    packages.mkdir(parents=True)
    wheel(packages, "plain", "1.0", {"plain.py": b"said = 'plain'\n"})
    wheel(packages, "plain", "2.0", {"plain.py": b"said = 'newer'\n"})
    sdist(packages / "built-1.0.tar.gz", "said = 'built'\n", "backend")
    sdist(packages / "zipped-1.0.zip", "said = 'zipped'\n", "packer")
    for name in ("backend", "packer"):
        wheel(packages, name, "1.0", {f"{name}.py": BACKEND.encode()})
    program = Path(sys.executable).with_name("uv").read_bytes()
    wheel(packages, "uv", UV, {f"uv-{UV}.data/scripts/uv": program}, "py3-none-manylinux_2_17_x86_64")
    write_index(folder, [measure(str(folder), f"{PACKAGES}/{path.name}") for path in packages.iterdir()])


def fill_pythons(folder: Path) -> None:
    """Make a Python to download, as uv knows them; it stands in for a real one, and calls this one."""
    name = f"cpython-{PYTHON}.99%2B20250101-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
    archive = folder / "20250101" / unquote(name)
    archive.parent.mkdir(parents=True)
    major, minor = PYTHON.split(".")
    program = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    data = "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n"
    with tarfile.open(archive, "w:gz") as files:
        for path, text in (
            (f"bin/python{PYTHON}", program),
            (f"lib/python{PYTHON}/_sysconfigdata__linux_.py", data),
        ):
            information = tarfile.TarInfo(f"python/{path}")
            information.mode, information.size = 0o755, len(text)
            files.addfile(information, io.BytesIO(text.encode()))
    about = {
        "name": "cpython",
        "arch": {"family": "x86_64", "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": int(major),
        "minor": int(minor),
        "patch": 99,
        "prerelease": "",
        "url": f"https://github.com/astral-sh/python-build-standalone/releases/download/20250101/{name}",
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
        "build": "20250101",
    }
    (folder / "known.json").write_text(json.dumps({f"cpython-{PYTHON}.99-linux-x86_64-gnu": about}))


def environment(index: str, home: Path) -> dict[str, str]:
    """Make what a process sees where ``index`` is the one that it is told of."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    told = {
        "UV_DEFAULT_INDEX": index,
        "PIP_INDEX_URL": index,
        "PIP_CONFIG_FILE": os.devnull,
        "HOME": str(home),
    }
    return kept | told | {"UV_NO_CONFIG": "1"}


class Desk:
    """A control repository that pins one release, and the repository of that release's source."""

    def __init__(self, folder: Path, index: str) -> None:
        """Make both; the release's lock is made from ``index``."""
        self.root, self.source, self.index = folder / "control", folder / "source", index
        self.source.mkdir(parents=True)
        project = f'[project]\nname = "release"\nversion = "1.0"\nrequires-python = "=={PYTHON}.*"\n'
        extras = '[project.optional-dependencies]\nwebui = ["plain==1.0", "built==1.0", "zipped==1.0"]\n'
        (self.source / "pyproject.toml").write_text(project + extras + BUILD.format("backend"))
        (self.source / "NAME").write_text("release 1.0")
        (self.source / "release.py").write_text(
            "import built, plain, zipped\nprint(built.said, plain.said, zipped.said)\n"
        )
        self.run([str(Path(sys.executable).with_name("uv")), "lock", "--quiet", f"--python={PYTHON}"])
        self.run(["git", "init", "--quiet"])
        self.run(["git", "add", "--all"])
        self.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "one"]
        )
        self.commit = self.run(["git", "rev-parse", "HEAD"]).strip()
        self.lock_sha256 = hashlib.sha256((self.source / "uv.lock").read_bytes()).hexdigest()
        for path in ("hieradata/services/indextts2.yaml", "modules/indextts2/files/fetch-commit.sh"):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes((REPOSITORY / path).read_bytes())
        self.pin()

    def pin(self, **fields: str) -> None:
        """Write the catalogue."""
        pin = {
            "commit": self.commit,
            "install": "lock",
            "lock_sha256": self.lock_sha256,
            "python": PYTHON,
            **fields,
        }
        catalogue = self.root / "hieradata" / "catalogue" / "indextts2.yaml"
        catalogue.parent.mkdir(exist_ok=True)
        catalogue.write_text(yaml.safe_dump({"indextts2::releases": {REVISION: pin}}))

    def run(self, command: list[str]) -> str:
        """Run a program in the source, and return what it prints."""
        done = subprocess.run(
            command, cwd=self.source, env=environment(self.index, self.source), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
