"""Files of data: which belong to no layer, and how one is searched for a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.errors import InputError
from generator.hiera import Data, Hierarchy, files
from generator.yaml_text import MAX_BYTES
from tests.unit.hiera.tree import HIERA, write
from tests.unit.mistakes import in_time

IN_A_LAYER = {
    "d/nodes/x.example.yaml": "node", "d/os/Debian.yaml": "os", "d/place/p.yaml": "places", "d/one/a.yaml": "one",
    "d/deep/a.yaml": "deep", "d/deep/b/c/a.yaml": "deep", "d/x/a/Rocky-9.yaml": "deep", "e/Debian/common.yaml": "elsewhere",
    "d/nodes/x/y.yaml": None, "d/nodes/.yaml": None, "d/nodes/x.yml": None, "d/one/.hidden.yaml": None,
    "d/one/b/a.yaml": None, "d/deep/.b/a.yaml": None, "d/x/c/Rocky-9.yaml": None, "d/README.md": None,
    "e/common.yaml": None, "d/x/a/-9.yaml": None,
}  # fmt: skip


def test_a_file_in_no_layer_is_found(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA)
    for name in IN_A_LAYER:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    found = {
        str(path.relative_to(tmp_path)): level and level.name
        for path, level in files(Hierarchy.load(tmp_path)).items()
    }
    assert found == IN_A_LAYER


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA, elsewhere__one="{}")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "one").symlink_to(tmp_path / "elsewhere")
    assert {path.name: level for path, level in files(Hierarchy.load(tmp_path)).items()} == {"one": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a::b: 1\n", True), ("'a::b': 1\n", True), ('"a\\x3a:b": 1\n', True), ("? a::b\n: 1\n", True),
        ("x: {'a::b': 1}\n", False), ("# a::b\nx: 1\n", False), ("", False),
    ],
)  # fmt: skip
def test_a_key_is_found_however_it_is_written(text: str, holds: bool, tmp_path: Path) -> None:
    path = write(tmp_path, x=text) / "x.yaml"
    assert Data().holds(path, "a::b") is holds


def test_only_files_that_may_have_the_key_are_parsed(tmp_path: Path) -> None:
    write(tmp_path, broken="a: [\n")
    assert not Data().holds(tmp_path / "broken.yaml", "b")
    with pytest.raises(InputError):
        Data().holds(tmp_path / "broken.yaml", "a")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, x="a: 1\n") / "x.yaml"
    data = Data()
    assert data.holds(path, "a")
    path.unlink()
    assert data.exists(path)
    assert data.read(path) is data.read(path)


def test_no_more_than_a_file_of_usual_size_is_read_and_nothing_is_waited_for(tmp_path: Path) -> None:
    # /dev/zero without an end, or a pipe that nobody writes into
    with (tmp_path / "big").open("wb") as big:
        big.truncate(MAX_BYTES + 1)
    (tmp_path / "big.yaml").symlink_to("big")
    (tmp_path / "device.yaml").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe.yaml")
    said = {
        "big": "bigger than 1 MiB",
        "device": "this is no regular file",
        "pipe": "this is no regular file",
    }
    with in_time():
        for name, message in said.items():
            assert Data().exists(tmp_path / f"{name}.yaml")
            with pytest.raises(InputError, match=message):
                Data().holds(tmp_path / f"{name}.yaml", "a")
