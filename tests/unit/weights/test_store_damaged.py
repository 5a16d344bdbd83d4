"""Weights that were damaged are noticed, kept aside and fetched again, whatever came between."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.unit.weights.store_node import CONTENT, ONE, OTHER, TWO, Node
from weights.bundle import File
from weights.measure import measure
from weights.store import Store

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2


def _truncate(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    path.chmod(0o644)
    content = path.read_bytes()
    path.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [_truncate, _flip, Path.unlink, _link, _folder])
def test_a_damaged_file_is_noticed_and_fetched_again(node: Node, damage: object) -> None:
    node.run("fetch", ONE)
    assert callable(damage)
    damage(node.cache / ONE / "gpt.pth")
    assert node.run("check", ONE) == 1
    (node.nas / ONE / "config.yaml").unlink()  # whose bytes are on the node
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def test_a_blob_that_is_gone_is_taken_from_its_link(node: Node) -> None:
    node.run("fetch", ONE)
    for blob in node.cache.glob("store/blobs/*"):
        blob.unlink()
    node.describe("/there/is/none")
    assert node.run("fetch", TWO) == 1
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)
    assert len(list(node.cache.glob("store/blobs/*"))) == 3


def test_a_file_whose_time_alone_is_another_is_read_and_kept(node: Node) -> None:
    node.run("fetch", ONE)
    os.utime(node.cache / ONE / "gpt.pth")
    assert node.run("check", ONE) == 1
    node.describe("/there/is/none")
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT) and not node.damaged


def test_what_rots_in_silence_is_found_by_reading_all_and_kept_aside(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    node.run("fetch", ONE)
    path = node.cache / ONE / "gpt.pth"
    before = path.stat()
    _flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert node.run("check", ONE) == 0, "sizes and times do not tell"
    assert node.run("verify") == 0
    assert node.is_whole(ONE, CONTENT)
    assert len(node.damaged) == 1 and node.damaged[0].read_bytes() != CONTENT["gpt.pth"]
    assert "kept as" in capsys.readouterr().out


def test_what_is_damaged_and_cannot_be_fetched_is_not_taken_for_right(node: Node) -> None:
    node.run("fetch", ONE)
    path = node.cache / ONE / "gpt.pth"
    before = path.stat()
    _flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    node.describe("/there/is/none")
    assert node.run("verify") == 1
    assert path.exists(), "it may be better than nothing"
    assert node.run("check", ONE) == 1
    node.describe(str(node.nas))
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def test_what_arrived_before_is_held_against_its_digest(node: Node) -> None:
    """Power may be cut between the name and the bytes, and another list may want another file of that name."""
    (node.cache / "store" / "incoming" / ONE).mkdir(parents=True)
    (node.cache / "store" / "incoming" / ONE / "gpt.pth").write_bytes(bytes(300_000))
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def test_a_copy_that_was_cut_off_with_wrong_bytes_does_not_discredit_the_source(node: Node) -> None:
    (node.cache / "store" / "incoming" / ONE).mkdir(parents=True)
    (node.cache / "store" / "incoming" / ONE / "gpt.pth.copy").write_bytes(bytes(1000))
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def _rot(path: Path) -> None:
    """Change a byte, and keep the time."""
    before = path.stat()
    _flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_without_its_blob_a_file_is_read_before_it_is_one_again(node: Node) -> None:
    node.run("fetch", ONE)
    shutil.rmtree(node.cache / "store")
    _rot(node.cache / ONE / "gpt.pth")
    assert node.run("verify") == 0
    assert node.is_whole(ONE, CONTENT)


def test_the_same_file_may_rot_again(node: Node) -> None:
    node.run("fetch", ONE)
    path = node.cache / ONE / "gpt.pth"
    (node.cache / "store" / "damaged").mkdir()
    digest = hashlib.sha256(CONTENT["gpt.pth"]).hexdigest()
    os.link(path, node.cache / "store" / "damaged" / f"{digest}.{path.stat().st_ino}")
    _rot(path)
    assert node.run("verify") == 0
    assert node.is_whole(ONE, CONTENT)


def test_what_cannot_be_read_is_damaged(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """So says a disk that dies."""
    node.run("fetch", ONE)
    dying = (node.cache / ONE / "gpt.pth").stat().st_ino

    def read(folder: str, path: str) -> File:
        if os.stat(os.path.join(folder, path)).st_ino == dying:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return measure(folder, path)

    monkeypatch.setattr("weights.store.measure", read)
    assert node.run("verify") == 0
    assert node.is_whole(ONE, CONTENT)
    assert (node.cache / ONE / "gpt.pth").stat().st_ino != dying


def test_one_that_cannot_be_mended_does_not_keep_others_from_it(node: Node) -> None:
    node.run("fetch", ONE)
    node.run("fetch", TWO)
    for folder in (ONE, TWO):
        _rot(node.cache / folder / "gpt.pth")
    (node.nas / ONE / "gpt.pth").unlink()
    (node.cache / "store" / "blobs" / "0junk").mkdir()
    assert node.run("verify") == 1
    assert node.run("check", ONE) == 1
    assert node.is_whole(TWO, OTHER)


def test_what_could_not_be_set_aside_is_said_beside_what_could_not_be_fetched(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    node.run("fetch", ONE)
    for path in [*node.nas.rglob("gpt.pth"), *node.cache.rglob("gpt.pth")]:
        path.unlink()
    for blob in (node.cache / "store" / "blobs").iterdir():
        blob.chmod(0o644)
        blob.write_text("rotten")

    def read(store: Store, digest: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Store, "_read", read)
    capsys.readouterr()
    assert node.run("verify") == 1
    said = capsys.readouterr().err
    assert "is damaged, and stays: Input/output error" in said
    assert "could not be fetched" in said


@pytest.mark.parametrize("place", [f"{ONE}", f"{ONE}.partial", f"store/{ONE}"])
def test_what_lies_where_the_bundle_is_to_be_does_not_stop_it(node: Node, place: str) -> None:
    (node.cache / place).parent.mkdir(exist_ok=True)
    (node.cache / place).write_text("in the way")
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)
