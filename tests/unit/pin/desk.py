"""A desk with a catalogue, and a source with releases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from generator.definition import SERVICES, load_service
from generator.pin import Pin, Wishes, pin
from tests.unit.origin import Files, Origin

SERVICE = load_service(SERVICES / "indextts2.yaml")
ENTRY_POINT = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--host")
parser.add_argument("--fp16", action="store_true")
"""
PYPROJECT = """\
[project]
name = "x"
requires-python = ">=3.10,<3.12"
[project.optional-dependencies]
webui = []
"""
LOCKED: Files = {"webui.py": ENTRY_POINT, "pyproject.toml": PYPROJECT, "uv.lock": "version = 1\n"}
CATALOGUE = """\
---
# The releases that exist.
indextts2::releases:
  v2.0.0:
    # why it is so
    commit: 830f6f8f94a51fea23ab1d639027a86200075a4e
    install: lock
    lock_sha256: 66bf65638534c4ad84229dee4b5eca4a28217567de72aebe94ba4421398876bc
    python: '3.11'
    weights: IndexTTS-2
    flags: [--port, --host]   # read by hand

indextts2::weights:
  IndexTTS-2:
    repository: IndexTeam/IndexTTS-2
    revision: 740dcaff396282ffb241903d150ac011cd4b1ede
"""


class Desk:
    """A catalogue, and an origin that releases are pinned from."""

    def __init__(self, folder: Path) -> None:
        self.origin = Origin(folder / "origin")
        self.root = folder / "control"
        self.catalogue = self.root / "hieradata" / "catalogue" / "indextts2.yaml"
        self.catalogue.parent.mkdir(parents=True)
        self.catalogue.write_text(CATALOGUE)
        self.source = self.origin.url

    def pin(self, tag: str, limit: float = 20, **wishes: Any) -> Pin:
        """Pin ``tag``."""
        service = replace(SERVICE, source=self.source)
        return pin(service, tag, self.catalogue, Wishes(**wishes), limit)

    @property
    def releases(self) -> dict[str, Any]:
        """What the catalogue says now."""
        releases = yaml.safe_load(self.catalogue.read_text())["indextts2::releases"]
        assert isinstance(releases, dict)
        return releases
