"""What ``fleet pin`` refuses before git is asked, and that no other name reaches git."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import CommandFailed, FleetError
from generator.pin import Wishes, pin
from tests.unit.pin.desk import CATALOGUE, SERVICE, Desk


@pytest.mark.parametrize("python", ["3", "abc", "3.11.2", "", "3.11\n"])
def test_a_python_that_no_pin_takes_is_refused_before_git_is_asked(python: str, desk: Desk) -> None:
    desk.source = "file:///nowhere"
    with pytest.raises(FleetError) as raised:
        desk.pin("v3", python=python)
    assert str(raised.value) == f"--python {python!r} is no version such as 3.11"
    assert desk.catalogue.read_text() == CATALOGUE


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
