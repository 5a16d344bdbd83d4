"""What ``fleet validate`` says of a whole repository, and in which form."""

from __future__ import annotations

import gc
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator.commands.validate import validate
from generator.validate import validate as check
from tests.unit.mistakes import in_time, lay_base

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


def test_a_pipe_or_a_device_for_data_is_told_and_the_rest_is_checked(root: Path) -> None:
    data = root / "hieradata"
    (data / "env" / "prod.yaml").unlink()
    os.mkfifo(data / "env" / "prod.yaml")
    (data / "env" / "test.yaml").symlink_to("/dev/zero")
    (data / "env" / "staging.yaml").write_text("indextts2::port: 99999\n")
    with in_time():
        code, found = as_json(root)
    assert [(code, entry["file"], entry["message"].partition(" (")[0]) for entry in found] == [
        (2, "hieradata/env/prod.yaml", "this is no regular file"),
        (2, "hieradata/env/staging.yaml", "indextts2::port: 99999 is no Integer[1, 65533]"),
        (2, "hieradata/env/test.yaml", "a link to /dev/zero"),
    ]


def test_without_an_inventory_no_node_is_unknown(root: Path) -> None:
    (root / "hieradata" / "nodes" / "tts9.lab.test.yaml").write_text("indextts2::port: 7861\n")
    assert [entry["severity"] for entry in as_json(root)[1]] == ["warning"]
    (root / "inventory.yaml").unlink()
    code, found = as_json(root)
    assert (code, [entry["file"] for entry in found]) == (2, ["tests/facts/debian-13.json"])
    shutil.copy(root / "tests" / "facts" / "debian-12.json", root / "tests" / "facts" / "debian-13.json")
    assert as_json(root) == (0, [])


def test_a_value_that_puppet_converts_is_not_held_against_the_type(root: Path) -> None:
    path = root / "hieradata" / "env" / "prod.yaml"
    path.write_text("indextts2::port: '7861'\n")
    assert as_json(root)[0] == 1
    path.write_text("lookup_options: {indextts2::port: {convert_to: Integer}}\nindextts2::port: '7861'\n")
    assert as_json(root) == (0, [])


def test_a_role_that_may_leave_a_service_out_is_not_judged_by_it(root: Path) -> None:
    (root / "hieradata" / "nodes" / "tts1.lab.test.yaml").write_text("whisper::port: 7860\n")
    assert as_json(root)[0] == 1
    manifest = root / "modules" / "profile" / "manifests" / "tts.pp"
    manifest.write_text(manifest.read_text().replace("include whisper", "if $greeting { include whisper }"))
    assert as_json(root) == (0, [])


def test_a_catalogue_that_is_gone_is_told_of_every_revision(root: Path) -> None:
    (root / "hieradata" / "catalogue" / "indextts2.yaml").unlink()
    code, found = as_json(root)
    assert (code, [entry["file"] for entry in found]) == (
        1,
        ["hieradata/common.yaml", "hieradata/env/staging.yaml"],
    )
    assert found[0]["message"].startswith("no release is pinned as v2.0.0")


def test_a_node_without_a_revision_is_told_unless_a_file_that_may_have_it_cannot_be_read(root: Path) -> None:
    facts = root / "tests" / "facts"
    shutil.copy(facts / "debian-12.json", facts / "debian-13.json")  # what is known without an inventory
    common = root / "hieradata" / "common.yaml"
    common.write_text(common.read_text().replace("indextts2::revision: v2.0.0\n", ""))
    code, found = as_json(root)
    assert (code, [entry["file"] for entry in found]) == (1, ["hiera.yaml"])
    assert "no layer sets indextts2::revision for" in found[0]["message"]
    (root / "inventory.yaml").unlink()
    assert as_json(root) == (0, []), "a node that nobody knows here may have it from where it is said"
    staging = root / "hieradata" / "env" / "staging.yaml"
    said = staging.read_text()
    staging.write_text(
        said.replace("indextts2::revision", "indextts2::gui_seg_tokens").replace("v2.5.0", "100")
    )
    code, found = as_json(root)
    assert (code, [entry["file"] for entry in found]) == (1, ["hiera.yaml"]), "nobody says it"
    staging.write_text(said)
    (root / "hieradata" / "nodes" / "tts1.lab.test.yaml").write_text("indextts2::ensure: absent\n")
    (root / "inventory.yaml").write_text(
        "nodes: {tts1.lab.test: {role: tts_node, env: prod, facts: debian-12}}\n"
    )
    assert as_json(root) == (0, [])
    (root / "hieradata" / "nodes" / "tts1.lab.test.yaml").unlink()
    assert as_json(root)[0] == 1
    (root / "hieradata" / "env" / "prod.yaml").write_text("[1")
    assert "no layer sets" not in json.dumps(as_json(root)[1])


def test_only_the_command_keeps_the_collector_of_garbage_away(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it is the whole process's, which may have other work
    called: list[str] = []
    for name in ("disable", "freeze"):
        monkeypatch.setattr(gc, name, lambda name=name: called.append(name))
    assert check(root).findings == []
    assert called == []
    assert as_json(root) == (0, [])
    assert called == ["disable", "freeze"]
