"""Edits of YAML: only what is wanted changes, or nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator import yaml_edit
from generator.errors import FleetError, InputError
from generator.yaml_edit import set_value, write_beside

#: A catalogue as people keep it.
CATALOGUE = """\
---
# The releases that exist.
indextts2::releases:
  v1.5.0:
    # No bundle of weights.
    commit: 9098497272d5803bae46cbaf5154cf2ba48f6866
    install: requirements
    python: '3.11'
    flags: [--verbose, --port]
  v2.5.0:
    commit: 39207d91c30899cad1e7c1b9eb678c241f678e55  # annotated
    install: lock
    flags:
      - --verbose
      - --gui_seg_tokens

indextts2::weights:
  IndexTTS-2: {repository: IndexTeam/IndexTTS-2}
"""

#: text, path, value, what comes out
EDITS: list[tuple[str, tuple[str, ...], Any, str]] = [
    # an existing value keeps its quotes, its spaces and the comment behind it
    ("a: v1\n", ("a",), "v2", "a: v2\n"),
    ("a: v1", ("a",), "v2", "a: v2"),
    ("a:   v1   # v1\n", ("a",), "v2", "a:   v2   # v1\n"),
    ("a: 'v1' # c\n", ("a",), "v2", "a: 'v2' # c\n"),
    ('a: "v1" # c\n', ("a",), "v2", 'a: "v2" # c\n'),
    ("a: 'v1'\n", ("a",), "it's", "a: 'it''s'\n"),
    ("a: v1\n", ("a",), "no", "a: 'no'\n"),
    ("a: v1\n", ("a",), "1e3", "a: '1e3'\n"),
    ("a: v1\n", ("a",), "2024-1-1", "a: '2024-1-1'\n"),
    ("a: v1\n", ("a",), "x: y # z", "a: 'x: y # z'\n"),
    ("a: 'v1'\n", ("a",), "x\ty\n", 'a: "x\\ty\\n"\n'),
    ("a: v1\n", ("a",), "", "a: ''\n"),
    ("a: v1\n", ("a",), True, "a: true\n"),
    ("a: 1\n", ("a",), True, "a: true\n"),
    ("a: 'x'\n", ("a",), 0.5, "a: 0.5\n"),
    ("a: v1\n", ("a",), None, "a: ~\n"),
    ("a: on\n", ("a",), True, "a: on\n"),
    ("a: 喜😀 # 😀\nb: v1 # 喜\n", ("b",), "v2", "a: 喜😀 # 😀\nb: v2 # 喜\n"),
    ("\ufeffa: v1\n", ("a",), "v2", "\ufeffa: v2\n"),
    ("a: v1 # c\r\nb: 1\r\n", ("a",), "v2", "a: v2 # c\r\nb: 1\r\n"),
    # over several lines
    ("a:\n  v1 # c\nb: 1\n", ("a",), "v2", "a:\n  v2 # c\nb: 1\n"),
    ("a: v\n  1 # c\nb: 1\n", ("a",), "v2", "a: v2 # c\nb: 1\n"),
    ("a: |  # c\n  x\n\n  y\n\n# d\nb: 1\n", ("a",), "v2", "a: v2  # c\n\n# d\nb: 1\n"),
    ("a: >-\r\n  x\r\nb: 1\r\n", ("a",), "v2", "a: v2\r\nb: 1\r\n"),
    ("a: |+\n  x\n\nb: 1\n", ("a",), "v2", "a: v2\n\nb: 1\n"),
    ("a: [x,\n  y] # c\nb: 1\n", ("a",), "v2", "a: v2 # c\nb: 1\n"),
    ("a:\n- x\n- y\n# d\nb: 1\n", ("a",), "v2", "a: v2\n# d\nb: 1\n"),
    ("a: # c\n  x: 1\nb: 1\n", ("a",), "v2", "a: v2 # c\nb: 1\n"),
    # nothing there yet
    ("a:\nb: 1\n", ("a",), "v2", "a: v2\nb: 1\n"),
    ("a: # c\nb: 1\n", ("a",), "v2", "a: v2 # c\nb: 1\n"),
    ("a: ~\n", ("a", "b"), "v2", "a:\n  b: v2\n"),
    ("", ("a::b",), "v2", "---\na::b: v2\n"),
    ("---\n# c", ("a",), "v2", "---\n# c\na: v2\n"),
    ("# c\r\n", ("a",), "v2", "# c\r\na: v2\r\n"),
    ("---\n# c\n{}\n", ("a", "b"), "v2", "---\n# c\na:\n  b: v2\n"),
    ("--- {}\n", ("a",), "v2", "--- {a: v2}\n"),
    # lists and mappings
    ("a: v1 # c\nb: 1\n", ("a",), ["x", "--y"], "a: # c\n  - x\n  - --y\nb: 1\n"),
    ("a: [x]\n", ("a",), [], "a: []\n"),
    ("a: [x, y] # c\n", ("a",), [["x", 1], {"y": [2]}], "a: # c\n  - - x\n    - 1\n  - y:\n      - 2\n"),
    ("a:\n- x\n- y # c\nb: 1\n", ("a",), {"k": 1}, "a:\n  k: 1 # c\nb: 1\n"),
    ("a: {b: [x]}\n", ("a", "b"), ["y", {"z": 1}], "a: {b: [y, {z: 1}]}\n"),
    ("a:\n  x: 1 # x\n  # y\n  y: 2\n  z: [1]\nb: 1\n", ("a",), {"x": 1, "z": [1], "n": {"m": 2}},
     "a:\n  x: 1 # x\n  # y\n  z: [1]\n  n:\n    m: 2\nb: 1\n"),
    ("a:\n  x: 1 # x\n  y: 2", ("a",), {"y": 3}, "a:\n  y: 3"),
    ("a: {x: 1, y: 2}\n", ("a",), {"y": 3}, "a:\n  y: 3\n"),
    # a new key goes to the end of its mapping, before what is less indented
    ("a: 1", ("b",), "v2", "a: 1\nb: v2"),
    ("a: 1 # c\n\n# d\n", ("b",), "v2", "a: 1 # c\nb: v2\n\n# d\n"),
    ("a:\n    x: 1\n    # x\n  # less\n\nb: 1\n", ("a", "y"), 2, "a:\n    x: 1\n    # x\n    y: 2\n  # less\n\nb: 1\n"),
    ("a: {x: 1} # c\n", ("a", "y"), {"z": [2]}, "a: {x: 1, y: {z: [2]}} # c\n"),
    ("a: {x: 1,\n  y: , } # c\n", ("a", "z"), 1, "a: {x: 1,\n  y: , z: 1, } # c\n"),
    ("a: 1\n...\n", ("b",), 2, "a: 1\nb: 2\n...\n"),
    ("a: |\n  b: 1\n\n", ("b",), 2, "a: |\n  b: 1\nb: 2\n\n"),
    ("a: |+\n  b: 1\n\n", ("b",), 2, "a: |+\n  b: 1\n\nb: 2\n"),
    ("a: 1\n", ("it's: b",), 2, "a: 1\n'it''s: b': 2\n"),
    # the key that is meant, and none that looks like it
    ("# a: v0\nx: {a: v1}\nt: |\n  a: v2\nq: 'a: v3\n  a: v4'\na: v5\ny:\n  a: v6\n", ("a",), "v9",
     "# a: v0\nx: {a: v1}\nt: |\n  a: v2\nq: 'a: v3\n  a: v4'\na: v9\ny:\n  a: v6\n"),
    ("'a::b' : v1\n\"c\": v1\n", ("a::b",), "v2", "'a::b' : v2\n\"c\": v1\n"),
    ("'a::b': v1\n\"\\x63\" : v1\n", ("c",), "v2", "'a::b': v1\n\"\\x63\" : v2\n"),
    ("1: x\n'1': y\n", ("1",), "v2", "1: x\n'1': v2\n"),
    ("? a\n: v1\n", ("a",), "v2", "? a\n: v2\n"),
    # an alias is one's own business, what it names is not
    ("a: &x v1\nb: *x\n", ("b",), "v2", "a: &x v1\nb: v2\n"),
    ("a: &x {p: 1}\nb:\n  <<: *x\n", ("b", "p"), 2, "a: &x {p: 1}\nb:\n  <<: *x\n  p: 2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "value", "wanted"), EDITS)
def test_only_what_is_wanted_changes(text: str, path: tuple[str, ...], value: Any, wanted: str) -> None:
    assert set_value(text, path, value) == wanted
    assert set_value(wanted, path, value) == wanted, "an edit that is made already changes nothing"


REFUSED: list[tuple[str, tuple[str, ...], Any, str]] = [
    ("a: &x v1\nb: *x\n", ("a",), "v2", "1:4: the anchor &x gives this value to other keys too"),
    ("a: &x\n  k: v1\nb: *x\n", ("a", "k"), "v2", "1:4: the anchor &x gives"),
    ("a:\n  k: &x v1\nb: *x\n", ("a",), {"l": 1}, "2:6: the anchor &x gives"),
    ("a:\n  k: &x v1\n  l: 1\nb: *x\n", ("a",), {"l": 1}, "2:6: the anchor &x gives"),
    ("a: &x {k: v1}\nb: *x\n", ("b", "k"), "v2", "2:4: this is the value of another key"),
    ("a: &x\n  k: {l: 1, m: 2}\nb:\n  <<: *x\n", ("b", "k", "l"), 2, "4:3: '<<' may bring k in here"),
    ("a: v1\n", ("a", "b"), "v2", "1:4: this is no mapping, so b cannot be set in it"),
    ("a: [1]\n", ("a", "b"), "v2", "1:4: this is no mapping"),
    ("- a\n", ("a",), "v2", "1:1: this is no mapping"),
    ("[]\n", ("a",), "v2", "1:1: this is no mapping"),
    ("a: 1\nb: 2\n'a': 3\n", ("b",), "v2", "3:1: the key a is here twice"),
    ("a: 1\n---\nb: 2\n", ("b",), "v2", "3:1: a second document begins here"),
    ("a: !x 1\n", ("b",), "v2", "1:4: the tag !x is not allowed"),
    ("a: 1\n [x]: 2\n", ("b",), "v2", "2:5: broken YAML"),
    ("[x]: 2\n", ("b",), "v2", "1:1: a key must be text"),
    ("a: 'x\n", ("a",), "v2", "1:4: broken YAML: this quoted text never ends"),
    ("a: " + "[" * 64 + "]" * 64, ("a",), "v2", "nested deeper than 64"),
    ("? a\n: v1\n", ("a",), [1], "1:3: the ':' of this key is not beside it"),
    # an end of line behind the text would become part of it
    ("a: |\n  x", ("b",), 1, "1:1: b cannot be set without changing something else"),
    ("---\n...\n", ("a",), 1, "1:1: a cannot be set without"),
    ("{a}\n", ("a",), 1, "1:1: a cannot be set without"),
    ("a: 1\n", ("b",), float("nan"), "1:1: b cannot be set without"),
    ("a: 1\n", ("b",), "\ud800", "1:1: b cannot be set without"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "value", "sentence"), REFUSED)
def test_what_cannot_be_done_well_is_refused(
    text: str, path: tuple[str, ...], value: Any, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        set_value(text, path, value, Path("x.yaml"))
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("x.yaml:")


def test_a_release_is_added_in_the_style_of_the_catalogue() -> None:
    last = "      - --gui_seg_tokens\n"
    release = {"commit": "9" * 40, "install": "lock", "lock_sha256": "5a" * 32, "python": "3.11",
               "weights": "IndexTTS-2.5", "flags": ["--verbose", "--model_dir"]}  # fmt: skip
    written = f"""\
  v9.9.9-rc1:
    commit: '{"9" * 40}'
    install: lock
    lock_sha256: {"5a" * 32}
    python: '3.11'
    weights: IndexTTS-2.5
    flags:
      - --verbose
      - --model_dir
"""
    edited = set_value(CATALOGUE, ("indextts2::releases", "v9.9.9-rc1"), release)
    assert edited == CATALOGUE.replace(last, last + written)


def test_a_release_that_is_pinned_anew_changes_only_what_differs() -> None:
    pinned = yaml.safe_load(CATALOGUE)["indextts2::releases"]["v1.5.0"]
    edited = set_value(CATALOGUE, ("indextts2::releases", "v1.5.0"), pinned | {"commit": "a" * 40})
    assert edited == CATALOGUE.replace(pinned["commit"], "a" * 40)


def test_an_edit_that_goes_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (
        "a: v2\n",
        "a: v2\nb: 2\n",
        "a: v1\nb: 1\n",
        "a: v2\nb: 1\nc: 1\n",
        "a: v2\nb: '1'\n",
        "a: 'v2\n",
        "b: 1\na: v2\nb: 1\n",
    ):
        monkeypatch.setattr(yaml_edit, "apply", lambda text, cuts, wrong=wrong: wrong)
        with pytest.raises(InputError, match="without changing something else"):
            set_value("a: v1\nb: 1\n", ("a",), "v2")


def test_a_file_is_replaced_at_one_stroke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "env" / "prod.yaml"
    write_beside(path, "a: 1\r\n")
    assert path.read_bytes() == b"a: 1\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o600)
    inode = path.stat().st_ino
    write_beside(path, "a: é\n")
    assert path.read_bytes() == "a: é\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_ino != inode, "who reads the old file goes on reading all of it"

    def full(_: int) -> None:
        assert path.read_bytes() == "a: é\n".encode(), "until all is on the disk, the old content stands"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FleetError, match="No space left"):
        write_beside(path, "a: 3\n")
    assert path.read_bytes() == "a: é\n".encode()
    assert [child.name for child in path.parent.iterdir()] == ["prod.yaml"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("")
    with pytest.raises(FleetError, match=r"prod\.yaml: cannot write it: "):
        write_beside(tmp_path / "env" / "prod.yaml", "a: 1\n")
