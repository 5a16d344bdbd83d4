"""Strict YAML: what is read, what is refused and where, within which time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.errors import InputError
from generator.yaml_scalars import Ambiguous, plain_scalar
from generator.yaml_source import MAX_DEPTH, MAX_NODES, load
from generator.yaml_text import MAX_BYTES

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def writer(content: str | bytes) -> Path:
        path = tmp_path / "service.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value).removeprefix(f"{path}:")


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
def test_reads(write: Callable[[str], Path], text: str, data: object) -> None:
    found = load(write(text)).data
    assert found == data
    assert json.dumps(found) == json.dumps(data), "1, 1.0 and true are equal, and not the same"


REFUSED = [
    ("", "1:1: this file is empty"),
    ("# nothing\n", "1:1: this file is empty"),
    ("---\n", "2:1: this file is empty"),
    ("- 1", "1:1: the top of this file must be a mapping"),
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
    write: Callable[[str | bytes], Path], text: str | bytes, start: str
) -> None:
    message = refusal(write(text))
    assert message.startswith(start)
    assert "(" in message or ": quote" in message or "else" in message or ", or" in message, "no cure named"


AMBIGUOUS = (
    "yes no on off Yes NO On OFF tRUE nULL 0777 007 0_7 0x1F 0o17 0b11 1_000 1,000 1e3 1.5e3 .5 5. 3.10 "
    "1:30 190:20:30.15 .inf -.INF .NaN :symbol = << 12345678901234567890 9223372036854775808 1.0e+999 "
    "0.12345678901234567890 830e6 1__0"
).split()


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_refuses_what_readers_of_yaml_take_differently(write: Callable[[str], Path], text: str) -> None:
    assert refusal(write(f"a: {text}")).startswith(f"1:4: {text} ")
    assert load(write(f"a: '{text}'")).data == {"a": text}


def test_cuts_long_values_in_messages(write: Callable[[str], Path]) -> None:
    assert len(refusal(write(f"a: {'9' * 10_000}"))) < 200


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


def test_positions(write: Callable[[str], Path]) -> None:
    document = load(write("name: x\nparameters:\n  fp16:\n    type: Boolean\n    list: [a, {b: c}]\n"))
    assert document.position(()) == (1, 1)
    assert document.position(("parameters", "fp16", "type")) == (4, 11)
    assert document.position(("parameters", "fp16", "type"), key=True) == (4, 5)
    assert document.position(("parameters", "fp16", "list", 1, "b")) == (5, 19)
    assert document.position(("parameters", "fp16", "list", 1), key=True) == (5, 15)
    assert document.position(("parameters", "fp16", "doc", "deeper")) == (4, 5), "nearest that exists"
    assert document.position(("parameters", "fp61"), key=True) == (2, 1)
    error = document.error(("name",), "no", key=False)
    assert (error.line, error.column, error.message) == (1, 7, "no")


def test_positions_through_aliases_lead_to_what_they_name(write: Callable[[str], Path]) -> None:
    document = load(write("a: &x\n  p: 1\nb:\n  <<: *x\nc: *x\n"))
    assert document.position(("b", "p")) == document.position(("c", "p")) == (2, 6)


def bomb(levels: int, fan: int) -> str:
    lines = [f"a0: &a0 [{', '.join('x' * fan)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * fan)}]" for i in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "billion laughs": (bomb(12, 10), "more than 100000 values"),
    "chain of aliases": (bomb(200, 1), "nested deeper"),
    "merged bomb": (
        "a0: &a0 {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\n"
        + "\n".join(f"a{i}: {{<<: *a0}}" for i in range(1, 200)), "more than 100000 values"),
    "deep brackets": ("a: " + "[" * 500_000, "nested deeper"),
    "deep braces": ("a: " + "{b: " * 200_000, "nested deeper"),
    "deep blocks": ("\n".join(" " * i + "a:" for i in range(1400)), "nested deeper"),
    "many items": ("a:\n" + "- \n" * 300_000, "more than 100000 values"),
    "big file": ("a: " + "x" * MAX_BYTES, "bigger than 1 MiB"),
    "many tabs": ("a: |\n  x\n" + "  \tx\n" * 200_000, "read"),
    "open quote": ('a: "' + "\n" * 1_000_000, "never ends"),
    "many anchors": ("".join(f"k{i}: &a{i} *a{i}\n" for i in range(40_000)), "broken YAML"),
    "many keys": ("".join(f"k{i}: v\n" for i in range(80_000)), "read"),
    "long key": ("a: 1\n" + "x" * 900_000 + ": 1", "broken YAML"),
    "wide text": ("a: " + "x " * 500_000, "read"),
}  # fmt: skip


#: In a process of its own, whose peak of memory is this file's; processor time, for the machine may be busy.
READER = """
import sys, time
from pathlib import Path
from generator.errors import InputError
from generator.yaml_source import load
started = time.process_time()
try:
    load(Path(sys.argv[1]))
    print("read")
except InputError as error:
    print(error.message)
# not getrusage: its peak is the one of the process that forked this one, where that was bigger
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time() - started, peak.split()[1])
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(write: Callable[[str], Path], name: str) -> None:
    text, expected = HOSTILE[name]
    done = subprocess.run(
        [sys.executable, "-c", READER, write(text)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    message, cost = done.stdout.splitlines()
    seconds, kibibytes = map(float, cost.split())
    assert expected in message
    assert seconds < 2
    assert kibibytes < 200 * 1024


def test_limits_are_exact(write: Callable[[str], Path]) -> None:
    # the top mapping and the list count too
    load(write("a: [" + "x," * (MAX_NODES - 2) + "]"))
    assert "more than" in refusal(write("a: [" + "x," * (MAX_NODES - 1) + "]"))
    load(write("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)))
    assert "deeper" in refusal(write("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH))


def test_a_definition_is_read_fast(write: Callable[[str], Path]) -> None:
    path = write("".join(f"key{i}: {{type: 'Optional[String]', default: ~}}\n" for i in range(200)))
    times = []
    for _ in range(7):
        started = time.process_time()
        load(path)
        times.append(time.process_time() - started)
    assert min(times) < 0.02, "5 ms on an idle machine"


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
    try:
        json.dumps(load(path).data, allow_nan=False)
    except InputError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert error.line <= content.count(b"\n") + content.count(b"\r") + 2


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
    document = load(path)
    assert json.dumps(document.data) == json.dumps(data)
    for step, line in places.items():
        assert document.position(step)[0] == line


likely_numbers = st.from_regex(r"[-+]?[0-9]{1,3}([.,_:][0-9]{1,3})?(e[-+]?[0-9])?", fullmatch=True)


@pytest.mark.puppet
def test_puppets_reader_agrees_on_unquoted_values(ruby: Callable[[str, Any], Any]) -> None:
    """What is accepted unquoted, Psych reads alike; dates, which nothing of ours takes for dates, aside."""
    scalars: list[str] = [
        *AMBIGUOUS,
        *". - + _1 1_ -_1 e5 .e5 -. 0.e+1 0. 1.5,0 y n Y N .1.2 1.2.3 +5 -0 -0.0".split(),
    ]

    @settings(max_examples=1500, database=None, derandomize=True)
    @given(text=st.text("0123456789.,_:+-eExXobnfityYrualsNOF~=<", min_size=1, max_size=7) | likely_numbers)
    def collect(text: str) -> None:
        scalars.append(text)

    collect()
    accepted = []
    for text in sorted(set(scalars)):
        try:
            events = list(yaml.parse(f"- {text}\n"))
            value = plain_scalar(text)
        except (yaml.YAMLError, Ambiguous):
            continue
        if len(events) == 7 and isinstance(events[3], yaml.ScalarEvent) and events[3].value == text:
            accepted.append((text, value))
    assert len(accepted) > 500
    assert sum(not isinstance(value, str) for _, value in accepted) > 200
    psych = ruby(
        "require 'yaml'; require 'date'\n"
        'values = input.map { |text| YAML.unsafe_load("- #{text}\\n")[0] }\n'
        "output = values.zip(input).map { |v, text| v.is_a?(Date) ? text : [v.class.name, v.to_s] }",
        [text for text, _ in accepted],
    )
    names = {"str": "String", "int": "Integer", "float": "Float", "NoneType": "NilClass"}
    for (text, value), theirs in zip(accepted, psych, strict=True):
        if isinstance(value, bool):
            ours = ["TrueClass" if value else "FalseClass", str(value).lower()]
        else:
            ours = [names[type(value).__name__], "" if value is None else str(value)]
        if isinstance(value, float) and isinstance(theirs, list):
            theirs[1] = str(float(theirs[1]))
        assert theirs in (ours, text), text
