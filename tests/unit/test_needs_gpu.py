"""``make test-gpu`` where there is no card: it says so, and does nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "needs-gpu"


def needs(devices: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, "test-gpu", devices], capture_output=True, text=True)


def put(devices: Path, address: str, vendor: str, kind: str) -> None:
    (devices / address).mkdir()
    (devices / address / "vendor").write_text(f"{vendor}\n")
    (devices / address / "class").write_text(f"{kind}\n")


@pytest.mark.parametrize(
    ("vendor", "kind"),
    [("0x1a03", "0x030000"), ("0x10de", "0x040300")],
    ids=["another maker's", "a card's sound"],
)
def test_it_is_refused_in_one_sentence_without_a_card(tmp_path: Path, vendor: str, kind: str) -> None:
    put(tmp_path, "0000:01:00.0", vendor, kind)
    done = needs(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("make test-gpu: this machine has no NVIDIA card: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["0x030000", "0x030200"])
def test_it_is_quiet_with_one(tmp_path: Path, kind: str) -> None:
    put(tmp_path, "0000:00:02.0", "0x8086", "0x030000")
    put(tmp_path, "0000:01:00.0", "0x10de", kind)
    done = needs(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
