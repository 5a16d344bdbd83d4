"""``fleet pin``: what the catalogue gets of a tag, and that it gets nothing where something is wrong."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from http.server import HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from generator.commands.pin import pin as command
from generator.definition import SERVICES, load_service
from generator.errors import AnswerIsNo, CommandFailed, FleetError, InputError
from generator.pin import Pin, Wishes, pin
from generator.release_tree import ReleaseTree, read_release
from tests.unit.origin import Files, Origin, Silent, Threads, answers, own_git, served
from tests.unit.smart_http import serves
from tests.unit.sshd import Sshd

SERVICE = load_service(SERVICES / "indextts2.yaml")
ENTRY_POINT = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--host")
parser.add_argument("--fp16", action="store_true")
"""
PYPROJECT = """\
[project]
name = "x"
requires-python = ">=3.10,<3.12"
[project.optional-dependencies]
webui = []
"""
LOCKED: Files = {"webui.py": ENTRY_POINT, "pyproject.toml": PYPROJECT, "uv.lock": "version = 1\n"}
CATALOGUE = """\
---
# The releases that exist.
indextts2::releases:
  v2.0.0:
    # why it is so
    commit: 830f6f8f94a51fea23ab1d639027a86200075a4e
    install: lock
    lock_sha256: 66bf65638534c4ad84229dee4b5eca4a28217567de72aebe94ba4421398876bc
    python: '3.11'
    weights: IndexTTS-2
    flags: [--port, --host]   # read by hand

indextts2::weights:
  IndexTTS-2:
    repository: IndexTeam/IndexTTS-2
    revision: 740dcaff396282ffb241903d150ac011cd4b1ede
"""


class Desk:
    """A catalogue, and an origin that releases are pinned from."""

    def __init__(self, folder: Path) -> None:
        self.origin = Origin(folder / "origin")
        self.root = folder / "control"
        self.catalogue = self.root / "hieradata" / "catalogue" / "indextts2.yaml"
        self.catalogue.parent.mkdir(parents=True)
        self.catalogue.write_text(CATALOGUE)
        self.source = self.origin.url

    def pin(self, tag: str, limit: float = 20, **wishes: Any) -> Pin:
        """Pin ``tag``."""
        service = replace(SERVICE, source=self.source)
        return pin(service, tag, self.catalogue, Wishes(**wishes), limit)

    @property
    def releases(self) -> dict[str, Any]:
        """What the catalogue says now."""
        releases = yaml.safe_load(self.catalogue.read_text())["indextts2::releases"]
        assert isinstance(releases, dict)
        return releases


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return own_git(monkeypatch, tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_locked_release_is_pinned_and_every_other_byte_stays(desk: Desk) -> None:
    commit = desk.origin.tag("v2.0.1", LOCKED, "--annotate", "--message=x")
    done = desk.pin("v2.0.1", weights="IndexTTS-2")
    assert desk.releases["v2.0.1"] == done.entry
    assert list(done.entry.items()) == [
        ("commit", commit),
        ("install", "lock"),
        ("lock_sha256", hashlib.sha256(b"version = 1\n").hexdigest()),
        ("python", "3.11"),
        ("weights", "IndexTTS-2"),
        ("flags", ["--port", "--host", "--fp16"]),
    ]
    assert done.notes == ()
    above, below = CATALOGUE.split("\nindextts2::weights")
    text = desk.catalogue.read_text()
    assert text.startswith(f"{above}  v2.0.1:\n")
    assert text.endswith(f"--fp16\n\nindextts2::weights{below}")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"webui.py": ENTRY_POINT}, "nothing says how to install v3 "),
        ({"pyproject.toml": PYPROJECT}, "webui.py is not in v3 "),
        (
            {**LOCKED, "pyproject.toml": "[project]\nrequires-python = '>=3.12'"},
            "v3 needs Python >=3.12, which 3.11 is not",
        ),
    ],
)
def test_a_release_that_cannot_be_installed_is_refused(files: Files, message: str, desk: Desk) -> None:
    desk.origin.tag("v3", files)
    with pytest.raises(FleetError, match=message) as raised:
        desk.pin("v3")
    assert raised.value.exit_code == 2
    assert "\n" not in str(raised.value)
    assert desk.catalogue.read_text() == CATALOGUE


def test_the_python_is_the_wished_one_the_newest_releases_or_the_trees(desk: Desk) -> None:
    desk.origin.tag("v3", {**LOCKED, ".python-version": "cpython-3.10.4\n"})
    assert desk.pin("v3", python="3.10").entry["python"] == "3.10"
    desk.catalogue.write_text(CATALOGUE)
    assert desk.pin("v3").entry["python"] == "3.11"
    desk.catalogue.unlink()
    assert desk.pin("v3").entry["python"] == "3.10"
    assert desk.releases.keys() == {"v3"}


def test_without_any_python_to_take_it_asks_for_one(desk: Desk) -> None:
    desk.origin.tag("v3", LOCKED)
    desk.catalogue.unlink()
    with pytest.raises(FleetError, match=r"indextts2\.yaml: no release .*\(say one: --python 3\.11\)"):
        desk.pin("v3")
    assert not desk.catalogue.exists()


@pytest.mark.parametrize("python", ["3", "abc", "3.11.2", "", "3.11\n"])
def test_a_python_that_no_pin_takes_is_refused_before_git_is_asked(python: str, desk: Desk) -> None:
    desk.source = "file:///nowhere"
    with pytest.raises(FleetError) as raised:
        desk.pin("v3", python=python)
    assert str(raised.value) == f"--python {python!r} is no version such as 3.11"
    assert desk.catalogue.read_text() == CATALOGUE


def test_weights_that_are_not_said_are_left_out_and_proposed(desk: Desk) -> None:
    desk.origin.tag("v2.0.1", LOCKED)
    desk.origin.git("tag", "v2.1.0")
    assert desk.pin("v2.1.0").notes[0].endswith("(--weights NAME)")
    done = desk.pin("v2.0.1")
    assert "weights" not in done.entry
    assert done.notes == (
        "weights are left out, since git does not know them (--weights IndexTTS-2, as v2.0.0 has)",
    )


def test_weights_are_added_later_and_nothing_else_changes(desk: Desk) -> None:
    desk.origin.tag("v2.0.1", LOCKED)
    desk.pin("v2.0.1")
    corrected = desk.catalogue.read_text().replace("--fp16", "--bf16")
    desk.catalogue.write_text(corrected)
    desk.pin("v2.0.1", weights="IndexTTS-2")
    added = set(desk.catalogue.read_text().splitlines()) - set(corrected.splitlines())
    assert added == set()
    assert desk.releases["v2.0.1"]["weights"] == "IndexTTS-2"


def test_weights_that_the_catalogue_has_not_are_refused(desk: Desk) -> None:
    desk.origin.tag("v3", LOCKED)
    with pytest.raises(
        FleetError, match=r"no 'IndexTTS-3' in indextts2::weights \(did you mean IndexTTS-2\?\)"
    ):
        desk.pin("v3", weights="IndexTTS-3")
    assert desk.catalogue.read_text() == CATALOGUE


def test_flags_that_the_entry_point_does_not_show_are_left_out(desk: Desk) -> None:
    desk.origin.tag("v3", {**LOCKED, "webui.py": "from there import parser\nparser.add_argument('--x')"})
    done = desk.pin("v3")
    assert "flags" not in done.entry
    assert any(note.startswith("flags are left out") for note in done.notes)


def test_an_extra_that_the_project_has_not_is_said(desk: Desk) -> None:
    desk.origin.tag("v3", {**LOCKED, "pyproject.toml": PYPROJECT.replace("webui", "gui")})
    assert any("no extra webui" in note for note in desk.pin("v3").notes)


def test_a_release_that_is_pinned_already_stays(desk: Desk) -> None:
    desk.origin.tag("v3", LOCKED)
    first = desk.pin("v3")
    before = desk.catalogue.stat()
    again = desk.pin("v3")
    assert again == Pin(first.entry, None)
    assert desk.pin("v3", repin=True).change is None
    assert desk.catalogue.stat() == before


def test_a_tag_that_moved_is_no_until_it_is_pinned_anew(desk: Desk) -> None:
    old = "830f6f8f94a51fea23ab1d639027a86200075a4e"
    new = desk.origin.tag("v2.0.0", LOCKED)
    with pytest.raises(
        AnswerIsNo, match=f"yaml:6:13: the tag v2.0.0 has moved: pinned at {old}, now on {new}"
    ):
        desk.pin("v2.0.0")
    assert desk.catalogue.read_text() == CATALOGUE
    done = desk.pin("v2.0.0", repin=True)
    assert done.entry["commit"] == new
    assert done.entry["weights"] == "IndexTTS-2"
    text = desk.catalogue.read_text()
    assert "# why it is so" in text
    assert old not in text


def test_a_lock_that_went_leaves_the_pin(desk: Desk) -> None:
    desk.origin.tag("v2.0.0", {"webui.py": ENTRY_POINT, "requirements.txt": ""})
    desk.pin("v2.0.0", repin=True)
    assert desk.releases["v2.0.0"].keys() == {"commit", "install", "python", "weights", "flags"}


BAD_NAMES = [
    "--upload-pack=touch x",
    "-x",
    "../../x",
    "v1/x",
    "v1..v2",
    "v1\nv2",
    "v1\0",
    "v1 v2",
    " v1",
    "",
    "v1@{1}",
    "@{-1}",
    "v1^{}",
    "v" * 101,
    "refs/tags/v3",
    "v\udcff",
    "ｖ3",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_what_is_no_name_of_a_release_is_refused_before_git_is_asked(name: str, desk: Desk) -> None:
    desk.source = "file:///nowhere"
    with pytest.raises(FleetError, match=r" is no name of a release \(a letter or digit, then") as raised:
        desk.pin(name)
    assert raised.value.exit_code == 2
    assert not set("\n\0") & set(str(raised.value))
    assert desk.catalogue.read_text() == CATALOGUE


@given(st.text(max_size=12))
def test_no_other_name_reaches_git(name: str) -> None:
    # an error of git would be CommandFailed
    with pytest.raises(FleetError) as raised:
        pin(replace(SERVICE, source="file:///nowhere"), f"{name}/", Path("/nowhere.yaml"), Wishes(), 5)
    assert not isinstance(raised.value, CommandFailed)


@pytest.mark.parametrize("transport", ["http", "ssh"])
def test_a_release_is_pinned_over_a_network(
    transport: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = desk.origin.tag("v3", LOCKED, "--annotate", "--message=x")
    if transport == "http":
        with served(serves(desk.origin), ThreadingHTTPServer) as address:
            desk.source = f"http://{address}/origin/.git"
            assert desk.pin("v3").entry["commit"] == commit
    else:
        sshd = Sshd(tmp_path / "sshd")
        monkeypatch.setenv("GIT_SSH_COMMAND", str(sshd.wrapper()))
        with sshd.serve() as address:
            desk.source = f"{address}{desk.origin.path}"
            assert desk.pin("v3").entry["commit"] == commit
    assert desk.releases["v3"]["lock_sha256"]


def test_a_hang_a_password_and_no_network_change_nothing(desk: Desk) -> None:
    desk.origin.tag("v3", LOCKED)
    started = time.monotonic()
    # what fails late, too: after the tag is known, and while its files come
    late = serves(desk.origin, locked="git-upload-pack", new_protocol=False)
    cut = serves(desk.origin, drips="git-upload-pack", new_protocol=False)
    with (
        served(Silent, Threads) as hung,
        served(answers(401), HTTPServer) as locked,
        served(late, ThreadingHTTPServer) as locked_later,
        served(cut, ThreadingHTTPServer) as hung_later,
    ):
        for source, message in (
            (f"http://{hung}/x.git", "no answer within 1 s"),
            (f"http://{hung_later}/origin/.git", "no answer within 1 s"),
            (f"http://{locked}/x.git", "asks for a password"),
            (f"http://{locked_later}/origin/.git", "asks for a password"),
            ("http://127.0.0.1:1/x.git", "Failed to connect|Couldn't connect"),
            ("ssh://git@127.0.0.1:1/x.git", "Connection refused"),
        ):
            desk.source = source
            with pytest.raises(CommandFailed, match=message) as raised:
                desk.pin("v3", limit=1)
            assert "\n" not in str(raised.value)
    assert time.monotonic() - started < 15
    assert desk.catalogue.read_text() == CATALOGUE


def test_a_catalogue_that_somebody_changes_meanwhile_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.origin.tag("v3", LOCKED)
    theirs = CATALOGUE + "# theirs\n"

    def changing(*arguments: Any) -> ReleaseTree:
        desk.catalogue.write_text(theirs)
        return read_release(*arguments)

    monkeypatch.setattr("generator.pin.read_release", changing)
    with pytest.raises(FleetError, match="was changed meanwhile"):
        desk.pin("v3")
    assert desk.catalogue.read_text() == theirs


@pytest.mark.parametrize(
    "text",
    [
        "indextts2::releases: [v1]\n",
        "indextts2::releases: {v1: text}\n",
        "indextts2::weights: text\n",
        "a: [\n",
        "- a\n",
    ],
)
def test_what_is_no_catalogue_is_an_error_with_its_place(text: str, desk: Desk) -> None:
    desk.catalogue.write_text(text)
    desk.source = "file:///nowhere"
    with pytest.raises(InputError):
        desk.pin("v3")
    assert desk.catalogue.read_text() == text


def test_a_catalogue_that_cannot_be_read_is_named(desk: Desk) -> None:
    desk.catalogue.unlink()
    desk.catalogue.mkdir()
    with pytest.raises(FleetError, match=r"indextts2\.yaml: cannot read it: Is a directory \(check"):
        desk.pin("v3")


def test_line_ends_of_the_catalogue_stay(desk: Desk) -> None:
    desk.catalogue.write_bytes(CATALOGUE.replace("\n", "\r\n").encode())
    desk.origin.tag("v3", LOCKED)
    desk.pin("v3")
    content = desk.catalogue.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n")


def run(desk: Desk, *arguments: str) -> Result:
    """Call the command with a definition whose source is the desk's."""
    services = desk.root / "hieradata" / "services"
    services.mkdir(exist_ok=True)
    definition = (SERVICES / "indextts2.yaml").read_text()
    (services / "indextts2.yaml").write_text(definition.replace(SERVICE.source, desk.source))
    return CliRunner().invoke(command, ["--root", str(desk.root), *arguments])


def test_the_command_prints_the_change_then_that_there_is_none(desk: Desk) -> None:
    commit = desk.origin.tag("v3", LOCKED)
    done = run(desk, "indextts2", "v3", "--weights", "IndexTTS-2")
    assert done.exit_code == 0, done.output
    assert f"+    commit: {commit}" in done.output
    assert done.output.endswith(f"indextts2 v3 is pinned at {commit}\n")
    assert run(desk, "indextts2", "v3").output == f"indextts2 v3 is pinned at {commit} already\n"


def test_the_command_names_the_services_that_there_are(desk: Desk) -> None:
    for name, near in {
        "indextts": "did you mean indextts2?",
        "../services/indextts2": "did you mean indextts2?",
        "": "there are: indextts2",
    }.items():
        error = run(desk, name, "v3").exception
        assert isinstance(error, FleetError)
        assert str(error) == f"{name!r}: no such service ({near})"


@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-1", "1e9"])
def test_a_limit_is_a_number_of_seconds(desk: Desk, limit: str) -> None:
    desk.source = "file:///nowhere"
    assert run(desk, "indextts2", "v3", f"--limit={limit}").exit_code == 2


def test_the_help_says_what_the_exit_codes_mean() -> None:
    said = CliRunner().invoke(command, ["--help"]).output
    assert "exit code is 1" in " ".join(said.split())
