"""``fleet pin``: what a release's tree says, and what is taken from it."""

from __future__ import annotations

import hashlib

import pytest

from generator.errors import AnswerIsNo, FleetError
from generator.pin import Pin
from tests.unit.origin import Files
from tests.unit.pin.desk import CATALOGUE, ENTRY_POINT, LOCKED, PYPROJECT, Desk


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
