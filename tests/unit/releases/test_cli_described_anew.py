"""What Puppet writes while `releases` is at work, or waits, counts from then on."""

from __future__ import annotations

import os

import pytest

from releases import files
from releases.cli import main
from tests.unit.releases.machine import Machine


def test_what_puppet_wants_by_the_end_of_a_switch_is_not_pruned(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = machine.folder / "releases" / "v25-3333333"

    def meanwhile(_: object) -> None:
        machine.describe(wanted_release=half.name)
        half.mkdir()

    monkeypatch.setattr("releases.switch.reconcile", meanwhile)
    monkeypatch.setenv("PATH", f"{machine.folder}/bin:{os.environ['PATH']}")
    assert main(["tts", "reconcile"], machine.places) == 0
    assert half.exists()


def test_what_puppet_wants_while_a_call_waits_for_another_is_not_pruned(machine: Machine) -> None:
    half = machine.folder / "releases" / "v25-3333333"
    with files.locked(f"{machine.folder}/locks/releases-tts.switch.lock"):
        waiting = machine.start("tts", "prune")
        assert waiting.stderr and "waiting for it" in waiting.stderr.readline()
        machine.describe(wanted_release=half.name)
        half.mkdir()
    assert half.name not in waiting.communicate(timeout=60)[0]
    assert half.exists()
