"""``fleet explain --file``: each key of a file, and whom it reaches."""

from __future__ import annotations

import json
from pathlib import Path

from generator.errors import FleetError
from tests.unit.explain.control import HIERA, run, said


def test_each_key_of_a_file_and_whom_it_reaches(root: Path) -> None:
    path = str(root / "hieradata/common.yaml")
    (root / "hieradata/nodes/n1.example.yaml").write_text("tts::ports: {}\n")
    assert said(root, "--file", path) == """\
hieradata/common.yaml (the whole fleet): read by 4 of 4 known nodes (n1.example, n2.example, n3.example, n4.example)
  4  tts::revision  no node sees it: hieradata/env/staging.yaml, hieradata/env/prod.yaml and 1 more always win
  5  tts::flags     all of them, merged
  6  tts::greeting  all of them
  7  tts::kernel    all of them
  8  tts::secret    all of them
  9  tts::ports     3 nodes (n2.example, n3.example, n4.example); 1 more has its own
"""  # fmt: skip


def test_a_file_of_the_middle(root: Path) -> None:
    assert said(root, "--file", str(root / "hieradata/env/prod.yaml")).splitlines()[1:] == [
        "  1  tts::revision  1 node (n1.example); 1 more has its own",
        "  2  tts::flags     all of them, merged",
    ]
    found = json.loads(said(root, "--file", str(root / "hieradata/env/prod.yaml"), "--json"))
    assert found["readers"] == ["n1.example", "n2.example"]
    assert found["keys"][0]["hidden_by"] == {"hieradata/nodes/n2.example.yaml": 1}


def test_a_file_that_no_known_node_reads(root: Path) -> None:
    (root / "hieradata/env/qa.yaml").write_text("tts::revision: v9\n")
    (root / "README.md").write_text("no: [data\n")
    for name, exit_code, message in (
        ("hieradata/env/qa.yaml", 1, "no known node reads this file"),
        ("hieradata/env/qa.yml", 2, "there is no such file"),
        ("README.md", 1, "no layer of hiera.yaml reads this file"),
        ("tests/facts/debian-12.json", 1, "no layer of hiera.yaml reads this file"),
    ):
        done = run(root, "--file", str(root / name))
        assert isinstance(done.exception, FleetError)
        assert (done.exception.exit_code, str(done.exception), done.output) == (
            exit_code,
            f"{name}: {message}",
            "",
        )
    assert json.loads(run(root, "--file", "hieradata/env/qa.yaml", "--json").output)["level"] is None


def test_a_modules_own_file(root: Path) -> None:
    module = root / "modules/tts"
    (module / "data").mkdir(parents=True)
    (module / "hiera.yaml").write_text("version: 5\n")
    (module / "data/common.yaml").write_text("tts::revision: v0\ntts::packages: [ffmpeg]\n")
    lines = said(root, "--file", str(module / "data/common.yaml")).splitlines()
    assert lines[0].startswith("modules/tts/data/common.yaml (module tts): read by 4 of 4")
    assert lines[1].startswith("  1  tts::revision  no node sees it: ")
    assert lines[2] == "  2  tts::packages  all of them"
    assert "module tts        modules/tts/data/common.yaml:1" in said(root, "n1.example", "tts::revision")


def test_a_file_that_two_levels_read_is_listed_once(root: Path) -> None:
    again = HIERA + '  - {name: once more, glob: "common.*"}\n'
    (root / "hiera.yaml").write_text(again)
    whole = said(root, "n1.example", "tts::revision")
    assert whole.count("hieradata/common.yaml") == 1
    assert whole.count("no file for this node") == 1
