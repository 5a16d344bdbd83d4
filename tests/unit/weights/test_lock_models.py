"""A bundle is locked with the models of other repositories that it has, and mirrored with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.file_list import read_list, write_list
from generator.lab.hub import Hub
from tests.unit.weights.desk import CATALOGUE, FILES, FOLDER, REVISION, Desk, said
from weights.bundle import File

W2V, CODEC = "da985ba0987f70aaeb84a80f2851cfac8c697a7b", "265c6cef07625665d0c28d2faafb1415562379dc"
DEMO = "b01840e8e4fd9753743a6d0466cd73ae1d634a68"
CACHE = f"hub/models--facebook--w2v/snapshots/{W2V}"
REFS = "hub/models--facebook--w2v/refs/main"
MODELS = f"""\
    models:
      demo: {{repository: spaces/IndexTeam/Demo, revision: {DEMO}, files: [examples/voice.wav]}}
      {CACHE}: {{repository: facebook/w2v, revision: {W2V}, files: [config.json]}}
      hf_cache/codec.bin: {{repository: amphion/codec, revision: {CODEC}, path: codec/model.bin}}
      hf_cache/w2v: {{repository: facebook/w2v, revision: {W2V}}}
"""
ON_HUB = {
    f"facebook/w2v/{W2V}": {"config.json": b"{}", "model.bin": b"w2v"},
    f"amphion/codec/{CODEC}": {"codec/model.bin": b"codec", "README.md": b"nobody reads it"},
    f"IndexTeam/IndexTTS-2/{REVISION}": FILES,
    f"spaces/IndexTeam/Demo/{DEMO}": {"examples/voice.wav": b"voice", "app.py": b"nobody reads it"},
    # another repository
    f"IndexTeam/Demo/{DEMO}": {"examples/voice.wav": b"a model of that name"},
}
ALL = {
    **FILES,
    "demo/examples/voice.wav": b"voice",
    f"{CACHE}/config.json": b"{}",
    REFS: W2V.encode(),
    "hf_cache/codec.bin": b"codec",
    "hf_cache/w2v/config.json": b"{}",
    "hf_cache/w2v/model.bin": b"w2v",
}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The same with models of other repositories."""
    desk.catalogue.write_text(CATALOGUE + MODELS)
    return desk


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    """A hub that has all of it, as its own client asks for it."""
    for repository, files in ON_HUB.items():
        _lay(tmp_path / "hub" / repository, files)
    with Hub(tmp_path / "hub", ("127.0.0.1", 0)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _lay(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_hub_is_asked_for_the_models_too_and_each_lies_in_its_place(desk: Desk, hub: str) -> None:
    for again in ("is locked:", "is locked already:"):
        done = desk.run("lock", "indextts2", "IndexTTS-2", "--from", hub)
        assert said(done)[0] == 0 and again in done.stdout, done.output
    assert [file.path for file in read_list(desk.root, desk.digest)] == sorted(ALL)
    there = desk.root / "build" / "weights" / FOLDER
    assert {
        path: data for path, data in _found(there).items() if not path.startswith(".")
    }.items() >= ALL.items()


def test_a_hub_is_asked_for_those_of_its_files_alone_that_a_bundle_has(desk: Desk, hub: str) -> None:
    text = desk.catalogue.read_text()
    for files, own in (("[gpt.pth]", ["gpt.pth"]), ("[]", [])):
        desk.catalogue.write_text(text.replace("    models:\n", f"    files: {files}\n    models:\n", 1))
        assert desk.run("lock", "indextts2", "IndexTTS-2", "--from", hub).exit_code == 0
        paths = {file.path for file in read_list(desk.root, desk.digest)}
        assert sorted(paths & FILES.keys()) == own
        assert paths - FILES.keys() == ALL.keys() - FILES.keys()


def test_a_folder_is_taken_as_it_is_and_what_it_lacks_of_the_models_is_said(desk: Desk) -> None:
    code, words = said(desk.lock())
    assert (
        code == 1
        and f"demo/examples/voice.wav, hf_cache/codec.bin, hf_cache/w2v, {CACHE}/config.json, {REFS}, which is not there"
        in words
    )
    assert "files_sha256" not in desk.catalogue.read_text()
    _lay(desk.folder, ALL)
    assert desk.lock().exit_code == 0
    assert [file.path for file in read_list(desk.root, desk.digest)] == sorted(ALL)
    assert desk.verify().exit_code == 0


def test_a_folder_with_another_revision_of_a_model_is_refused_even_to_be_locked_again(desk: Desk) -> None:
    _lay(desk.folder, ALL | {REFS: f"{W2V}\n".encode()})
    for options in ((), ("--relock",)):
        code, words = said(desk.lock(*options))
        assert code == 1 and f"{desk.folder}/{REFS}: is not {W2V} alone" in words


@pytest.mark.puppet
def test_a_mirror_is_filled_with_the_models_from_a_hub_and_from_another_mirror(
    desk: Desk, hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lay(desk.folder, ALL)
    desk.lock()
    monkeypatch.setenv("HF_ENDPOINT", hub)
    for target, source in ((tmp_path / "first", "hub"), (tmp_path / "second", str(tmp_path / "first"))):
        done = desk.run("mirror", str(target), "--from", source)
        assert done.exit_code == 0, done.output
        assert _found(target / FOLDER) == ALL
        assert desk.run("verify", str(target)).exit_code == 0


def test_a_model_that_came_into_the_catalogue_since_is_neither_mirrored_nor_taken_for_right(
    desk: Desk, tmp_path: Path
) -> None:
    digest = write_list(desk.root, [File("gpt.pth", 3, "a" * 64)])
    desk.catalogue.write_text(f"{CATALOGUE}    files_sha256: {digest}\n{MODELS}")
    for done in (desk.run("mirror", str(tmp_path / "mirror"), "--from", str(desk.nas)), desk.verify()):
        assert said(done)[0] == 1
        assert "nobody has locked hf_cache/codec.bin, which models has (fleet weights lock)" in done.stdout
    assert not (tmp_path / "mirror").exists()


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (
            "{../../../etc: {repository: a/b, revision: '1'}}",
            "'../../../etc' is no path below a bundle's folder",
        ),
        ("{a: {revision: '1'}}", "models: KeyError: 'repository' (fleet validate says where)"),
    ],
)
def test_a_model_that_cannot_be_is_said_before_anything_is_fetched(
    desk: Desk, models: str, words: str
) -> None:
    desk.catalogue.write_text(f"{CATALOGUE}    models: {models}\n")
    code, text = said(desk.run("lock", "indextts2", "IndexTTS-2", "--from", "http://127.0.0.1:9"))
    assert code == 2 and words in text
    assert not (desk.root / "build").exists()
