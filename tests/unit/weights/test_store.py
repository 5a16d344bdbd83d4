"""A node keeps each file once by its digest, and fetches only what it does not have."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.weights.server import serve
from tests.unit.weights.store_node import CONTENT, ONE, OTHER, TWO, Node

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2


def test_a_bundle_is_there_when_it_was_fetched(node: Node) -> None:
    assert node.run("check", ONE) == 1
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def test_bundles_share_the_files_that_they_have_in_common(node: Node) -> None:
    node.run("fetch", ONE)
    (node.nas / TWO / "config.yaml").unlink()
    assert node.run("fetch", TWO) == 0
    assert node.is_whole(TWO, OTHER) and node.is_whole(ONE, CONTENT)
    assert os.path.samefile(node.cache / ONE / "config.yaml", node.cache / TWO / "config.yaml")
    assert len(list(node.cache.glob("store/blobs/*"))) == 4


def test_no_link_leads_what_is_fetched_elsewhere(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node.run("fetch", ONE)
    (node.cache / ONE / "qwen" / "model.safetensors").unlink()
    (node.cache / ONE / "qwen").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (node.cache / ONE / "qwen").symlink_to(tmp_path / "elsewhere")
    assert node.run("fetch", ONE) == 1
    assert "leads out of" in capsys.readouterr().err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_in_the_folder_of_a_bundle_that_is_no_part_of_it_stays(node: Node) -> None:
    node.run("fetch", ONE)
    (node.cache / ONE / "hf_cache").mkdir()
    (node.cache / ONE / "hf_cache" / "own").write_text("mine")
    (node.cache / ONE / "gpt.pth").unlink()
    assert node.run("fetch", ONE) == 0
    assert (node.cache / ONE / "hf_cache" / "own").read_text() == "mine"


def test_a_mirror_on_the_web_and_the_hub_are_sources(node: Node) -> None:
    files = {f"{ONE}/{path}": content for path, content in CONTENT.items()}
    with serve(files) as mirror:
        node.describe("/there/is/none", f"{mirror.url}/")
        assert node.run("fetch", ONE) == 0
    files = {f"a/b/resolve/{'c' * 40}/{path}": content for path, content in OTHER.items()}
    with serve(files) as hub:
        told = json.loads((node.told / "indextts2.json").read_text())
        (node.told / "indextts2.json").write_text(json.dumps(told | {"sources": ["hub"], "hub": hub.url}))
        assert node.run("fetch", TWO) == 0
    assert node.is_whole(ONE, CONTENT) and node.is_whole(TWO, OTHER)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fetch", "../../etc"], "is no bundle"),
        (["check", "IndexTTS-1-0000000"], f"(there is: {ONE}, {TWO})"),
        (["fetch"], "is no command"),
        (["melt", ONE], "is no command"),
    ],
)
def test_what_cannot_be_is_refused(
    node: Node, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert node.run(*arguments) in (1, 2)
    assert said in capsys.readouterr().err


def test_a_list_that_was_changed_is_refused(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    path = node.told / "lists" / f"{node.bundles[ONE]['files_sha256']}.json"
    path.write_text(path.read_text().replace("gpt.pth", "gqt.pth"))
    assert node.run("fetch", ONE) == 1
    assert "was changed" in capsys.readouterr().err


def test_a_list_with_a_file_that_nobody_locked_is_refused(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"piece_bytes": 2**24, "files": [{"path": "gpt.pth"}]})
    digest = hashlib.sha256(text.encode()).hexdigest()
    (node.told / "lists" / f"{digest}.json").write_text(text)
    node.bundles[ONE]["files_sha256"] = digest
    node.describe(str(node.nas))
    assert node.run("fetch", ONE) == 1
    assert "nobody has locked gpt.pth (fleet weights lock)" in capsys.readouterr().err


def test_an_old_bundle_whose_list_is_lost_holds_nobody_up(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    node.run("fetch", ONE)
    node.run("fetch", TWO)
    (node.told / "lists" / f"{node.bundles[ONE]['files_sha256']}.json").write_text("{}")
    capsys.readouterr()
    assert node.run("verify") == 0
    assert node.run("list") == 0
    out = capsys.readouterr().out
    assert f"{ONE}  is here, and no release that needs it is wanted" in out and f"{TWO}  is whole" in out


def test_what_is_where_is_listed(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    node.run("fetch", ONE)
    node.describe(wanted=TWO)
    node.keep("v23-1111111.0000000a", ONE)
    node.keep("v24-2222222.0000000b", TWO)
    capsys.readouterr()
    assert node.run("list") == 0
    assert capsys.readouterr().out == (
        f"{ONE}  is whole; needed by v23-1111111.0000000a\n"
        f"{TWO}  is not here; needed by Puppet, v24-2222222.0000000b\n"
    )


def test_a_check_loads_nothing_that_fetches(node: Node) -> None:
    """It runs on every run of the agent."""
    node.run("fetch", ONE)
    program = (
        "import sys; from weights.cli import main; code = main(sys.argv[2:], sys.argv[1]);"
        "assert not {'weights.store', 'weights.fetch', 'subprocess', 'threading'} & set(sys.modules);"
        "sys.exit(code)"
    )
    command = [sys.executable, "-S", "-c", program, str(node.told), "indextts2", "check", ONE]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, env=paths, check=False).returncode == 0
