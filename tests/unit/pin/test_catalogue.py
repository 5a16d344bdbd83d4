"""The catalogue that ``fleet pin`` writes to: its errors, its bytes, and others who write."""

from __future__ import annotations

from typing import Any

import pytest

from generator.errors import FleetError, InputError
from generator.release_tree import ReleaseTree, read_release
from tests.unit.pin.desk import CATALOGUE, LOCKED, Desk


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
