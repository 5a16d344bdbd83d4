"""What ``fleet validate`` says of a whole repository, and in which form."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator.commands.validate import validate
from tests.unit.mistakes import lay_base

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_base(tmp_path_factory.mktemp("validate") / "base")


@pytest.fixture
def root(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "control"))


def as_json(root: Path) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(validate, ["--root", str(root), "--json"])
    assert "hieradata" not in done.stderr  # but progress
    return done.exit_code, json.loads(done.stdout)


def test_json_says_the_same_for_a_machine(root: Path) -> None:
    assert as_json(root) == (0, [])
    (root / "hieradata" / "env" / "prod.yaml").write_text("indextts2::port: 99999\n")
    (root / "hieradata" / "env" / "staging.yaml").write_text("[1")
    (root / "hieradata" / "nodes" / "tts9.lab.test.yaml").write_text("indextts2::port: 7861\n")
    code, found = as_json(root)
    assert code == 2
    places = [(entry["file"], entry["line"], entry["column"], entry["severity"]) for entry in found]
    assert places == [
        ("hieradata/env/prod.yaml", 1, 18, "wrong"),
        ("hieradata/env/staging.yaml", 1, 1, "broken"),
        ("hieradata/nodes/tts9.lab.test.yaml", 1, 1, "warning"),
    ]
    assert found[0]["message"].startswith("indextts2::port: 99999 is no Integer")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("hiera.yaml", "version: 3\n"),
        ("inventory.yaml", "nodes: 3\n"),
        ("tests/facts/debian-12.json", "{"),
        ("modules/role/manifests/tts_node.pp", "class role::tts_node {\n"),
    ],
)
def test_what_is_broken_beside_the_data_is_told_by_its_path_in_the_repository(
    root: Path, name: str, content: str
) -> None:
    (root / name).write_text(content)
    done = CliRunner().invoke(validate, ["--root", str(root)])
    assert done.exit_code == 2
    assert any(line.startswith(f"{name}:1:") for line in done.stderr.splitlines()), done.stderr
    assert as_json(root)[0] == 2
