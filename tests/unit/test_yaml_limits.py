"""Files of YAML made to cost much: each is refused, or read, in little time and memory."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.yaml_builder import MAX_DEPTH, MAX_NODES
from generator.yaml_source import load
from generator.yaml_text import MAX_BYTES
from tests.unit.yaml_cases import refusal

REPOSITORY = Path(__file__).resolve().parents[2]


def bomb(levels: int, fan: int) -> str:
    lines = [f"a0: &a0 [{', '.join('x' * fan)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * fan)}]" for i in range(1, levels)]
    return "\n".join(lines)


#: name -> (text, what :func:`load` and :func:`load_data` say of it)
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
    "merged lists": (
        "a0: &a0 {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\na1: &a1 [" + "*a0," * 90 + "]\n"
        + "a2: {<<: *a1}", "takes the alias of one mapping|more than 100000 values"),
    "long number": ("a: " + "9" * 1_000_000, "for a number"),
    "long number to base sixty": ("a: " + "9" * 1_000_000 + ":00", "base sixty|too long for a number"),
    "long symbol": ("a: :'" + "'" * 1_000_000, "symbol"),
    "many surprises": ("".join(f"k{i}: on\n" for i in range(40_000)), "on is true|read"),
    "wide text": ("a: " + "x " * 500_000, "read"),
}  # fmt: skip


#: In a process of its own, whose peak of memory is this file's; processor time, for the machine may be busy.
READER = """
import sys, time
from pathlib import Path
from generator.errors import InputError
from generator.yaml_source import load, load_data
for read in load, load_data:
    started = time.process_time()
    try:
        read(Path(sys.argv[1]))
        message = "read"
    except InputError as error:
        message = error.message
    print(time.process_time() - started, message)
# not getrusage: its peak is the one of the process that forked this one, where that was bigger
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1])
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(write_yaml: Callable[[str], Path], name: str) -> None:
    text, expected = HOSTILE[name]
    done = subprocess.run(
        [sys.executable, "-c", READER, write_yaml(text)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    *answers, kibibytes = done.stdout.splitlines()
    for answer in answers:
        seconds, message = answer.split(" ", 1)
        assert re.search(expected, message)
        assert float(seconds) < 2
    assert len(answers) == 2
    assert int(kibibytes) < 200 * 1024


def test_limits_are_exact(write_yaml: Callable[[str], Path]) -> None:
    # the top mapping and the list count too
    load(write_yaml("a: [" + "x," * (MAX_NODES - 2) + "]"))
    assert "more than" in refusal(write_yaml("a: [" + "x," * (MAX_NODES - 1) + "]"))
    load(write_yaml("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)))
    assert "deeper" in refusal(write_yaml("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH))


def test_a_definition_is_read_fast(write_yaml: Callable[[str], Path]) -> None:
    path = write_yaml("".join(f"key{i}: {{type: 'Optional[String]', default: ~}}\n" for i in range(200)))
    times = []
    for _ in range(7):
        started = time.process_time()
        load(path)
        times.append(time.process_time() - started)
    assert min(times) < 0.02, "5 ms on an idle machine"
