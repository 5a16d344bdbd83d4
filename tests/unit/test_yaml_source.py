"""Strict YAML: what is read, what is refused and where."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.yaml_source import load
from generator.yaml_text import read_text
from tests.unit.yaml_cases import AMBIGUOUS, refusal

READ = [
    ("a: 1", {"a": 1}),
    ("\ufeffa: 1", {"a": 1}),
    ("# only\n---\na: 1\n...\n", {"a": 1}),
    ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ("a:\nb: ~\nc: null\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
    ("a: [true, False, 'true', 0, -3, 0.5, -1.0e-3]", {"a": [True, False, "true", 0, -3, 0.5, -0.001]}),
    ("a: [2024-01-01, 1.2.3, v23, ., y, 12:99, http://x:1, 0-1]",
     {"a": ["2024-01-01", "1.2.3", "v23", ".", "y", "12:99", "http://x:1", "0-1"]}),
    ("a: 喜悦 😀", {"a": "喜悦 😀"}),
    ('a: "\\t\\U0001F600"', {"a": "\t😀"}),
    ("a: |\n  x\n  \ty\nb: 1", {"a": "x\n\ty\n", "b": 1}),
    ('a: "x\n\ty"', {"a": "x y"}),
    ("a: 1 \t# a tab before a comment\nb:\t2", {"a": 1, "b": 2}),
    ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
    ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "data"), READ)
def test_reads(write_yaml: Callable[[str], Path], text: str, data: object) -> None:
    found = load(write_yaml(text)).data
    assert found == data
    assert json.dumps(found) == json.dumps(data), "1, 1.0 and true are equal, and not the same"


REFUSED = [
    ("", "1:1: this file is empty"),
    ("# nothing\n", "1:1: this file is empty"),
    ("---\n", "2:1: this file is empty"),
    ("- 1", "1:1: the top of this file must be a mapping"),
    ("- a: 1\n  a: 2", "1:1: the top of this file must be a mapping"),
    ("text", "1:1: the top of this file must be a mapping"),
    (b"a: 1\nb: \xff\xfe", "2:4: byte 0xff is not UTF-8"),
    (b"\xef\xbb\xbfa: \xff", "1:4: byte 0xff is not UTF-8"),
    ("é: x\x1b", "1:5: the character U+001B does not belong"),
    ("a: x\0", "1:5: the character U+0000 does not belong"),
    ("a: x\u2028b: 1", "1:5: the character U+2028 does not belong"),
    ("a: 1\rb: 2", "1:5: the character U+000D does not belong"),
    ('a: "\\0"', "1:4: a NUL character"),
    ("a: 1".encode("utf-16"), "1:1: this file is UTF-16"),
    ("a:\n\tb: 1", "2:1: a tab in the indentation"),
    ("a:\n  - x\n  \t- y", "3:3: a tab in the indentation"),
    ("a: 1\n\tb: 2", "2:1: a tab in the indentation"),
    ("a: 1\n \t\nb: 2", "2:2: a tab in the indentation"),
    ("a: [\n\t'x']", "2:1: a tab in the indentation"),
    ("a: |\n\tx", "2:1: a tab in the indentation"),
    ("a: 'x'\nb: |\n  y\n\tc: 1", "4:1: a tab in the indentation"),
    ("a: 1\n---\nb: 2", "2:1: a second document begins here"),
    ("a: 1\nb: 2\na: 3", "3:1: the key a is already in line 1"),
    ("a: {b: 1, b: 2}", "1:11: the key b is already in line 1"),
    ('a: 1\n"a": 2', "2:1: the key a is already in line 1"),
    ("1: a", "1:1: the key 1 is not text (quote it)"),
    ("true: a", "1:1: the key true is not text"),
    ("on: a", "1:1: on is true to some readers"),
    ("a: {}\n~: a", "2:1: the key ~ is not text"),
    ("? [a]\n: b", "1:3: a key must be text"),
    ("a: &k x\n*k : y", "2:1: a key must be text"),
    ("a: !!python/object:os.system x", "1:4: the tag tag:yaml.org,2002:python/object:os.system"),
    ("a: !ruby/object:X {}", "1:4: the tag !ruby/object:X is not allowed"),
    ("a: !!str 1", "1:4: the tag tag:yaml.org,2002:str is not allowed"),
    ("!!map {a: 1}", "1:1: the tag tag:yaml.org,2002:map"),
    ("a: *x", "1:4: no &x above this *x"),
    ("a: &x [1, *x]", "1:11: *x stands inside what it names"),
    ("a: &x {b: {c: *x}}", "1:15: *x stands inside what it names"),
    ("&x a: 1\nb: *x", "2:4: no &x above this *x"),
    ("a: &x {p: 1}\nb: {q: 1, <<: *x}", "2:11: '<<' must come first"),
    ("b: {<<: {p: 1}}", "1:9: '<<' takes the alias of one mapping"),
    ("a: b: c", "1:5: broken YAML: a second ': ' here"),
    ("a: [1\nb: 2", "2:2: broken YAML: ',' or ']' is missing in the list in brackets (opened in line 1)"),
    ('a: 1\nb: "x', "2:4: broken YAML: this quoted text never ends"),
    ("a: 'it's'", "1:8: broken YAML: neither a key nor the end of this block"),
    ("a: 1\nb\nc: 2", "2:1: broken YAML: this is no 'key: value'"),
    ("a: @x", "1:4: broken YAML: a value cannot begin with this character (quote it)"),
    ('a: "\\q"', "1:5: broken YAML: unknown escape"),
    ("a:\n  b: 1\n c: 2", "3:2: broken YAML: neither a key nor the end of this block"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "start"), REFUSED)
def test_refuses_with_place_and_cure(
    write_yaml: Callable[[str | bytes], Path], text: str | bytes, start: str
) -> None:
    message = refusal(write_yaml(text))
    assert message.startswith(start)
    assert "(" in message or ": quote" in message or "else" in message or ", or" in message, "no cure named"


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_refuses_what_readers_of_yaml_take_differently(write_yaml: Callable[[str], Path], text: str) -> None:
    assert refusal(write_yaml(f"a: {text}")).startswith(f"1:4: {text} ")
    assert load(write_yaml(f"a: '{text}'")).data == {"a": text}


def test_messages_are_one_short_line(write_yaml: Callable[[str], Path]) -> None:
    assert len(refusal(write_yaml(f"a: {'9' * 10_000}"))) < 200
    assert refusal(write_yaml('"a\\n\\e[1m": 1\n"a\\n\\e[1m": 2')) == (
        r"2:1: the key a\n\x1b[1m is already in line 1 (keep one of them)"
    )


def test_the_cure_of_a_number_is_accepted(write_yaml: Callable[[str], Path]) -> None:
    assert refusal(write_yaml("a: 0.00001")).endswith("quote it if text, else write 1.0e-05")
    assert load(write_yaml("a: 1.0e-05")).data == {"a": 0.00001}


def test_a_name_that_a_key_or_a_later_value_took_is_not_the_earlier_value(
    write_yaml: Callable[[str], Path],
) -> None:
    assert "no &x above" in refusal(write_yaml("a: &x 1\n&x b: 2\nc: *x"))
    assert load(write_yaml("a: &x [1, &x 2]\nc: *x")).data["c"] == 2


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "loop", "long"])
def test_refuses_what_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("x" * 300 if kind == "long" else kind)
    if kind == "folder":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    if kind == "loop":
        path.symlink_to(path)
    assert refusal(path).startswith("1:1: ")


def test_reads_a_file_that_tells_no_size_or_a_wrong_one() -> None:
    path = Path("/proc/version")
    assert path.stat().st_size == 0
    assert read_text(path) == path.read_text()


def test_positions(write_yaml: Callable[[str], Path]) -> None:
    document = load(write_yaml("name: x\nparameters:\n  fp16:\n    type: Boolean\n    list: [a, {b: c}]\n"))
    assert document.position(()) == (1, 1)
    assert document.position(("parameters", "fp16", "type")) == (4, 11)
    assert document.position(("parameters", "fp16", "type"), key=True) == (4, 5)
    assert document.position(("parameters", "fp16", "list", 1, "b")) == (5, 19)
    assert document.position(("parameters", "fp16", "list", 1), key=True) == (5, 15)
    assert document.position(("parameters", "fp16", "doc", "deeper")) == (4, 5), "nearest that exists"
    assert document.position(("parameters", "fp61"), key=True) == (2, 1)
    error = document.error(("name",), "no", key=False)
    assert (error.line, error.column, error.message) == (1, 7, "no")


def test_positions_through_aliases_lead_to_what_they_name(write_yaml: Callable[[str], Path]) -> None:
    document = load(write_yaml("a: &x\n  p: 1\nb:\n  <<: *x\nc: *x\n"))
    assert document.position(("b", "p")) == document.position(("c", "p")) == (2, 6)
