"""A control repository with one bundle of weights, and a folder that has its files."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from generator.cli import fleet
from generator.definition import SERVICES
from generator.errors import FleetError
from generator.file_list import write_list
from weights.bundle import File

CATALOGUE = """\
---
# what exists
indextts2::releases: {}
indextts2::weights:
  IndexTTS-2:
    repository: IndexTeam/IndexTTS-2   # as the hub names it
    revision: 740dcaff396282ffb241903d150ac011cd4b1ede
"""
FOLDER = "IndexTTS-2-740dcaf"
REVISION = "740dcaff396282ffb241903d150ac011cd4b1ede"
FILES = {"gpt.pth": b"gpt", "qwen/model.safetensors": b"qwen"}


class Desk:
    """A control repository with one bundle, and a folder that has its files."""

    def __init__(self, folder: Path) -> None:
        self.root, self.nas = folder / "control", folder / "nas"
        self.catalogue = self.root / "hieradata" / "catalogue" / "indextts2.yaml"
        self.catalogue.parent.mkdir(parents=True)
        self.catalogue.write_text(CATALOGUE)
        services = self.root / "hieradata" / "services"
        services.mkdir()
        (services / "indextts2.yaml").symlink_to(SERVICES / "indextts2.yaml")
        self.folder = self.nas / FOLDER
        for path, content in FILES.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    def lock(self, *options: str) -> Result:
        """Lock the bundle to what the folder has."""
        return self.run("lock", "indextts2", "IndexTTS-2", "--from", str(self.folder), *options)

    def verify(self) -> Result:
        """Hold what is on the NAS against the catalogue."""
        return self.run("verify", str(self.nas))

    def run(self, *words: str) -> Result:
        """Run ``fleet weights`` as its command line would."""
        done = CliRunner().invoke(fleet, ["weights", *words, "--root", str(self.root)])
        assert done.exception is None or isinstance(done.exception, SystemExit | FleetError), done.output
        return done

    @property
    def digest(self) -> str:
        """The list that the catalogue names."""
        return str(
            yaml.safe_load(self.catalogue.read_text())["indextts2::weights"]["IndexTTS-2"]["files_sha256"]
        )

    def know(self, *files: File) -> None:
        """Say in the catalogue that ``files`` are known."""
        self.catalogue.write_text(CATALOGUE + f"    files_sha256: {write_list(self.root, files)}\n")


def said(done: Result) -> tuple[int, str]:
    """The exit code and the last words of a command, as generator.cli gives them."""
    error = done.exception
    return (error.exit_code, str(error)) if isinstance(error, FleetError) else (done.exit_code, done.stdout)
