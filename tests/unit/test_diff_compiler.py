"""The processes that compile: their answers, and their ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.diff.compiler import PROGRAM, compile_pairs
from generator.errors import CommandFailed, FleetError
from generator.inventory import make_node
from tests.unit.control_files import FACTS, write


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program in Ruby's place, beside one in Puppet's."""
    folder = tmp_path / "bin"
    write(folder, {"puppet": "#!/bin/sh\n", "ruby": "#!/bin/sh\n"})
    for name in ("puppet", "ruby"):
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    yield folder / "ruby"


def pairs(tmp_path: Path, count: int = 5) -> list[Any]:
    write(tmp_path, {"tests/facts/debian-12.json": json.dumps(FACTS)})
    nodes = [make_node(tmp_path, f"n{number}.example", "web", "prod", "debian-12") for number in range(count)]
    return list(compile_pairs(tmp_path / "base", tmp_path / "head", nodes, "key"))


def test_a_compiler_that_dies_is_one_line(stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text("#!/bin/sh\necho 'cannot load such file' >&2\necho 'from x' >&2\nexit 3\n")
    with pytest.raises(CommandFailed, match=rf"^{PROGRAM.name} exited 3: cannot load such file$"):
        pairs(tmp_path)
    # it ended well, and answered too little
    stand_in.write_text("#!/bin/sh\nprintf 'n0.example\\t{}\\n'\n")
    with pytest.raises(CommandFailed, match=r"exited 0: no word why$"):
        pairs(tmp_path)


def test_answers_are_paired_whatever_order_they_come_in(stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text(
        """#!/usr/bin/env python3
import json, sys
request = json.load(sys.stdin)
nodes = request["nodes"]
if request["root"].endswith("head"):
    nodes.reverse()
for node in nodes:
    print(node["certname"], json.dumps(request["root"][-4:]), sep="\\t")
"""
    )
    found = pairs(tmp_path, 7)
    assert sorted(pair.certname for pair in found) == [f"n{number}.example" for number in range(7)]
    assert {(pair.before, pair.after) for pair in found} == {('"base"', '"head"')}


def test_without_puppet_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FleetError, match=r"^puppet is not installed; .*make setup"):
        pairs(tmp_path)
