"""Edits of texts drawn by chance: every other byte stays, and the value is read back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import InputError
from generator.yaml_edit import set_value
from generator.yaml_style import scalar

# Files made of pieces that lie about where keys and values are. {0} makes their keys unlike each other.
NOISE = [
    "# target: comment",
    "",
    "noise{0}: 'target: v0'",
    "noise{0}: \"target: \\\"v0\\\" # no comment\"",
    "noise{0}: |\n  target: v0\n  # no comment\n   deeper",
    "noise{0}: >-\n  target: v0\n\n  # no comment",
    "noise{0}: |2+\n    x\n\n",
    "noise{0}:\n  target: v0 # c\n  # c\n",
    "noise{0}: {{target: v0, more: [target, 'target: x'], 'it''s': 1}} # c",
    "noise{0}: [a,\n  target,\n  b]",
    "noise{0}:\n- target: v0\n  x: y\n- - target",
    "noise{0}: &n{0} {{target: v0}}\nagain{0}: *n{0}",
    "noise{0}: &m{0}\n  target: v0\nmerged{0}:\n  <<: *m{0}\n  x: 1",
    "'noise''{0}' :   plain words # target: c",
    "\"noise\\t{0}\":\n  plain\n  words",
    "noise{0}:",
    "喜悦{0}: 😀 # 喜",
]  # fmt: skip
TARGETS = ["v1", "'v1'", '"v1"', "'v''1'", "17", "true", "~", "", "[x, y]", "{x: 1}", "{}"]
TARGET_KEYS = ["target", "'target'", '"target"', "target ", '"\\x74arget"']
COMMENTS = ["", " # c", "   # target: 'x", "\t# tab"]


def pieces(max_size: int = 4) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NOISE), max_size=max_size)


def render(noise: list[str], start: int) -> list[str]:
    return [line for at, piece in enumerate(noise) for line in piece.format(start + at).split("\n")]


def plainly(text: str) -> dict[str, Any]:
    """Read ``text`` with nothing but texts in it; `<<` is a key like any other."""
    data = yaml.load(text, Loader=yaml.CBaseLoader)
    assert not data or isinstance(data, dict)
    return data or {}


def at(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@settings(max_examples=250, deadline=None)
@given(
    pieces(), pieces(), st.sampled_from(TARGET_KEYS), st.sampled_from(TARGETS), st.sampled_from(COMMENTS),
    st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(["v2", "1.10", "it's", ""]),
)  # fmt: skip
def test_the_bytes_around_the_line_stay(
    before: list[str], after: list[str], key: str, old: str, comment: str, end: str, mark: bool, new: str
) -> None:
    head = "".join(line + end for line in ["---", *render(before, 0)])
    tail = "".join(line + end for line in render(after, 50))
    begin = "\ufeff" if mark else ""
    edited = set_value(f"{begin}{head}{key}: {old}{comment}{end}{tail}", ("target",), new)
    quote = old[:1] if old[:1] in ("'", '"') else ""
    assert edited == f"{begin}{head}{key}: {scalar(new, quote)}{'' if old else ' '}{comment}{end}{tail}" or (
        # where nothing was, the value follows the colon, and the space that followed it stays
        not old and edited == f"{begin}{head}{key}: {scalar(new)}{' ' + comment}{end}{tail}"
    )


@settings(max_examples=200, deadline=None)
@given(pieces(6), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["v2", ["x", "y"], {"p": {"q": "r"}}]))
def test_a_new_key_only_adds_lines(noise: list[str], end: str, value: Any) -> None:
    lines = [line + end for line in ["---", *render(noise, 0)]]
    text = "".join(lines)
    edited = set_value(text, ("target",), value)
    added = edited.splitlines(keepends=True)
    first = next(index for index, line in enumerate(added) if line.startswith("target:"))
    count = len(added) - len(lines)
    assert added[:first] + added[first + count :] == lines
    assert plainly(edited) == plainly(text) | {"target": value}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=12)
    | st.sampled_from(["yes", "off", "~", "null", "0x1f", "1_0", "12:30", "2024-01-01", "=", "<<", "---", "# x", "a: b", "- a",
                       "--flag", ":sym", "1e3", ".5", "0o7", " x", "x ", "%{x}", "&a", "*a", "!t", "@", "`", "{", "]", "é\u2028\u0085"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces(3), pieces(3), st.sampled_from(["target:", "target: x", "target:\n  x: 1\n  sub: {y: 2}", "target:\n- 1", "other: 1"]),
       st.sampled_from([("target",), ("target", "sub"), ("target", "sub", "y"), ("target", "new", "new")]), VALUES)  # fmt: skip
def test_any_value_is_read_back_as_it_was_meant(
    before: list[str], after: list[str], target: str, path: tuple[str, ...], value: Any
) -> None:
    text = "\n".join(["---", *render(before, 0), target, *render(after, 50), ""])
    try:
        edited = set_value(text, path, value)
    except InputError as error:
        assert "no mapping" in str(error) or "\\ud" in repr(value)
        return
    read = yaml.safe_load(edited)
    assert json.dumps(at(read, path), sort_keys=True) == json.dumps(value, sort_keys=True)
    old, new = plainly(text), plainly(edited)
    old.pop("target", None), new.pop("target")
    assert old == new
    assert set_value(edited, path, value) == edited


@settings(max_examples=500, deadline=None)
@given(
    st.text("ab:  \n\n-,[]{}#'\"|>&*?\t\r+1é", max_size=40),
    st.sampled_from([("a",), ("a", "b")]),
    st.sampled_from(["v", ["b"]]),
)
def test_whatever_the_text_is_the_answer_is_an_edit_or_one_line(
    text: str, path: tuple[str, ...], value: Any
) -> None:
    try:
        edited = set_value(text, path, value)
    except InputError as error:
        assert "\n" not in str(error)
        return
    old, new = plainly(text), plainly(edited)
    assert at(new, path) == value
    old.pop("a", None), new.pop("a")
    assert old == new


@pytest.mark.puppet
@pytest.mark.skipif(not shutil.which("ruby"), reason="needs ruby")
def test_psych_reads_every_text_as_a_text() -> None:
    words = """yes No ON off y n ~ null Null true FALSE 0 07 08 0x1f 0b1 1_0 1__0 1,000 1e3 1.5 .5 5. 1. +1 -1 .inf -.NaN 12:30 1:2:3
        2024-01-01 2024-1-1 2024-01-01T00:00:00Z = << < :a a: :a:b - -- --- ... ? ! !x & * % %{x} @ ` [ ] { } , # "x ' | > nan inf Infinity
        deadbeef 0deadbeef 12e4 123e45 0e0 a::b --flag v1.0+x x/y http://x:1/y""".split()
    words += [
        *"0123456789",
        "",
        " ",
        "x\ny",
        "\t",
        "\x07",
        "\u2028",
        "é",
        "😀",
        "'",
        '"',
        "\\",
        "a #b",
        "a: b",
        "-",
        "- a",
    ]
    lines = [f"- {scalar(word, quote)}\n" for word in words for quote in ("", "'", '"')]
    done = subprocess.run(
        ["ruby", "-ryaml", "-rjson", "-e", "puts JSON.generate(YAML.safe_load(STDIN.read))"],
        input="".join(lines), capture_output=True, text=True, check=True, env=os.environ | {"LANG": "C.UTF-8"},
    )  # fmt: skip
    assert json.loads(done.stdout) == [word for word in words for _ in range(3)]
