"""What nothing needs is told and deleted, with the room that it gives; all else stays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unit.weights.store_node import CONTENT, ONE, OTHER, TWO, Node
from weights.files import alone

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2


@pytest.fixture
def moved(node: Node) -> Node:
    """A node that went over from one bundle to the other, and that keeps no release of the first."""
    for folder in (ONE, TWO):
        node.run("fetch", folder)
    node.describe(str(node.nas), wanted=TWO)
    node.keep("v24-2222222.0000000b", TWO)
    return node


def used(folder: Path) -> int:
    """Count the bytes that the files of a folder take on the disk, each once."""
    files = [path.lstat() for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    return sum({one.st_ino: one.st_blocks * 512 for one in files}.values())


def listed(node: Node, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What `list` calls old, with the bytes that it would free."""
    capsys.readouterr()
    assert node.run("list", "--json") == 0
    old: dict[str, dict[str, Any]] = json.loads(capsys.readouterr().out)["old"]
    return old


def test_an_old_bundle_is_told_and_goes_with_the_room_that_it_alone_takes(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    before = used(moved.cache)
    told = listed(moved, capsys)
    assert list(told) == [ONE] and told[ONE]["stays"] is None
    assert moved.run("list") == 0
    assert f"{ONE}  is whole; nothing needs it: 0.3 MiB\n" in capsys.readouterr().out
    assert moved.run("prune") == 0
    assert capsys.readouterr().out == f"deleted {ONE}, which frees 0.3 MiB\n"
    assert not (moved.cache / ONE).exists() and moved.is_whole(TWO, OTHER)
    assert before - used(moved.cache) == told[ONE]["bytes"] > 0
    assert len(list(moved.cache.glob("store/blobs/*"))) == len(OTHER)
    assert moved.run("prune") == 0
    assert capsys.readouterr().out == ""
    assert listed(moved, capsys) == {}


@pytest.mark.parametrize("kept", ["deployment", "slot", "another service"])
def test_what_a_kept_unit_names_stays(moved: Node, kept: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A slot's unit may outlive its deployment, and two services may be given one folder."""
    if kept == "another service":
        (moved.told / "linked").symlink_to(moved.cache)
        moved.cache, real = moved.told / "linked", moved.cache
        moved.describe(wanted=ONE, service="asr")
        moved.cache = real
    else:
        moved.keep("indextts2-webui@0-blue" if kept == "slot" else "v23-1111111.0000000a", ONE)
    assert moved.run("prune") == 0
    assert moved.is_whole(ONE, CONTENT) and moved.is_whole(TWO, OTHER)
    assert listed(moved, capsys) == {}


def test_a_name_that_goes_on_is_another_bundle(moved: Node, capsys: pytest.CaptureFixture[str]) -> None:
    moved.keep("v23-1111111.0000000a", f"{ONE}0")
    assert list(listed(moved, capsys)) == [ONE]


def test_what_cannot_be_read_may_need_anything(moved: Node, capsys: pytest.CaptureFixture[str]) -> None:
    (moved.told / "asr.json").write_text("{}")
    assert moved.run("prune") == 1
    assert "asr.json: KeyError" in capsys.readouterr().err
    assert moved.is_whole(ONE, CONTENT)


def test_a_bundle_that_the_catalogue_has_no_more_is_found(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    del moved.bundles[ONE]
    moved.describe(str(moved.nas), wanted=TWO)
    assert moved.run("list") == 0
    assert f"{ONE}  nothing needs it: 0.3 MiB\n" in capsys.readouterr().out
    assert moved.run("prune") == 0
    assert not (moved.cache / ONE).exists()


def test_what_goes_while_it_is_listed_does_not_stop_the_list(
    moved: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # as a fetch takes in what has arrived, or a prune deletes
    lstat = os.lstat

    def look(path: str) -> os.stat_result:
        if str(path).endswith("gpt.pth") or "/store/blobs/" in str(path):
            raise FileNotFoundError(2, "No such file or directory", path)
        return lstat(path)

    monkeypatch.setattr(os, "lstat", look)
    assert ONE in listed(moved, capsys)


def test_a_bundle_that_the_catalogue_has_no_more_is_listed_while_it_is_needed(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    del moved.bundles[ONE]
    moved.describe(str(moved.nas), wanted=TWO)
    moved.keep("v23-1111111.0000000a", ONE)
    assert moved.run("list") == 0
    assert re.search(f"^{ONE}  is here.*; needed by v23-1111111.0000000a$", capsys.readouterr().out, re.M)


def test_what_the_store_did_not_make_stays(
    moved: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    for folder in ("hub", "modelscope", "backup", "backup-0123abc", f"{ONE}.old"):
        (moved.cache / folder).mkdir()
        (moved.cache / folder / "own").write_text("mine")
    os.unlink(moved.cache / f"{ONE}.old" / "own")
    os.link(moved.cache / ONE / "gpt.pth", moved.cache / f"{ONE}.old" / "gpt.pth")
    os.rename(moved.cache / ONE, elsewhere)
    (moved.cache / ONE).symlink_to(elsewhere)
    (moved.cache / "file-0123abc").write_text("mine")
    assert listed(moved, capsys) == {}
    assert moved.run("prune") == 0
    assert sorted(os.listdir(moved.cache)) == sorted(
        ["hub", "modelscope", "backup", "backup-0123abc", f"{ONE}.old", ONE, TWO, "file-0123abc", "store"]
    )
    assert (elsewhere / "gpt.pth").exists()


@pytest.mark.parametrize("kind", ["file", "link", "link to weights", "folder of files"])
def test_a_bundle_with_something_else_in_it_stays_and_is_told(
    moved: Node, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = moved.cache / ONE / "notes"
    if kind.startswith("link"):
        path.symlink_to("/etc" if kind == "link" else moved.cache / TWO / "gpt.pth")
    elif kind == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        path = path / "own"
        path.write_text("mine")
    said = f"{path.relative_to(moved.cache)} is none of the store's (move it away)"
    assert listed(moved, capsys)[ONE]["stays"] == said
    assert moved.run("prune") == 0
    assert capsys.readouterr().out == f"{ONE} stays: {said}\n"
    assert (moved.cache / ONE / "gpt.pth").read_bytes() == CONTENT["gpt.pth"] and path.lstat()
    os.unlink(path)
    assert moved.run("prune") == 0
    assert not (moved.cache / ONE).exists()


def test_a_bundle_that_was_damaged_goes_and_what_was_set_aside_of_it(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    path = moved.cache / ONE / "gpt.pth"
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(bytes(300_000))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    moved.describe("/there/is/none", wanted=TWO)
    assert moved.run("verify") == 1
    assert moved.damaged and path.exists(), "as it was not fetched again"
    capsys.readouterr()
    size = used(moved.cache)
    assert moved.run("prune") == 0
    out = capsys.readouterr().out
    assert "deleted store/damaged, which frees 0.0 MiB\n" in out, "its bundle has it still"
    assert f"deleted {ONE}, which frees 0.3 MiB\n" in out
    assert not moved.damaged and moved.is_whole(TWO, OTHER)
    assert size - used(moved.cache) > 300_000


def test_what_cut_off_runs_left_goes_but_of_what_is_wanted(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    store = moved.cache / "store"
    for folder in (ONE, TWO):
        (store / "incoming" / folder).mkdir()
        (store / "incoming" / folder / "gpt.pth.part").write_bytes(bytes(100_000))
    (store / "old").mkdir()
    os.rename(moved.cache / ONE, store / "old" / ONE)
    (store / ONE).mkdir()
    os.link(store / "old" / ONE / "gpt.pth", store / ONE / "gpt.pth")
    (store / "theirs").mkdir()
    (store / "theirs" / "own").write_text("mine")
    told = listed(moved, capsys)
    assert sorted(told) == [f"store/{ONE}", f"store/incoming/{ONE}", f"store/old/{ONE}", "store/theirs"]
    size = used(moved.cache)
    assert moved.run("prune") == 0
    assert size - used(moved.cache) == sum(one["bytes"] for one in told.values() if not one["stays"])
    assert sorted(os.listdir(store)) == ["blobs", "incoming", "theirs"]
    assert os.listdir(store / "incoming") == [TWO]
    assert len(os.listdir(store / "blobs")) == len(OTHER)
    assert f"deleted store/incoming/{ONE}, which frees 0.1 MiB\n" in capsys.readouterr().out


def test_blobs_that_a_needed_bundle_waits_for_stay(moved: Node) -> None:
    """A fetch may have been killed before it laid them out, or somebody has taken the folder away."""
    subprocess.run(["rm", "-r", moved.cache / TWO], check=True)
    (moved.cache / "store" / "blobs" / ("0" * 64)).write_text("of no bundle")
    (moved.cache / "store" / "blobs" / "own").write_text("mine")
    assert moved.run("prune") == 0
    moved.describe("/there/is/none", wanted=TWO)
    assert moved.run("fetch", TWO) == 0
    assert moved.is_whole(TWO, OTHER)
    assert len(list(moved.cache.glob("store/blobs/*"))) == len(OTHER) + 1
    assert (moved.cache / "store" / "blobs" / "own").exists()


def test_without_its_store_a_bundle_is_one_still(moved: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["rm", "-r", moved.cache / "store"], check=True)
    given: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "chown", lambda *arguments: given.append(arguments))
    assert moved.run("prune") == 0
    assert sorted(os.listdir(moved.cache)) == [TWO, "store"]
    owner = moved.cache.stat()
    made = [f"{moved.cache}/{folder}" for folder in ("store", "store/incoming", "store/old")]
    assert given == [(path, owner.st_uid, owner.st_gid) for path in made], "root may have run it"


def test_a_link_of_a_blob_that_somebody_touched_is_the_stores_still(moved: Node) -> None:
    os.utime(moved.cache / ONE / "gpt.pth")
    assert moved.run("prune") == 0
    assert not (moved.cache / ONE).exists()


def test_what_is_wanted_from_now_on_gets_its_name_back(
    moved: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An agent's run finds a bundle whole, and has said before that it wants it."""
    rename = os.rename

    def want(path: str, target: str) -> None:
        moved.describe(str(moved.nas), wanted=ONE)
        rename(path, target)

    monkeypatch.setattr(os, "rename", want)
    assert moved.run("prune") == 0
    assert capsys.readouterr().out == f"{ONE} stays: Puppet needs it by now\n"
    assert moved.is_whole(ONE, CONTENT)


def test_what_is_wanted_when_a_prune_was_killed_is_laid_out_again_without_a_source(
    moved: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def killed(path: str, target: str) -> None:
        rename(path, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        moved.run("prune")
    monkeypatch.setattr(os, "rename", rename)
    moved.describe("/there/is/none", wanted=ONE)
    assert moved.run("prune") == 0
    assert not (moved.cache / "store" / "old").exists()
    assert moved.run("fetch", ONE) == 0
    assert moved.is_whole(ONE, CONTENT)


def test_what_somebody_puts_into_it_at_the_last_moment_saves_it(
    moved: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rename = os.rename

    def put(path: str, target: str) -> None:
        monkeypatch.setattr(os, "rename", rename)
        (moved.cache / ONE / "own").write_text("mine")
        rename(path, target)

    monkeypatch.setattr(os, "rename", put)
    assert moved.run("prune") == 0
    assert "none of the store's" in capsys.readouterr().out
    assert (moved.cache / ONE / "own").exists() and (moved.cache / ONE / "gpt.pth").exists()


def test_where_nobody_can_say_any_more_what_is_needed_it_gets_its_name_back(
    moved: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def spoil(path: str, target: str) -> None:
        (moved.told / "asr.json").write_text("{}")
        rename(path, target)

    monkeypatch.setattr(os, "rename", spoil)
    assert moved.run("prune") == 1
    assert moved.is_whole(ONE, CONTENT)


def test_one_that_cannot_be_deleted_does_not_keep_others_from_it(
    moved: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (moved.cache / "store" / "incoming" / ONE).mkdir()
    remove = os.rmdir

    def refuse(path: str, **at: int) -> None:
        if str(path).endswith(f"incoming/{ONE}"):
            raise PermissionError(1, "Operation not permitted", path)
        remove(path, **at)

    monkeypatch.setattr(os, "rmdir", refuse)
    assert moved.run("prune") == 1
    said = f"store/incoming/{ONE}: is not deleted: Operation not permitted"
    assert said in capsys.readouterr().err
    assert not (moved.cache / ONE).exists()


def test_nothing_goes_while_somebody_fetches_and_what_is_said_meanwhile_counts(
    moved: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone(f"{moved.cache}/store/incoming"):
        pruning = threading.Thread(target=moved.run, args=["prune"])
        pruning.start()
        pruning.join(0.5)
        assert pruning.is_alive() and (moved.cache / ONE).exists()
        assert capsys.readouterr().err == "weights: another weights is at work; waiting for it\n"
        moved.describe(str(moved.nas), wanted=ONE)
    pruning.join(20)
    assert moved.is_whole(ONE, CONTENT)


def test_the_weekly_reading_fetches_nothing_that_goes_meanwhile(
    moved: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = os.path.isdir

    def then_prune(path: str) -> bool:
        found = asked(path)
        if path == f"{moved.cache}/{ONE}" and found:
            monkeypatch.undo()
            moved.run("prune")
        return found

    monkeypatch.setattr("weights.cli.os.path.isdir", then_prune)
    assert moved.run("verify") == 0
    assert not (moved.cache / ONE).exists() and moved.is_whole(TWO, OTHER)


def test_no_file_goes_before_a_power_cut_cannot_bring_the_name_back(
    moved: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk gets the new name first, in both folders that know of it."""
    trace: list[str] = []

    def traced(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: object, **more: object) -> object:
            at = os.readlink(f"/proc/self/fd/{arguments[0]}") if name == "fsync" else arguments[0]
            trace.append(f"{name} {at}")
            return real(*arguments, **more)

        monkeypatch.setattr(os, name, call)

    for name in ("rename", "fsync", "unlink"):
        traced(name)
    assert moved.run("prune") == 0
    first = next(at for at, step in enumerate(trace) if step.startswith("unlink"))
    assert trace[:first] == [
        f"rename {moved.cache}/{ONE}",
        f"fsync {moved.cache}/store/old",
        f"fsync {moved.cache}",
    ]


def test_a_listing_loads_nothing_that_fetches(moved: Node) -> None:
    """`releases status` asks for it."""
    program = (
        "import sys; from weights.cli import main; code = main(sys.argv[2:], sys.argv[1]);"
        "assert not {'weights.store', 'weights.fetch', 'subprocess', 'threading'} & set(sys.modules);"
        "sys.exit(code)"
    )
    command = [sys.executable, "-S", "-c", program, str(moved.told), "indextts2", "list", "--json"]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, env=paths, check=False, stdout=subprocess.DEVNULL).returncode == 0
