"""What the program `metrics` tells Prometheus of the cards. nvidia-smi is a stand-in here: this machine has none."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.nvidia.exposition import Series, read
from tests.unit.nvidia.program import FILES, load

METRICS = FILES / "metrics.py"
UP, STUCK, SUCCEEDED = (
    (f"nvidia_cards_{name}", ()) for name in ("up", "query_stuck", "last_success_timestamp_seconds")
)
#: As nvidia-smi of branch 595 prints it for --query-gpu of the program's fields; the name last.
L40S = "0, GPU-7f1a2b3c, 9, 1235, 46068, 54, 110.23, 350.00, 2, NVIDIA L40S"


class Node:
    """A folder for the file, and an nvidia-smi that does as it is told and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        """Make both below ``folder``."""
        self.programs = folder / "bin"
        self.calls = folder / "calls"
        self.file = folder / "state" / "cards.prom"
        self.programs.mkdir()
        self.file.parent.mkdir()

    def smi(self, script: str) -> None:
        """Have nvidia-smi do this."""
        program = self.programs / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$*\" >>{self.calls}\n{script}\n")
        program.chmod(0o755)

    def prints(self, *lines: str, code: int = 0) -> None:
        """Have nvidia-smi print these lines."""
        text = self.programs / "text"
        text.write_text("".join(f"{line}\n" for line in lines))
        self.smi(f"cat {text}; exit {code}")

    def run(self, *before: str) -> subprocess.CompletedProcess[str]:
        """Run the program once, with these arguments of Python before it."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-IS", *before, str(METRICS), str(self.file)]
        return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)

    def told(self) -> dict[Series, float]:
        """Run the program once, and read what it wrote."""
        done = self.run()
        assert done.returncode == 0, done.stderr
        return read(self.file.read_text(encoding="utf-8"))

    def why_not(self) -> str:
        """The one line that a run says in the journal, where it tells of no card."""
        (line,) = self.run().stderr.splitlines()
        found = read(self.file.read_text(encoding="utf-8"))
        assert not cards(found)
        assert found[UP] == 0
        return line


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.fixture
def program() -> ModuleType:
    """The program, which has no name that Python could import."""
    return load(METRICS.name)


@pytest.fixture
def survivor(node: Node) -> Iterator[Path]:
    """Ends what an nvidia-smi has left, by the id that it wrote into this file."""
    pid = node.programs / "pid"
    yield pid
    if pid.exists() and runs(int(pid.read_text())):
        os.kill(int(pid.read_text()), 9)


def runs(pid: int) -> bool:
    """Whether a process is there, and is more than an entry for one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cards(found: dict[Series, float]) -> dict[Series, float]:
    """What is told of single cards."""
    return {series: value for series, value in found.items() if series[1]}


def of(found: dict[Series, float], uuid: str) -> dict[str, float]:
    """What is told of a card, by the ends of the names."""
    return {
        name.removeprefix("nvidia_card_"): value
        for (name, labels), value in found.items()
        if ("uuid", uuid) in labels
    }


def test_it_tells_of_a_card_in_base_units(node: Node) -> None:
    node.prints(L40S)
    before = time.time()
    found = node.told()
    assert of(found, "GPU-7f1a2b3c") == {
        "utilization_ratio": 0.09,
        "memory_used_bytes": 1235 * 2**20,
        "memory_total_bytes": 46068 * 2**20,
        "temperature_celsius": 54,
        "power_watts": 110.23,
        "power_limit_watts": 350,
        "ecc_errors_uncorrected_total": 2,
    }
    assert {labels for _, labels in cards(found)} == {
        (("uuid", "GPU-7f1a2b3c"), ("index", "0"), ("name", "NVIDIA L40S"))
    }
    assert (found[UP], found[STUCK]) == (1, 0)
    assert int(before) <= found[SUCCEEDED] <= time.time()


def test_it_asks_once_for_all(node: Node) -> None:
    node.prints(L40S)
    node.told()
    (call,) = node.calls.read_text().splitlines()
    assert call == (
        "--query-gpu=index,uuid,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,"
        "enforced.power.limit,ecc.errors.uncorrected.aggregate.total,name --format=csv,noheader,nounits"
    )


def test_eight_cards_are_eight_series_of_each_metric(node: Node) -> None:
    node.prints(*(f"{n}, GPU-{n}, {n}, 1, 2, 30, 9.5, 70.00, 0, NVIDIA L4" for n in range(8)))
    found = node.told()
    assert len(cards(found)) == 8 * 7
    assert [of(found, f"GPU-{n}")["utilization_ratio"] for n in range(8)] == [n / 100 for n in range(8)]


def test_what_nvidia_smi_does_not_tell_is_left_out(node: Node) -> None:
    # a partitioned card has no utilisation, one without ECC no count, a DGX Spark no memory of its own
    node.prints("0, GPU-1, [N/A], 11125, 81559, 53, 433.78, 700.00, 0, NVIDIA H100 80GB HBM3",
                "1, GPU-2, 3, [N/A], [N/A], 41, [Unknown Error], [Not Supported], N/A, NVIDIA GB10")  # fmt: skip
    found = node.told()
    assert "utilization_ratio" not in of(found, "GPU-1")
    assert of(found, "GPU-1")["memory_used_bytes"] == 11125 * 2**20
    assert of(found, "GPU-2") == {"utilization_ratio": 0.03, "temperature_celsius": 41}
    assert found[UP] == 1


def test_a_metric_that_no_card_has_has_no_block(node: Node) -> None:
    node.prints("0, GPU-1, 1, 2, 3, 4, 5, 6, [N/A], NVIDIA T4")
    node.told()
    assert "ecc" not in node.file.read_text()


@pytest.mark.parametrize(
    "name",
    [
        'a "quoted" card',
        "back\\slash",
        "back\\nslash",
        "a comma, and, more",
        "卡",
        "tab\there",
        "one }",
        "odd\u2028line\x0bends",
    ],
)
def test_a_name_comes_through_as_it_is(node: Node, name: str) -> None:
    node.prints(f"0, GPU-1, 1, 2, 3, 4, 5, 6, 0, {name}")
    assert {dict(labels)["name"] for _, labels in cards(node.told())} == {name}


def test_a_name_with_a_line_feed_is_escaped(program: ModuleType) -> None:
    card = program.Card({"name": 'a\n"b"\\'}, {"power.draw": "1"})
    (series,) = cards(read(program.exposition([card], True, False, 0)))
    assert dict(series[1])["name"] == 'a\n"b"\\'


def test_bytes_that_are_no_text_leave_the_file_readable(node: Node) -> None:
    node.smi(r"printf '0, GPU-1, 1, 2, 3, 4, 5, 6, 0, NVIDIA \377\n'")
    assert {dict(labels)["name"] for _, labels in cards(node.told())} == {"NVIDIA �"}


def test_a_card_that_is_listed_twice_is_told_once(node: Node) -> None:
    # of two equal series, the node exporter refuses all that it has
    node.prints(L40S, L40S)
    assert len(cards(node.told())) == 7


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (["Failed to initialize NVML: Driver/library version mismatch"], 18, "version mismatch"),
        (["No devices were found"], 6, "No devices were found"),
        (["No devices were found"], 0, "No devices were found"),
        ([], 0, "listed no card"),
        ([], 9, "exit code 9"),
        (["", "\x00\x1b[31m", "{}"], 0, "nvidia-smi says"),
        (["0, GPU-1, 1, 2"], 0, "nvidia-smi says '0, GPU-1, 1, 2'"),
        (["[N/A], GPU-1, 1, 2, 3, 4, 5, 6, 7, NVIDIA L4"], 0, "nvidia-smi says"),
        (["0, [Unknown Error], 1, 2, 3, 4, 5, 6, 7, NVIDIA L4"], 0, "nvidia-smi says"),
        (["0, GPU-1, nan, -1, 1e999, 0x10, 1_0, inf, ٣, NVIDIA L4"], 1, "exit code 1"),
    ],
)
def test_what_is_no_card_is_told_as_no_card(node: Node, lines: list[str], code: int, said: str) -> None:
    node.prints(*lines, code=code)
    assert said in node.why_not()


def test_the_cards_that_answer_are_told_where_another_is_lost(node: Node) -> None:
    node.prints(L40S, "Unable to determine the device handle for GPU0000:91:00.0: GPU is lost", code=15)
    found = node.told()
    assert len(cards(found)) == 7
    assert found[UP] == 0


def test_nothing_of_before_stays_but_when_it_was(node: Node) -> None:
    node.prints(L40S)
    succeeded = node.told()[SUCCEEDED]
    for script in ("kill -SEGV $$", "cat /nowhere", "printf '0, GPU-1, 1, 2, 3'; kill -9 $$"):
        node.smi(script)
        node.why_not()
        assert read(node.file.read_text())[SUCCEEDED] == succeeded


def test_a_crash_leaves_nothing_of_what_was_printed_before_it(node: Node) -> None:
    node.smi(f"echo '{L40S}'; echo '1, GPU-2, 1, 2, 3, 4, 5, 6, 0, NVI'; kill -SEGV $$")
    assert "signal 11" in node.why_not()


@pytest.mark.parametrize(
    "before", [None, b"", b"\xff\x00", b"nvidia_cards_last_success_timestamp_seconds x\n"]
)
def test_what_never_was_was_at_zero(node: Node, before: bytes | None) -> None:
    if before is not None:
        node.file.write_bytes(before)
    (node.programs / "nvidia-smi").unlink(missing_ok=True)
    assert node.told() == {UP: 0, STUCK: 0, SUCCEEDED: 0}


def test_a_node_without_nvidia_smi_says_so(node: Node) -> None:
    assert "nvidia-smi cannot be started: " in node.why_not()


def test_whoever_collects_it_may_read_it_and_finds_it_whole(node: Node) -> None:
    node.prints(L40S)
    node.told()
    old = node.file.open()
    before = os.umask(0o077)
    try:
        node.told()
    finally:
        os.umask(before)
    assert stat.S_IMODE(node.file.stat().st_mode) == 0o644
    # another file in its place, and not the same written over
    with old:
        assert os.fstat(old.fileno()).st_ino != node.file.stat().st_ino
    assert [each.name for each in node.file.parent.iterdir()] == ["cards.prom"]


def test_one_that_prints_for_ever_is_not_read_for_ever(node: Node) -> None:
    node.smi("yes '0, GPU-1, 1, 2, 3, 4, 5, 6, 0, NVIDIA L4' | head -c 300000")
    assert "more than 65536 bytes" in node.why_not()


def test_one_that_hangs_is_killed_with_what_it_started(node: Node, survivor: Path) -> None:
    node.prints(L40S)
    node.told()
    node.smi(f"sleep 60 & echo $! >{survivor}; echo '{L40S}'; sleep 60")
    began = time.monotonic()
    assert "did not answer in 5 s" in node.why_not()
    assert 5 <= time.monotonic() - began < 8
    assert read(node.file.read_text())[STUCK] == 0
    assert not runs(int(survivor.read_text()))


#: The program where no signal ends nvidia-smi, as none does while the driver hangs; and less patient.
UNKILLABLE = """
import os, runpy, sys
os.killpg = lambda group, number: None
main = runpy.run_path(sys.argv[1])["main"]
main.__globals__["PATIENCE"] = 0.3
del sys.argv[0]
sys.exit(main())
"""


def test_one_that_cannot_be_killed_is_not_waited_for(node: Node, survivor: Path) -> None:
    node.smi(f"echo $$ >{survivor}; exec sleep 60")
    began = time.monotonic()
    assert "did not answer" in node.run("-c", UNKILLABLE).stderr
    assert time.monotonic() - began < 3
    assert read(node.file.read_text()) == {UP: 0, STUCK: 1, SUCCEEDED: 0}
    assert runs(int(survivor.read_text()))

    # and while it is there, no other is started beside it
    node.prints(L40S)
    calls = node.calls.read_text()
    assert "is stuck in the driver" in node.why_not()
    assert read(node.file.read_text())[STUCK] == 1
    assert node.calls.read_text() == calls

    # once it has gone, all is as before
    os.kill(pid := int(survivor.read_text()), 9)
    while runs(pid):
        time.sleep(0.01)
    found = node.told()
    assert (found[UP], found[STUCK]) == (1, 0)
