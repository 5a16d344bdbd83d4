"""What programs say of cards: whatever they do, there is an answer in one line, or none."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from releases import cards


def program(folder: Path, script: str) -> str:
    """Write a gate."""
    path = folder / "gate"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_who_has_no_gate_and_whom_it_lets_through_can_start(tmp_path: Path) -> None:
    assert cards.gate(None, None) is None
    assert cards.gate(program(tmp_path, "echo hello >&2"), None) is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no card' >&2; exit 1", "no card"),
        ("printf 'no\\n card\\n' >&2; exit 1", "no card"),
        ("exit 3", "{gate} ended with 3"),
        ("kill -9 $$", "{gate} ended with -9"),
        ("exec sleep 60", "{gate} does not answer within 0.5 s"),
    ],
)
def test_why_not_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str) -> None:
    monkeypatch.setattr(cards, "_PATIENCE", 0.5)
    path = program(tmp_path, script)
    assert cards.gate(path, None) == said.format(gate=path)


def test_a_gate_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert (
        cards.gate(f"{tmp_path}/gate", None)
        == f"{tmp_path}/gate: No such file or directory (a Puppet run puts it there)"
    )


def found(looks: cards.Looks, program: str | None, uuid: str | None) -> dict[str, str]:
    """Have a card looked at, and wait for what was found."""
    looks.begin(program, uuid)
    while looks.under_way:
        time.sleep(0.02)
        lost = looks.lost()
        if lost:
            return lost
    return {}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo $1 is gone", {"GPU-7": "GPU-7 is gone"}),
        ("exit 0", {"GPU-7": "GPU-7 is lost"}),
        ("echo $1 is there; exit 1", {}),
        ("exec sleep 60", {}),
    ],
)
def test_a_card_is_lost_where_the_program_says_so_and_not_where_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: dict[str, str]
) -> None:
    monkeypatch.setattr(cards, "_PATIENCE", 0.5)
    looks = cards.Looks()
    assert found(looks, program(tmp_path, script), "GPU-7") == said
    for other in ((None, "GPU-7"), (f"{tmp_path}/none", "GPU-7"), (program(tmp_path, "exit 0"), None)):
        assert found(looks, *other) == {}


def test_what_one_look_found_is_said_once(tmp_path: Path) -> None:
    looks = cards.Looks()
    assert found(looks, program(tmp_path, "exit 0"), "GPU-7")
    assert looks.lost() == {}


def test_a_look_that_hangs_holds_up_nobody_and_none_is_begun_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one in the driver, which no signal ends, and that outlives the program that began it."""
    monkeypatch.setattr(cards, "_PATIENCE", 0.2)
    end = os.killpg
    monkeypatch.setattr(os, "killpg", lambda group, number: None if number else end(group, number))
    looks = cards.Looks()
    hangs = program(tmp_path, f"echo >>{tmp_path}/begun; sleep 30 & echo $! >{tmp_path}/pid; exit 0")
    began = time.monotonic()
    for _ in range(20):
        looks.begin(hangs, "GPU-7")
        assert looks.lost() == {}
        time.sleep(0.02)
    assert time.monotonic() - began < 5
    assert (tmp_path / "begun").read_text() == "\n"

    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert found(looks, program(tmp_path, "exit 0"), "GPU-7"), "it is asked again once that is gone"


def test_it_is_asked_for_the_card_that_it_is_about(tmp_path: Path) -> None:
    path = program(tmp_path, "echo sees $CUDA_VISIBLE_DEVICES by $CUDA_DEVICE_ORDER >&2; exit 1")
    assert cards.gate(path, "GPU-7") == "sees GPU-7 by PCI_BUS_ID"


# of the process that is left behind on purpose
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_no_signal_ends_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_PATIENCE", 0.5)
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, signal: killed.append(group))
    began = time.monotonic()
    assert str(cards.gate(program(tmp_path, "exec sleep 30"), None)).endswith("does not answer within 0.5 s")
    assert time.monotonic() - began < 10
    monkeypatch.undo()
    os.killpg(killed[0], signal.SIGKILL)


def test_what_a_program_began_is_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_PATIENCE", 0.5)
    cards.gate(program(tmp_path, f"sleep 30 & echo $! >{tmp_path}/pid; wait"), None)
    process = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    for _ in range(100):
        if not process.exists() or ") Z" in process.read_text():
            return
        time.sleep(0.02)
    pytest.fail("it is left behind")
