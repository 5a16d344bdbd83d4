"""The device nodes of cards: whether they are waited for. Whether a card is on the bus says a stand-in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = Path(__file__).parents[3] / "modules" / "nvidia" / "files"
NONE = "no NVIDIA card is on the PCI bus of this machine\n"


@pytest.mark.parametrize(("there", "said"), [(True, ""), (False, NONE)], ids=["a card", "none"])
def test_without_a_card_on_the_bus_nothing_is_waited_for(tmp_path: Path, there: bool, said: str) -> None:
    shutil.copy(FILES / "devices.sh", tmp_path / "devices")
    (tmp_path / "on-the-bus").write_text(f"#!/bin/sh\nexit {int(not there)}\n")
    (tmp_path / "on-the-bus").chmod(0o755)
    done = subprocess.run(["sh", tmp_path / "devices", "0"], capture_output=True, text=True)
    assert done.stdout == said
