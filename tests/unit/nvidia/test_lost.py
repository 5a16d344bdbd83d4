"""Whether a card is lost. nvidia-smi and the gate are stand-ins; what the first says stood in public threads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LOST = Path(__file__).parents[3] / "modules" / "nvidia" / "files" / "lost.sh"
IS_LOST = "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU"
UNKNOWN = "Unable to determine the device handle for GPU0000:91:00.0: Unknown Error"
MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"
SEES, SEES_NOT = '[ "$CUDA_VISIBLE_DEVICES" = GPU-7 ]', "echo not started without a GPU >&2; exit 1"


def ask(folder: Path, smi: str, gate: str) -> subprocess.CompletedProcess[str]:
    """Ask for GPU-7 where nvidia-smi and the gate do so."""
    shutil.copy(LOST, folder / "lost")
    for name, script in (("nvidia-smi", smi), ("gate", gate)):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", folder / "lost", "GPU-7"], env={"PATH": path}, capture_output=True, text=True
    )


@pytest.mark.parametrize(("said", "code"), [(IS_LOST, 15), (UNKNOWN, 255), ("No devices were found", 6)])
def test_a_card_that_neither_finds_is_lost(tmp_path: Path, said: str, code: int) -> None:
    done = ask(tmp_path, f"echo '{said}'; exit {code}", SEES_NOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"GPU-7 is lost ({said})\n", "")


@pytest.mark.parametrize(
    ("smi", "gate"),
    [
        ("echo GPU-7", SEES),
        ("echo GPU-7", SEES_NOT),
        (f"echo '{IS_LOST}'; exit 15", SEES),
        (f"echo '{MISMATCH}'; exit 18", SEES_NOT),
        ("exit 255", SEES_NOT),
    ],
    ids=["there", "there, and the gate has another reason", "another is lost", "mismatch", "no word"],
)
def test_where_it_is_there_or_nobody_knows_it_is_not(tmp_path: Path, smi: str, gate: str) -> None:
    assert ask(tmp_path, smi, gate).returncode == 1


def test_nvidia_smi_stays_in_the_group_of_whoever_asks(tmp_path: Path) -> None:
    """So that it is found there while it hangs in the driver, where no signal ends it."""
    done = ask(tmp_path, f"cut -d ' ' -f 5 /proc/$$/stat >{tmp_path}/group; exit 255", SEES_NOT)
    assert done.returncode == 1
    assert int((tmp_path / "group").read_text()) == os.getpgrp()
