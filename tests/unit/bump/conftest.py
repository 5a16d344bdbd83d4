"""The control repository that is bumped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.definition import REPOSITORY
from tests.unit.bump.control import INVENTORY, RELEASE, RELEASES, STAGING


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a control repository with four nodes and three releases."""
    root = tmp_path / "control"
    for name, content in {
        "inventory.yaml": INVENTORY,
        "hieradata/services/indextts2.yaml": "{}\n",
        "hieradata/catalogue/indextts2.yaml": "indextts2::releases:\n"
        + "".join(map(RELEASE.format, RELEASES)),
        "hieradata/env/staging.yaml": STAGING,
        "hieradata/nodes/tts-03.example.org.yaml": "---\nindextts2::port: 1\nindextts2::revision: v1.5.0\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    shutil.copy(REPOSITORY / "hiera.yaml", root)
    shutil.copytree(REPOSITORY / "tests" / "facts", root / "tests" / "facts")
    monkeypatch.chdir(root)
    return root
