"""``fleet weights`` with a hub: what it has is locked, and mirrored."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from generator import bundle_mirror
from generator.file_list import read_list
from generator.lab.hub import Hub
from tests.unit.weights.desk import FILES, FOLDER, REVISION, Desk, said
from weights.fetch import fetch_folder

#: A password that an address may have, which nobody is to read.
SECRET = "geheim"


@pytest.fixture
def hub(desk: Desk, tmp_path: Path) -> Iterator[str]:
    """A hub that has the bundle, as its own client asks for it."""
    shutil.copytree(desk.folder, tmp_path / "hub" / "IndexTeam" / "IndexTTS-2" / REVISION)
    with Hub(tmp_path / "hub", ("127.0.0.1", 0)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_bundle_is_locked_to_what_a_hub_has(desk: Desk, hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = desk.run("lock", "indextts2", "IndexTTS-2", "--from", hub)
    assert said(done)[0] == 0, done.output
    assert [file.path for file in read_list(desk.root, desk.digest)] == sorted(FILES)
    of_hub = desk.digest
    assert desk.lock().exit_code == 0 and desk.digest == of_hub
    monkeypatch.setenv("HF_ENDPOINT", hub)
    assert "is locked already" in desk.run("lock", "indextts2", "IndexTTS-2", "--from", "hub").stdout


def test_a_mirror_is_filled_from_a_hub(
    desk: Desk, hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lock()
    monkeypatch.setenv("HF_ENDPOINT", hub)
    assert desk.run("mirror", str(tmp_path / "mirror"), "--from", "hub").exit_code == 0
    assert (tmp_path / "mirror" / FOLDER / "gpt.pth").read_bytes() == FILES["gpt.pth"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9: cannot download IndexTeam/IndexTTS-2 at 740dcaff"),
        ("modelscope", "is no hub"),
        ("s3://bucket", "is no hub"),
        ("/there/is/none", "--from /there/is/none: no folder is there"),
    ],
)
def test_what_nothing_can_be_locked_from_is_said(desk: Desk, source: str, message: str) -> None:
    code, text = said(desk.run("lock", "indextts2", "IndexTTS-2", "--from", source))
    assert code == 2 and message in text
    assert "files_sha256" not in desk.catalogue.read_text()


def test_what_an_earlier_catalogue_had_downloaded_is_not_locked(desk: Desk, hub: str) -> None:
    stale = desk.root / "build" / "weights" / FOLDER / "hf_cache" / "old.bin"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of a model that the catalogue has no more")
    done = desk.run("lock", "indextts2", "IndexTTS-2", "--from", hub)
    assert "note: left out: hf_cache/old.bin" in done.stderr
    assert [file.path for file in read_list(desk.root, desk.digest)] == sorted(FILES)
    assert stale.exists()


@pytest.mark.parametrize("verb", ["lock", "mirror"])
def test_a_hub_without_a_scheme_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    desk.lock()
    monkeypatch.setenv("HF_ENDPOINT", "hub.example.org")
    words = ["lock", "indextts2", "IndexTTS-2"] if verb == "lock" else ["mirror", str(desk.root / "mirror")]
    code, text = said(desk.run(*words, "--from", "hub"))
    assert (code, text) == (2, "HF_ENDPOINT=hub.example.org: is no address (https://... or http://...)")


def test_no_password_of_an_address_is_told(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    source = f"http://operator:{SECRET}@127.0.0.1:9"
    code, text = said(desk.run("lock", "indextts2", "IndexTTS-2", "--from", source))
    assert code == 2 and "http://127.0.0.1:9: cannot download" in text and SECRET not in text
    desk.lock()
    monkeypatch.setattr(bundle_mirror, "fetch_folder", partial(fetch_folder, pauses=()))
    done = desk.run("mirror", str(tmp_path / "mirror"), "--from", f"{source}/weights")
    assert said(done)[0] == 1 and f"http://127.0.0.1:9/weights/{FOLDER}: " in done.output
    assert SECRET not in done.output + "".join(capfd.readouterr())
