"""``fleet bump`` changes one line, or makes the file for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.bump.control import STAGING, run, tree


def test_one_line_changes_and_the_nodes_are_named(root: Path) -> None:
    result = run("indextts2", "v2.5.0", "--env", "staging")
    assert result.exit_code == 0, result.output
    assert (
        result.output
        == """\
--- a/hieradata/env/staging.yaml
+++ b/hieradata/env/staging.yaml
@@ -1,4 +1,4 @@
 ---
 # Staging first.
-indextts2::revision: 'v2.0.0'  # since May
+indextts2::revision: 'v2.5.0'  # since May
 indextts2::queue: 1
reaches 2 nodes: tts-02.example.org, tts-04.example.org
hieradata/nodes/tts-03.example.org.yaml:3:1 is more specific and holds 1 node: tts-03.example.org
"""
    )
    written = STAGING.replace("'v2.0.0'", "'v2.5.0'")
    assert (root / "hieradata/env/staging.yaml").read_text() == written


@pytest.mark.parametrize(
    ("options", "file", "reached"),
    [
        (["--env", "prod"], "env/prod.yaml", "reaches 1 node: tts-01.example.org\n"),
        (["--role", "other"], "roles/other.yaml", "reaches 1 node: tts-04.example.org\n"),
        (["--node", "tts-01.example.org"], "nodes/tts-01.example.org.yaml", "reaches 1 node: tts-01.example.org\n"),
        ([], "common.yaml", "reaches 1 node: tts-01.example.org\n"
         "hieradata/env/staging.yaml:3:1 is more specific and holds 2 nodes: tts-02.example.org, tts-04.example.org\n"
         "hieradata/nodes/tts-03.example.org.yaml:3:1 is more specific and holds 1 node: tts-03.example.org\n"),
    ],
)  # fmt: skip
def test_a_file_is_made_where_there_is_none(root: Path, options: list[str], file: str, reached: str) -> None:
    before = tree(root)
    result = run("indextts2", "v2.5.0", *options)
    content = "---\nindextts2::revision: v2.5.0\n"
    assert tree(root) == before | {f"hieradata/{file}": content.encode()}
    header = f"--- /dev/null\n+++ b/hieradata/{file}\n@@ -0,0 +1,2 @@\n+---\n+indextts2::revision: v2.5.0\n"
    assert sorted(result.output.splitlines()) == sorted((header + reached).splitlines())


def test_nothing_is_written_where_the_file_says_so_already(root: Path) -> None:
    path = root / "hieradata/env/staging.yaml"
    stamp = path.stat()
    result = run("indextts2", "v2.0.0", "--env", "staging")
    assert result.exit_code == 0
    assert result.output.startswith(
        "hieradata/env/staging.yaml says indextts2::revision: v2.0.0 already\nreaches 2 "
    )
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (stamp.st_mtime_ns, stamp.st_ino)


def test_a_file_without_any_data_is_filled(root: Path) -> None:
    (root / "hieradata/env/staging.yaml").write_bytes(b"# Nothing yet.\r\n")
    assert run("indextts2", "v2.5.0", "--env", "staging").exit_code == 0
    assert (
        root / "hieradata/env/staging.yaml"
    ).read_bytes() == b"# Nothing yet.\r\nindextts2::revision: v2.5.0\r\n"
