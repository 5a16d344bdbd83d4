"""``fleet new`` from end to end: a repository in, a definition with its module out, or nothing at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.cli import fleet
from generator.definition import load_service
from generator.errors import FleetError
from generator.validate import Report
from tests.unit.new_service.desk import APP, SERVICE, Desk
from tests.unit.origin import served
from tests.unit.smart_http import serves


def refused(desk: Desk, *words: str, **more: str) -> str:
    """Run ``fleet new``, which must change nothing, and return the one line that it says."""
    before = desk.state()
    done = desk.new(*words, **more)
    assert isinstance(done.exception, FleetError), done.output
    said = str(done.exception)
    assert said.isprintable(), said
    assert desk.state() == before
    return said


@pytest.mark.puppet
def test_what_comes_out_renders_validates_and_is_in_the_schema(desk: Desk) -> None:
    desk.origin.tag("v1.0.0", SERVICE)
    desk.origin.commit({"app.py": "broken ("})
    done = desk.new()
    assert done.exit_code == 0, done.exception
    assert "echo is read from v1.0.0" in done.output
    assert "What a person must decide:\n  1. " in done.output
    service = load_service(desk.definition)
    assert (service.entry_point, service.port) == ("app.py", 9123)
    root = str(desk.root)
    modules = ("--services", f"{root}/hieradata/services", "--modules", f"{root}/modules")
    for command in (
        ["render", "--check", *modules],
        ["validate", "--root", root],
        ["schema", "--check", "--root", root],
    ):
        again = CliRunner().invoke(fleet, command)
        assert again.exit_code == 0, (command, again.output, again.exception)
    assert [path.name for path in (desk.root / "build").iterdir() if path.name.startswith("new-")] == []


def test_the_newest_tag_is_read_or_that_which_is_said_or_the_branch(desk: Desk) -> None:
    desk.origin.commit(SERVICE)
    assert "read from HEAD" in desk.new().output
    assert "it has no tag" in desk.definition.read_text()
    for tag in ("v1.9.0", "v1.10.0", "v2.0.0-rc1"):
        desk.origin.tag(tag, {"README.md": tag})
    assert "read from v1.10.0" in desk.new(name="other").output
    assert "read from v1.9.0" in desk.new("--revision", "v1.9.0", name="third").output


def test_nothing_of_it_is_run(desk: Desk, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    line = f"open({str(ran)!r}, 'w')\n"
    files = {**SERVICE, "app.py": line + APP, "setup.py": line, "conftest.py": line, "sitecustomize.py": line}
    hook = desk.origin.path / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    desk.origin.tag("v1", {**files, ".gitattributes": "* filter=x\n"})
    desk.origin.git("config", "filter.x.smudge", f"touch {ran}")
    assert desk.new().exit_code == 0
    assert not ran.exists()


@pytest.mark.parametrize("source", ["", "no\nline", "x\x1b[2J", " x", "x\\"])
def test_a_source_that_is_no_address(desk: Desk, source: str) -> None:
    said = refused(desk, source=source)
    assert said.startswith("--source ")
    assert "must be one line of text" in said


def test_a_source_that_is_nowhere(desk: Desk) -> None:
    for source in ("file:///nowhere/x.git", "http://127.0.0.1:1/x.git"):
        said = refused(desk, source=source)
        assert said.startswith(f"{source}: ")
        assert said.endswith("(--source is the address of a git repository, or the folder of one)")


def test_a_folder_that_is_no_repository(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    said = refused(desk, source=str(tmp_path / "plain"))
    assert str(tmp_path / "plain") in said
    assert "--source is the address of a git repository, or the folder of one" in said


def test_an_empty_repository(desk: Desk) -> None:
    assert "has no commit yet" in refused(desk)


def test_a_command_as_source_is_not_run(desk: Desk, tmp_path: Path) -> None:
    for source in (f"ext::touch {tmp_path}/ran", f"--upload-pack=touch {tmp_path}/ran"):
        refused(desk, source=source)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("revision", ["main", "v9", "-x", "a..b", "v1\x1b[2J"])
def test_a_revision_that_is_none(desk: Desk, revision: str) -> None:
    desk.origin.tag("v1", SERVICE)
    refused(desk, "--revision", revision)


def test_two_entry_points(desk: Desk) -> None:
    desk.origin.tag("v1", {**SERVICE, "api.py": APP})
    said = refused(desk)
    assert said == f"{desk.origin.url}: api.py or app.py could start it at v1 (say which: --entry api.py)"
    assert desk.new("--entry", "api.py").exit_code == 0


def test_a_syntax_error_in_the_entry_file(desk: Desk) -> None:
    desk.origin.tag("v1", {**SERVICE, "app.py": "import os\ndef f(:\n"})
    said = refused(desk)
    assert said.startswith(f"{desk.origin.url}: app.py:2: ")
    assert "--entry" in said


def test_flags_made_in_a_loop(desk: Desk) -> None:
    loop = "import argparse\nfor flag in ('--x', '--y'):\n    argparse.ArgumentParser().add_argument(flag)\n"
    desk.origin.tag("v1", {**SERVICE, "app.py": loop + APP})
    assert "app.py, line 3: flags are made in a loop, and could not be read" in desk.new().output


def test_a_history_that_is_too_big(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.git_source.MAX_FETCHED", 2**20)
    desk.origin.tag("v1", {**SERVICE, "weights.bin": os.urandom(3 * 2**20)})
    assert "more than 1 MiB came, and one commit was asked for" in refused(desk)


def test_only_what_is_looked_at_of_a_big_history_comes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.git_source.MAX_FETCHED", 2**20)
    desk.origin.git("config", "uploadpack.allowFilter", "true")
    desk.origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    for _ in range(3):
        desk.origin.commit({"weights.bin": os.urandom(3 * 2**20)})
    desk.origin.tag("v1", SERVICE)
    assert desk.new().exit_code == 0


def test_a_server_is_asked_for_many_files_at_once(desk: Desk) -> None:
    desk.origin.git("config", "uploadpack.allowFilter", "true")
    desk.origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    modules = {f"part{number}.py": f"x = {number}\n" for number in range(30)}
    imports = "".join(f"import part{number}\n" for number in range(30))
    desk.origin.tag("v1", {**SERVICE, **modules, "app.py": imports + APP})
    handler = serves(desk.origin)
    with served(handler, ThreadingHTTPServer) as address:
        done = desk.new(source=f"http://{address}/origin/.git")
    assert done.exit_code == 0, done.exception
    assert len(handler.requests) < 20


def test_hostile_names_and_links_out_of_the_tree(desk: Desk) -> None:
    for name in (b"two\nlines.py", b"\x1b[2J.py", b"\xff.py", b"-rf.py"):
        Path(os.fsdecode(os.fsencode(desk.origin.path) + b"/" + name)).write_text(APP)
    os.symlink("/etc/passwd", desk.origin.path / "README.md")
    os.symlink("../../../etc/hosts", desk.origin.path / "requirements.txt")
    desk.origin.tag("v1", SERVICE)
    done = desk.new()
    assert done.exit_code == 0, done.exception
    assert done.output.replace("\n", "").isprintable()
    assert "names of files that a terminal or a shell would obey (4)" in done.output
    assert "root:" not in desk.definition.read_text()


def test_a_tree_with_steps_upwards_is_refused_or_passed_over(desk: Desk) -> None:
    # no git makes such a tree, and none that checks takes it; this one does neither
    desk.origin.commit(SERVICE)
    blob = desk.origin.git("hash-object", "-w", "app.py")
    entry = b"100644 ..\0" + bytes.fromhex(blob)
    (desk.origin.path / "tree").write_bytes(entry)
    tree = desk.origin.git("hash-object", "-w", "-t", "tree", "--literally", "tree")
    commit = desk.origin.git("commit-tree", tree, "-m", "x")
    desk.origin.git("tag", "v1", commit)
    refused(desk)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("indextts2", "is there already"),
        ("profile", "is Puppet's or another module's"),
        ("class", "is Puppet's or another module's"),
        ("Echo", "must be a name that Puppet takes"),
        ("../echo", "must be a name that Puppet takes"),
        ("echo\n", "must be a name that Puppet takes"),
        ("x" * 25, "must be a name that Puppet takes"),
        ("", "must be a name that Puppet takes"),
    ],
)
def test_a_name_that_is_taken_or_none(desk: Desk, name: str, said: str) -> None:
    assert said in refused(desk, name=name, source="file:///never-asked")


def test_a_link_or_a_folder_in_the_way_is_not_written_through(desk: Desk, tmp_path: Path) -> None:
    desk.origin.tag("v1", SERVICE)
    desk.definition.symlink_to(tmp_path / "elsewhere")
    assert "is there already" in refused(desk)
    desk.definition.unlink()
    (desk.root / "modules" / "echo").mkdir()
    assert "fleet render takes away" in refused(desk)
    assert not (tmp_path / "elsewhere").exists()


def test_a_definition_that_is_wrong_beside_it_is_told_by_its_own_place(desk: Desk) -> None:
    desk.origin.tag("v1", SERVICE)
    other = desk.root / "hieradata" / "services" / "indextts2.yaml"
    other.write_text(other.read_text().replace("port: 7860", "port: 99999"))
    assert f"{other}:7:7: port must be" in refused(desk).replace(os.path.relpath(desk.root), str(desk.root))


@pytest.mark.puppet
def test_data_that_does_not_hold_keeps_it_out(desk: Desk) -> None:
    desk.origin.tag("v1", SERVICE)
    (desk.root / "hieradata" / "env" / "prod.yaml").write_text("indextts2::revison: v1\n")
    before = desk.state()
    done = desk.new()
    assert "hieradata/env/prod.yaml:1:1: indextts2::revison is no parameter" in str(done.exception)
    after = desk.state()
    after.pop("build/puppet-classes.json", None)
    assert after == before


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_breaks_off_while_it_is_put_in_place_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    desk.origin.tag("v1", SERVICE)

    def changed(root: Path) -> bool:
        (root / "hieradata.schema.json").write_text("{}")
        return True

    monkeypatch.setattr("generator.new_service.write.data_schema.write", changed)
    calls: list[str] = []
    replace: Callable[[Path, Path], None] = os.replace

    def breaking(made: Path, path: Path) -> None:
        where = os.path.abspath(path)
        if where.startswith(f"{desk.root}/") and "/build/" not in where:
            calls.append(where)
            if len(calls) == number + 1:
                raise KeyboardInterrupt if number == 1 else OSError(28, "No space left on device", str(path))
        replace(made, path)

    monkeypatch.setattr("generator.new_service.write.os.replace", breaking)
    before = desk.state()
    done = desk.new()
    assert done.exit_code != 0
    assert number == 1 or "No space left on device (check the folder's mode)" in str(done.exception)
    assert len(calls) > number
    assert desk.state() == before


def test_a_folder_that_may_not_be_written_is_one_line(desk: Desk) -> None:
    desk.origin.tag("v1", SERVICE)
    shutil.rmtree(desk.root / "build")
    (desk.root / "build").write_text("in the way")
    said = refused(desk)
    assert "build" in said


def test_a_definition_that_came_meanwhile_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.origin.tag("v1", SERVICE)

    def meanwhile(root: Path) -> Report:
        desk.definition.write_text("somebody's work")
        return Report(1, 1, [])

    monkeypatch.setattr("generator.new_service.write.validate", meanwhile)
    assert "has come meanwhile, so nothing is written" in str(desk.new().exception)
    assert desk.definition.read_text() == "somebody's work"
    assert not (desk.root / "modules" / "echo").exists()
