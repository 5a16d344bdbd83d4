"""What is in a file, and where it differs from what it should be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from weights.bundle import PIECE, File
from weights.measure import difference, measure, missing


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1])
def test_a_file_is_measured_whole_and_in_pieces(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    (tmp_path / "gpt.pth").write_bytes(content)
    pieces = [hashlib.sha256(content[at : at + PIECE]).hexdigest() for at in range(0, size, PIECE)]
    found = measure(str(tmp_path), "gpt.pth")
    assert found == File("gpt.pth", size, hashlib.sha256(content).hexdigest(), tuple(pieces))
    assert difference(found, found) is None
    assert missing(str(tmp_path), found) is None


def test_where_a_file_is_damaged_is_said(tmp_path: Path) -> None:
    file = tmp_path / "gpt.pth"
    file.write_bytes(b"a" * (2 * PIECE + 5))
    right = measure(str(tmp_path), "gpt.pth")
    with file.open("r+b") as content:
        content.seek(PIECE + 7)
        content.write(b"b")
    found = measure(str(tmp_path), "gpt.pth")
    assert difference(right, found) == f"is damaged in 1 of 3 pieces, the first from byte {PIECE} on"
    assert (
        difference(right._replace(pieces=()), found) == f"has the sha256 {found.sha256}, not {right.sha256}"
    )
    assert difference(right._replace(sha256=None), found) is None, "nobody knows"


def test_what_is_not_there_is_said_without_reading_it(tmp_path: Path) -> None:
    wanted = File("a/gpt.pth", 3, "a" * 64)
    assert missing(str(tmp_path), wanted) == "is missing"
    (tmp_path / "a" / "gpt.pth").mkdir(parents=True)
    assert missing(str(tmp_path), wanted) == "is no file"
    (tmp_path / "a" / "gpt.pth").rmdir()
    (tmp_path / "a" / "gpt.pth").write_bytes(b"1234")
    assert missing(str(tmp_path), wanted) == "has 4 bytes, not 3"
    assert difference(wanted, measure(str(tmp_path), "a/gpt.pth")) == "has 4 bytes, not 3"
