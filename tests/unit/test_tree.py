"""The rendered module on disk: only what changed is written, only what was rendered is removed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from generator.errors import FleetError, InputError
from generator.tree import DIGESTS, Change, apply, plan, stale_modules

FILES = {"init.pp": b"class a {}\n", "data/os/x.yaml": "é: 回声\n".encode(), "README.md": b"no line feed"}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Return a rendered module."""
    folder = tmp_path / "modules" / "a"
    render(folder, FILES)
    return folder


def render(module: Path, files: dict[str, bytes]) -> list[str]:
    """Make ``module`` hold ``files``; what was done, in words."""
    changes = plan(module, files)
    apply(changes, module.parent)
    return [f"{change.verb} {change.path.relative_to(module)}" for change in changes]


def content(module: Path) -> dict[str, bytes]:
    return {
        path.relative_to(module).as_posix(): path.read_bytes()
        for path in module.rglob("*")
        if path.is_file() and path.name != DIGESTS
    }


def everything(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Inode, time of change, mode and content of all in ``folder``."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        text = os.readlink(path) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[str(path)] = (state.st_ino, state.st_mtime_ns, state.st_mode, text)
    return found


def test_a_new_module_holds_its_files_and_nothing_else(module: Path) -> None:
    assert content(module) == FILES
    assert sorted(path.name for path in module.iterdir()) == [DIGESTS, "README.md", "data", "init.pp"]
    assert (module / "init.pp").stat().st_mode & 0o777 == 0o644


def test_the_list_names_every_file_by_its_digest(module: Path) -> None:
    listed = json.loads((module / DIGESTS).read_text())["files"]
    done = subprocess.run(["sha256sum", *listed], cwd=module, capture_output=True, text=True, check=True)
    assert {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()} == listed
    assert listed.keys() == FILES.keys()


def test_nothing_is_written_where_nothing_changed(module: Path) -> None:
    before = everything(module)
    assert render(module, FILES) == []
    assert everything(module) == before


def test_only_what_changed_is_written(module: Path) -> None:
    before = everything(module)
    assert render(module, {**FILES, "init.pp": b"class a { }\n"}) == ["update init.pp", f"update {DIGESTS}"]
    after = everything(module)
    changed = {Path(path).name for path in before if before[path] != after[path] and Path(path).is_file()}
    assert changed == {"init.pp", DIGESTS}


def test_what_no_template_makes_any_more_is_removed_with_its_folder(module: Path) -> None:
    files = {"init.pp": FILES["init.pp"]}
    assert render(module, files) == ["remove README.md", "remove data/os/x.yaml", f"update {DIGESTS}"]
    assert sorted(path.name for path in module.rglob("*")) == [DIGESTS, "init.pp"]


def test_a_rendered_file_that_was_edited_is_rendered_again(module: Path) -> None:
    (module / "init.pp").write_text("class a { exec { 'x': } }\n")
    (module / "README.md").unlink()
    assert render(module, FILES) == ["update init.pp", "create README.md"]
    assert content(module) == FILES


def test_a_rendered_file_that_was_edited_is_not_removed(module: Path) -> None:
    (module / "README.md").write_text("mine now")
    before = everything(module)
    with pytest.raises(FleetError, match=r"README\.md: no template makes it any more, but it was edited"):
        render(module, {"init.pp": b""})
    assert everything(module) == before


def test_a_foreign_file_is_left_alone(module: Path) -> None:
    (module / "data" / "os" / "mine.yaml").write_text("mine")
    render(module, {"init.pp": b"new"})
    assert content(module) == {"init.pp": b"new", "data/os/mine.yaml": b"mine"}
    render(module, {})
    assert content(module) == {"data/os/mine.yaml": b"mine"}


@pytest.mark.parametrize("way", ["file", "folder", "link", "dangling link", "link above", "file above"])
def test_what_no_render_made_is_never_overwritten(module: Path, tmp_path: Path, way: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "new.pp").write_text("mine")
    new = module / "types" / "new.pp"
    if way == "link above":
        new.parent.symlink_to(elsewhere)
    elif way == "file above":
        new.parent.write_text("mine")
    else:
        new.parent.mkdir()
        match way:
            case "file":
                new.write_text("mine")
            case "folder":
                new.mkdir()
            case "link":
                new.symlink_to(elsewhere / "new.pp")
            case _:
                new.symlink_to(elsewhere / "nothing")
    before = everything(tmp_path)
    with pytest.raises(FleetError, match="move it away"):
        render(module, {"a.pp": b"sorted before the foreign one", **FILES, "types/new.pp": b"new"})
    assert everything(tmp_path) == before


@pytest.mark.parametrize("way", ["link", "file"])
def test_a_module_that_is_no_folder_is_never_written_through(tmp_path: Path, way: str) -> None:
    module = tmp_path / "modules" / "a"
    module.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    if way == "link":
        module.symlink_to(tmp_path / "elsewhere")
    else:
        module.write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(FleetError, match="move it away"):
        render(module, FILES)
    assert everything(tmp_path) == before


def test_a_foreign_file_that_already_holds_what_it_should_is_taken_over(tmp_path: Path) -> None:
    module = tmp_path / "a"
    module.mkdir()
    (module / "init.pp").write_bytes(FILES["init.pp"])
    render(module, FILES)
    assert "init.pp" in json.loads((module / DIGESTS).read_text())["files"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"files": []}',
        b'{"files": {"init.pp": 1}}',
        b'{"files": {"../../etc/passwd": "x"}}',
        b'{"files": {"/etc/passwd": "x"}}',
        b'{"files": {"": "x"}}',
        b'{"files": {"a/./b": "x"}}',
        b'{"files": {"a\\u0000b": "x"}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_list_is_an_error_and_nothing_is_touched(module: Path, text: bytes) -> None:
    (module / DIGESTS).write_bytes(text)
    before = everything(module)
    with pytest.raises(InputError, match=r"\.rendered\.json:1:1: is no list of digests; restore it from git"):
        render(module, {})
    assert everything(module) == before


@pytest.mark.parametrize("way", ["folder", "link"])
def test_a_list_that_is_no_file_is_an_error(module: Path, way: str) -> None:
    (module / DIGESTS).rename(module / "aside")
    if way == "folder":
        (module / DIGESTS).mkdir()
    else:
        (module / DIGESTS).symlink_to("aside")
    with pytest.raises(FleetError, match="move it away"):
        render(module, FILES)


def test_the_last_file_takes_its_module_along_but_not_the_folder_of_modules(module: Path) -> None:
    render(module, {})
    assert not module.exists()
    assert module.parent.is_dir()


def test_stale_modules_are_the_rendered_ones_without_a_service(module: Path) -> None:
    (module.parent / "by_hand").mkdir()
    assert stale_modules(module.parent, {"a"}) == []
    assert stale_modules(module.parent, {"b"}) == [module]


@pytest.mark.parametrize("ruined", range(5))
def test_a_write_that_fails_leaves_the_old_file_or_the_new_one(
    module: Path, monkeypatch: pytest.MonkeyPatch, ruined: int
) -> None:
    new = {**FILES, "init.pp": b"new", "types/t.pp": b"type", "README.md": b"other"}
    count = 0
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > ruined:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    if ruined < 4:
        with pytest.raises(FleetError, match=r"cannot (create|update) it: No space left on device"):
            render(module, new)
    else:
        render(module, new)
    monkeypatch.undo()
    for name, text in content(module).items():
        assert text in (FILES.get(name), new.get(name)), name
    render(module, new)
    assert content(module) == new


def test_what_a_killed_render_left_beside_a_file_is_taken_up(module: Path) -> None:
    (module / ".init.pp.rendering").write_text("half")
    render(module, {**FILES, "init.pp": b"new"})
    assert content(module) == {**FILES, "init.pp": b"new"}


def test_a_file_that_cannot_be_removed_is_a_sentence(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", denied)
    with pytest.raises(FleetError, match=r"README\.md: cannot remove it: Permission denied"):
        render(module, {"init.pp": FILES["init.pp"]})


ODD_LINES = "a\x0cb\x1cc\x85d\u2028e\rf\r\n\ng"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\n", b"a\nc\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (None, b"new\n"),
        (None, "回声 without a line feed".encode()),
        (b"gone\n", None),
        (ODD_LINES.encode(), (ODD_LINES + "h").encode()),
    ],
)
def test_the_diff_is_one_that_git_applies(tmp_path: Path, before: bytes | None, after: bytes | None) -> None:
    file = tmp_path / "a" / "file"
    file.parent.mkdir()
    if before is not None:
        file.write_bytes(before)
    diff = Change(file, before, after).diff(tmp_path)
    git = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(
        git, cwd=tmp_path, input=diff.encode(), check=True, env={**os.environ, "GIT_DIR": "/nowhere"}
    )
    assert (file.read_bytes() if file.exists() else None) == after
