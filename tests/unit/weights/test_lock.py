"""``fleet weights``: a bundle is locked to what a folder holds, and folders are held against that."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from generator.file_list import LISTS, read_list, write_list
from tests.unit.weights.bucket import KEY, SECRET, Buckets
from tests.unit.weights.desk import CATALOGUE, FILES, FOLDER, Desk, said
from tests.unit.weights.server import serve
from weights.bundle import File


def test_a_bundle_is_locked_to_what_a_folder_holds(desk: Desk) -> None:
    (desk.folder / ".cache").mkdir()
    done = desk.lock()
    assert done.exit_code == 0, done.output
    assert "indextts2 IndexTTS-2 is locked: 2 files, 0.00 GiB" in done.stdout
    assert f"+    files_sha256: {desk.digest}" in done.stdout
    assert "note: left out: .cache" in done.stderr
    assert desk.catalogue.read_text() == CATALOGUE + f"    files_sha256: {desk.digest}\n", "the rest stays"
    files = read_list(desk.root, desk.digest)
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
    assert {file.path: file.sha256 for file in files} == digests
    assert [file.size for file in files] == [3, 4]
    assert desk.lock().stdout == "indextts2 IndexTTS-2 is locked already: 2 files, 0.00 GiB\n"


def test_what_is_known_must_be_so(desk: Desk) -> None:
    desk.know(File("gpt.pth", 3, "a" * 64), File("qwen/model.safetensors"))
    before = desk.catalogue.read_bytes()
    code, words = said(desk.lock())
    assert code == 1
    assert f"{desk.folder}/gpt.pth: has the sha256 " in words
    assert "--relock accepts it" in words
    assert desk.catalogue.read_bytes() == before
    assert len(list((desk.root / LISTS).iterdir())) == 1, "nothing is written"
    assert desk.lock("--relock").exit_code == 0
    assert desk.verify().exit_code == 0


def test_the_list_of_before_goes_and_those_that_a_catalogue_names_stay(desk: Desk) -> None:
    other = write_list(desk.root, [File("other.pth", 1, "b" * 64)])
    lines = "    repository: a/b\n    revision: '1'\n"
    desk.catalogue.with_name("other.yaml").write_text(
        f"other::weights:\n  Other:\n{lines}    files_sha256: {other}\n"
    )
    desk.know(File("gpt.pth", 3, "a" * 64))
    before = desk.digest
    desk.lock("--relock")
    assert {path.stem for path in (desk.root / LISTS).iterdir()} == {desk.digest, other} != {before, other}


def test_what_is_known_must_be_there(desk: Desk) -> None:
    desk.know(File("gpt.pth"), File("s2mel.pth"))
    assert said(desk.lock()) == (
        1,
        f"{desk.folder}: IndexTTS-2 has s2mel.pth, which is not there (--relock leaves it out)",
    )
    assert desk.lock("--relock").exit_code == 0


@pytest.mark.parametrize("name", ["a b", "小.pth", "a;b"])
def test_a_name_that_no_node_takes_is_refused(desk: Desk, name: str) -> None:
    (desk.folder / name).write_bytes(b"x")
    code, words = said(desk.lock())
    assert code == 2
    assert words.startswith(f"{desk.folder}/{name}: is no path below")


def test_what_is_no_file_is_refused_and_not_waited_for(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe")
    code, words = said(desk.lock())
    assert code == 2 and words.startswith(f"{desk.folder}/pipe: is no file")


def test_a_link_to_a_folder_is_refused_and_one_to_a_file_followed(desk: Desk, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    os.replace(desk.folder / "gpt.pth", blob)
    (desk.folder / "gpt.pth").symlink_to(blob)  # as in the hub's own cache
    assert desk.lock().exit_code == 0
    (desk.folder / "more").symlink_to(desk.folder / "qwen")
    assert said(desk.lock())[1].startswith(f"{desk.folder}/more: is a link to a folder")


def test_an_unknown_bundle_is_refused_with_those_that_exist(desk: Desk) -> None:
    code, words = said(desk.run("lock", "indextts2", "IndexTTS-3", "--from", str(desk.folder)))
    assert code == 2
    assert "no 'IndexTTS-3' in indextts2::weights" in words and "IndexTTS-2" in words


def test_a_folder_is_held_against_the_catalogue(desk: Desk) -> None:
    assert said(desk.verify()) == (1, f"not as they were locked: {desk.folder}")
    assert f"{desk.folder}: nobody has locked it" in desk.verify().stdout
    desk.lock()
    assert desk.verify().stdout == f"{desk.folder}: all 2 files are as they were locked\n"
    (desk.folder / "gpt.pth").write_bytes(b"gqt")
    (desk.folder / "qwen" / "model.safetensors").unlink()
    done = desk.verify()
    assert said(done) == (1, f"not as they were locked: {desk.folder}")
    assert done.stdout.splitlines() == [
        f"{desk.folder}: gpt.pth is damaged in 1 of 1 pieces, the first from byte 0 on",
        f"{desk.folder}: qwen/model.safetensors is missing",
    ]


def test_a_file_that_nobody_locked_is_not_taken_for_right(desk: Desk) -> None:
    desk.know(File("gpt.pth"))
    assert "gpt.pth is not locked: nobody knows its digest" in desk.verify().stdout
    assert desk.verify().exit_code == 1


def test_a_folder_without_a_bundle_is_no_success(desk: Desk) -> None:
    code, words = said(desk.run("verify", str(desk.root)))
    assert code == 2
    assert "no bundle of" in words


@pytest.mark.puppet
@pytest.mark.parametrize("kind", ["folder", "web"])
def test_a_mirror_is_filled_with_what_is_locked(desk: Desk, tmp_path: Path, kind: str) -> None:
    desk.lock()
    target = tmp_path / "mirror"
    with serve({f"{FOLDER}/{path}": content for path, content in FILES.items()}) as server:
        source = f"{server.url}/" if kind == "web" else str(desk.nas)
        for _ in range(2):
            done = desk.run("mirror", str(target), "--from", source)
            assert done.stdout == f"{target / FOLDER}: all 2 files are as they were locked\n", done.output
    assert {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} == {
        f"{FOLDER}/{path}" for path in FILES
    }
    (target / FOLDER / "gpt.pth").write_bytes(b"gqt")
    code, words = said(desk.run("mirror", str(target), "--from", source))
    assert (code, words) == (1, f"not as they were locked: {target / FOLDER}"), "what is there is verified"


def test_a_mirror_that_cannot_be_filled_says_what_is_wrong_with_each_source(
    desk: Desk, tmp_path: Path
) -> None:
    desk.lock()
    (desk.folder / "gpt.pth").write_bytes(b"gqt")
    done = desk.run("mirror", str(tmp_path / "mirror"), "IndexTTS-2", "--from", str(desk.nas))
    assert said(done)[0] == 1
    assert f"{desk.folder}: serves wrong bytes" in done.stdout
    assert not (tmp_path / "mirror" / FOLDER).exists()


def test_a_bundle_that_nobody_locked_is_not_mirrored(desk: Desk, tmp_path: Path) -> None:
    done = desk.run("mirror", str(tmp_path / "mirror"), "--from", str(desk.nas))
    assert said(done)[0] == 1
    assert "nobody has locked it (fleet weights lock)" in done.stdout
    code, words = said(desk.run("mirror", str(tmp_path), "IndexTTS-9", "--from", str(desk.nas)))
    assert code == 2 and "no weights are called 'IndexTTS-9'" in words


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_text("[]"), "was changed: its sha256 is"),
        (lambda path: path.unlink(), "No such file or directory (fleet weights lock writes it)"),
    ],
    ids=["changed", "gone"],
)
def test_a_list_that_is_not_what_its_name_says_is_not_used(desk: Desk, damage: object, words: str) -> None:
    assert callable(damage)
    desk.lock()
    damage(desk.root / LISTS / f"{desk.digest}.json")
    code, text = said(desk.verify())
    assert code == 2
    assert words in text


@pytest.mark.puppet
def test_a_mirror_is_filled_from_a_bucket_with_the_credentials_of_amazons_own_tools(
    desk: Desk, s3: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lock()
    s3.put("desk", {f"mirror/{FOLDER}/{path}": content for path, content in FILES.items()})
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3.port}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    text = f"[mine]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    (tmp_path / "credentials").write_text(text)
    monkeypatch.setenv("AWS_PROFILE", "mine")
    done = desk.run("mirror", str(tmp_path / "mirror"), "--from", "s3://desk/mirror")
    assert done.stdout == f"{tmp_path}/mirror/{FOLDER}: all 2 files are as they were locked\n", done.output


def test_a_folder_that_is_not_there_is_said_at_once(desk: Desk, tmp_path: Path) -> None:
    desk.lock()
    code, text = said(desk.run("mirror", str(tmp_path / "mirror"), "--from", "modelscop"))
    assert (code, text) == (2, "--from modelscop: no folder is there")


def test_what_nobody_has_locked_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    desk.know(File("gpt.pth"))
    done = desk.run("mirror", str(tmp_path / "mirror"), "--from", str(desk.nas))
    assert said(done)[0] == 1 and "nobody has locked gpt.pth" in done.stdout
    assert not (tmp_path / "mirror").exists()


def test_a_damaged_mirror_is_said_how_to_mend(desk: Desk, tmp_path: Path) -> None:
    desk.lock()
    desk.run("mirror", str(tmp_path / "mirror"), "--from", str(desk.nas))
    (tmp_path / "mirror" / FOLDER / "gpt.pth").write_bytes(b"gqt")
    done = desk.run("mirror", str(tmp_path / "mirror"), "--from", str(desk.nas))
    assert said(done)[0] == 1 and "move the folder away, and mirror fetches it anew" in done.stdout
