"""Any bytes are data or a refusal, and what is written is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.errors import InputError
from generator.yaml_source import load, load_data

fuzz = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
SNIPPETS = st.sampled_from(
    [
        "a: ",
        "b: ",
        "- ",
        "  ",
        "\n",
        "\n  ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&x ",
        "*x",
        "<<: ",
        "!t ",
        "'",
        '"',
        "\\",
        "#c",
        "---",
        "...",
        "%YAML 1.1",
        "?",
        ":",
        ">",
        "|",
        ">-\n",
        "1",
        "~",
        "yes",
        "é",
        "\r\n",
        "\x00",
        "@",
    ]
)


def survives(path: Path, content: bytes) -> None:
    """Read ``content``: data that JSON can hold comes out, or an error at a place inside the file."""
    path.write_bytes(content)
    last = content.count(b"\n") + content.count(b"\r") + 2
    errors = []
    try:
        json.dumps(load(path).data, allow_nan=False)
    except InputError as error:
        errors.append(error)
    try:
        document, surprises = load_data(path)
        json.dumps(document.data)
        errors += surprises
    except InputError as error:
        errors.append(error)
    for found in errors:
        assert 1 <= found.line <= last
        assert found.column >= 1
        assert found.message.isprintable()


@fuzz
@given(content=st.binary(max_size=200))
def test_any_bytes_are_data_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    survives(tmp_path / "x.yaml", content)


@fuzz
@given(pieces=st.lists(SNIPPETS | st.text(max_size=3), max_size=40))
def test_any_yaml_is_data_or_a_refusal(tmp_path: Path, pieces: list[str]) -> None:
    survives(tmp_path / "x.yaml", "".join(pieces).encode("utf-8", "surrogatepass"))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
keys = texts.filter(lambda key: key != "<<")
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15).filter(lambda x: "e" not in repr(x))
trees = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


def emit(
    value: Any, indent: int, path: tuple[str | int, ...], lines: list[str], places: dict[Any, int]
) -> None:
    """Write ``value`` as a block, and note at which line each of its children begins."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, child in items:
        head = " " * indent + (f"{quoted(step)}:" if isinstance(step, str) else "-")
        if isinstance(child, dict | list) and child:
            lines.append(head)
            places[(*path, step)] = len(lines) + 1
            emit(child, indent + 2, (*path, step), lines, places)
        else:
            lines.append(f"{head} {quoted(child) if isinstance(child, str) else json.dumps(child)}")
            places[(*path, step)] = len(lines)


def quoted(text: str) -> str:
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08X}" for c in text) + '"'


@fuzz
@given(data=st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_what_is_written_is_read_back_with_its_places(tmp_path: Path, data: dict[str, Any]) -> None:
    lines: list[str] = []
    places: dict[Any, int] = {}
    emit(data, 0, (), lines, places)
    path = tmp_path / "x.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    document, surprises = load_data(path)
    for read in load(path), document:
        assert json.dumps(read.data) == json.dumps(data)
        for step, line in places.items():
            assert read.position(step)[0] == line
    assert surprises == []
