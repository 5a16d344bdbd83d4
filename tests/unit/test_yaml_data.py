"""Hiera data: what Puppet makes of it, where that is a surprise, and what is refused."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.yaml_source import load_data
from tests.unit.yaml_cases import refusal

Write = Callable[[str | bytes], Path]

#: text -> (data, LINE:COLUMN: MESSAGE of what is surprising, from its beginning)
READ: dict[str, tuple[object, list[str]]] = {
    "": ({}, []),
    "# only a comment\n": ({}, []),
    "---\n": ({}, []),
    "--- ~\n": ({}, []),
    "\ufeffa: 1": ({"a": 1}, []),
    "a: 1\nb: x\nc: ~\nd: true\ne: 0.5\nf: '0777'": (
        {"a": 1, "b": "x", "c": None, "d": True, "e": 0.5, "f": "0777"}, []),
    "a: on\nb: [No]": ({"a": True, "b": [False]}, [
        "1:4: on is true to Puppet: write true, or quote it if text",
        "2:5: No is false to Puppet: write false, or quote it if text"]),
    "a: nULL": ({"a": None}, ["1:4: nULL is nothing (undef) to Puppet: write ~, or quote it if text"]),
    "a: 0777": ({"a": 511}, ["1:4: 0777 is the number 511 to Puppet: write 511, or quote it if text"]),
    "a: 0x1F": ({"a": 31}, ["1:4: 0x1F is the number 31 to Puppet"]),
    "a: 1_000": ({"a": 1000}, ["1:4: 1_000 is the number 1000 to Puppet"]),
    "a: 1:30": ({"a": 5400}, ["1:4: 1:30 is the number 5400 to Puppet"]),
    "a: 3.10": ({"a": 3.1}, ["1:4: 3.10 is the number 3.1 to Puppet: quote it ('3.10'), or write 3.1 if a number is meant"]),
    "a: .inf": ({"a": math.inf}, ["1:4: .inf is the number inf to Puppet: quote it if text"]),
    "a: 9223372036854775808": ({"a": 2**63}, ["1:4: 9223372036854775808 is the number 9223372036854775808, too big"]),
    "a: 1__0": ({"a": "1__0"}, ["1:4: 1__0 is text to Puppet, and something else to other readers of YAML: quote it"]),
    "a: 08": ({"a": "08"}, ["1:4: 08 is text to Puppet"]),
    "a: 1e3": ({"a": "1e3"}, ["1:4: 1e3 is text to Puppet"]),
    "a: =": ({"a": "="}, ["1:4: = is text to Puppet"]),
    "a: on\n\n  no": ({"a": True}, [r"1:4: on\nno is true to Puppet"]),
    "a:\n  8080: x": ({"a": {8080: "x"}}, []),
    "a:\n  0777: x": ({"a": {511: "x"}}, ["2:3: 0777 is the number 511 to Puppet"]),
    ":a: {':b': 1}": ({"a": {":b": 1}}, ["1:1: :a is the key a to Puppet: write 'a'"]),
    "a: &x {p: 1}\nb: {<<: *x, q: 2}": ({"a": {"p": 1}, "b": {"p": 1, "q": 2}}, []),
    "b: {<<: {p: 1}, <<: {q: 2}}": ({"b": {"p": 1, "q": 2}}, []),
    "b: {<<: [{p: 1}, {p: 2, q: 3}]}": ({"b": {"p": 1, "q": 3}}, []),
    "b: {p: 0, <<: {p: 1}}": ({"b": {"p": 1}}, ["1:15: '<<' takes the place of p above it for Puppet: put '<<' first"]),
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_reads_as_puppet_does_and_says_what_surprises(write_yaml: Write, text: str) -> None:
    data, expected = READ[text]
    path = write_yaml(text)
    document, surprises = load_data(path)
    assert repr(document.data) == repr(data), "1, 1.0 and true are equal, and not the same"
    found = [str(surprise).removeprefix(f"{path}:") for surprise in surprises]
    assert len(found) == len(expected)
    for message, start in zip(found, expected, strict=True):
        assert message.startswith(start)


REFUSED = [
    ("a: 2024-01-01", "1:4: 2024-01-01 is a date to Puppet, which refuses the file: quote it"),
    ("a: 2024-01-01 10:00:00", "1:4: 2024-01-01 10:00:00 is a date to Puppet"),
    ("2024-01-01: a", "1:1: 2024-01-01 is a date to Puppet"),
    ("a: .e+1", "1:4: .e+1 is a number without digits to Puppet, which refuses the file: quote it"),
    ("a: 0x_", "1:4: 0x_ is a number without digits to Puppet"),
    ("a: :foo", "1:4: :foo is a Ruby symbol to Puppet, which no value may be: quote it"),
    ("a: ::1", "1:4: ::1 is a Ruby symbol to Puppet"),
    ("a: " + "9" * 401, "1:4: 99999"),
    ("1: a", "1:1: the key 1 is the number 1 to Puppet, and not text: quote it"),
    ("on: a", "1:1: the key on is true to Puppet, and not text: quote it"),
    ("a: {~: b}", "1:5: the key ~ is nothing (undef) to Puppet, and not text"),
    ("a: {3.11: b}", "1:5: the key 3.11 is the number 3.11 to Puppet, and not text"),
    ("a: {true: b}", "1:5: the key true is true to Puppet, and not text"),
    ("a: {[b]: c}", "1:5: a key must be text"),
    ("a: &x {1: b}\n<<: *x", "2:5: '<<' brings a number as a key, which no lookup finds: quote that key"),
    ("a: {<<: 1}", "1:9: '<<' takes a mapping, or a list of them (write <<: *name)"),
    ("a: {<<: [{b: 1}, 2]}", "1:9: '<<' takes a mapping, or a list of them"),
    ("a: 1\nb: 2\na: 3", "3:1: the key a is already in line 1"),
    ("a: 1\n:a: 2", "2:1: the key a is already in line 1"),
    ("a: {1: b, 0x1: c}", "1:11: the key 1 is already in line 1"),
    ("- 1", "1:1: the top of this file must be a mapping"),
    ("false", "1:1: the top of this file must be a mapping"),
    ("a: 1\n---\nb: 2", "2:1: a second document begins here"),
    ("a: !!str 1", "1:4: the tag tag:yaml.org,2002:str is not allowed"),
    ("a: &x [1, *x]", "1:11: *x stands inside what it names"),
    ("a:\n\tb: 1", "2:1: a tab in the indentation"),
    ('a: "\\0"', "1:4: a NUL character"),
    (b"a: \xff", "1:4: byte 0xff is not UTF-8"),
    ("a: [1", "2:1: broken YAML: ',' or ']' is missing in the list in brackets (opened in line 1)"),
]


@pytest.mark.parametrize(("text", "start"), REFUSED)
def test_refuses_with_place_and_cure(write_yaml: Write, text: str | bytes, start: str) -> None:
    message = refusal(write_yaml(text), load_data)
    assert message.startswith(start)
    assert "(" in message or ": quote" in message, "no cure named"


def test_positions(write_yaml: Write) -> None:
    document, _ = load_data(
        write_yaml("a::b: 1\nports:\n  80: {x: y}\n  list: [a, b]\nc: &m {p: 1}\nd: {<<: *m}\n")
    )
    assert document.position(("ports", 80, "x")) == (3, 11)
    assert document.position(("ports", 80), key=True) == (3, 3)
    assert document.position(("ports", "list", 1)) == (4, 13)
    assert document.position(("d", "p")) == (5, 11)
    assert document.position(("missing",)) == (1, 1)


def test_the_data_of_a_fleet_is_read_fast(write_yaml: Write) -> None:
    path = write_yaml(
        "---\nservice::revision: v2.5.0\nservice::port: 7860\nservice::enabled: true\nservice::percent: 0.5\n"
        "profile::contact: 'a name <name@example.org>'\nprofile::labels:\n  rack: r1\n  tier: gold\n"
        "profile::users: [alice, bob]\n"
    )
    times = []
    for _ in range(7):
        started = time.process_time()
        for _ in range(100):
            load_data(path)
        times.append(time.process_time() - started)
    assert min(times) < 0.05, "9 ms on an idle machine: half a second for 5,000 nodes"
