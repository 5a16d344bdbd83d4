"""Words of another repository, where a terminal, YAML, YARD or a linter reads them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.new_service.words import line, listed, sentence

ADDRESS = re.compile(r"(https?|git|ssh|ftp)://[a-z]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red \x1b[31m and\nmore", "red [31m and more"),
        ("get it at https://files.other.example/x?y=1, then", "get it at (an address) then"),
        ("(see http://other.example)", "(see (an address))"),
        ("@param x {Class} and me@example.org", "param x (Class) and me@example.org"),
        ("ends in a backslash \\", "ends in a backslash"),
        ("one two three", "one two…"),
        ("‮override", "override"),
    ],
)
def test_a_line_is_words_that_nothing_obeys(text: str, shown: str) -> None:
    assert line(text, 12 if text.startswith("one") else 100) == shown


@given(st.text() | st.text(alphabet="@{}:/htps \\\n\x1b.x"), st.integers(2, 80))
def test_a_line_is_one_whatever_was_there(text: str, most: int) -> None:
    shown = line(text, most)
    assert len(shown) <= most
    assert shown.isprintable()
    assert shown == shown.strip()
    assert not shown.endswith("\\")
    assert not re.search(r"[{}]|(?<!\w)@\w", shown)
    assert not ADDRESS.search(shown)
    assert sentence(shown) == sentence(sentence(shown))


def test_a_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
