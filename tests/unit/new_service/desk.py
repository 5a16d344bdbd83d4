"""A desk with a control repository, and services to make definitions of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from generator.cli import fleet
from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.new_service.files import Files
from tests.unit.origin import Origin

APP = """\
import argparse
import os

from fastapi import FastAPI
import uvicorn

app = FastAPI()
parser = argparse.ArgumentParser()
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=9123, help="the port (default: %(default)s)")
parser.add_argument("--fp16", action="store_true", help="half precision")
parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
parser.add_argument("--model-dir", default="models")
parser.add_argument("--api-key", help="who may ask")
parser.add_argument("--lora", nargs="+")


@app.get("/health")
def well():
    return {}


if __name__ == "__main__":
    os.makedirs("outputs", exist_ok=True)
    uvicorn.run(app)
"""
PYPROJECT = """\
[project]
name = "echo"
description = "Says again what it hears"
requires-python = ">=3.10,<3.13"
dependencies = ["torch==2.8.0", "fastapi"]
"""
DOCKERFILE = """\
FROM nvidia/cuda:12.8.1-base-ubuntu24.04
RUN apt-get update && apt-get install -y --no-install-recommends \\
    ffmpeg libsndfile1=1.2 python3-dev git && rm -rf /var/lib/apt/lists/*
EXPOSE 9000
"""
SERVICE = {"app.py": APP, "pyproject.toml": PYPROJECT, "uv.lock": "version = 1\n", "Dockerfile": DOCKERFILE}


class Written:
    """A commit that a test writes; ``modes`` are those of what is no plain file."""

    tag = "v1.0.0"
    commit = "c" * 40

    def __init__(self, files: Mapping[str, str | bytes], modes: Mapping[bytes, str] | None = None) -> None:
        self.files = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        self.modes = {name.encode(): "100644" for name in files} | dict(modes or {})
        self.was_read: list[str] = []

    def names(self) -> dict[bytes, str]:
        """Every path with its mode."""
        return self.modes

    def bring(self, paths: Iterable[str]) -> None:
        """Have nothing to do."""

    def read(self, path: str) -> bytes | None:
        """Give a file, as git does."""
        self.was_read.append(path)
        content = self.files.get(path)
        if content is not None and len(content) > 40 * 2**20:
            raise FleetError("more than it may have")
        return content


def files(texts: Mapping[str, str | bytes], modes: Mapping[bytes, str] | None = None) -> Files:
    """Look at a commit of ``texts``."""
    return Files(Written(texts, modes))


class Desk:
    """A control repository in ``root``, and the repository of a service in ``origin``."""

    def __init__(self, folder: Path) -> None:
        self.origin = Origin(folder / "origin")
        self.root = folder / "control"
        for name in ("hieradata", "modules", "manifests", "vendor_modules", "tests/facts"):
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, self.root / name, symlinks=True)
        for name in ("hiera.yaml", "Puppetfile", "environment.conf", "hieradata.schema.json"):
            shutil.copy2(REPOSITORY / name, self.root / name)
        (self.root / "build").mkdir()

    @property
    def definition(self) -> Path:
        """Where the new definition is."""
        return self.root / "hieradata" / "services" / "echo.yaml"

    def new(self, *words: str, name: str = "echo", source: str | None = None) -> Result:
        """Run ``fleet new``."""
        source = self.origin.url if source is None else source
        command = ["new", name, "--source", source, "--root", str(self.root), *words]
        return CliRunner().invoke(fleet, command)

    def state(self) -> dict[str, str]:
        """Every file of the control repository, by its digest."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.is_symlink()
        } | {str(path.relative_to(self.root)): "folder" for path in self.root.rglob("*") if path.is_dir()}
