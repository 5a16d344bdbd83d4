"""The gate before a service that needs a card. CUDA is a stand-in here: this machine has none."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from tests.unit.nvidia.program import FILES, load

GATE = FILES / "gate.py"
#: What CUDA calls these (cuda.h, CUresult).
NAMES = {
    100: b"no CUDA-capable device is detected",
    803: b"system has unsupported display driver / cuda driver combination",
}


@pytest.fixture
def gate() -> ModuleType:
    """The program, which has no name that Python could import."""
    return load(GATE.name)


def cuda(initialised: int = 0, cards: int = 0, counted: int = 0) -> object:
    """Make a library that answers so."""

    def count(target: object) -> int:
        target._obj.value = cards  # type: ignore[attr-defined]
        return counted

    def name(code: int, target: object) -> int:
        target._obj.value = NAMES.get(code)  # type: ignore[attr-defined]
        return 0 if code in NAMES else 1

    return SimpleNamespace(cuInit=lambda flags: initialised, cuDeviceGetCount=count, cuGetErrorString=name)


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (cuda(cards=1), None),
        (cuda(cards=8), None),
        (cuda(cards=0), "CUDA sees no card (is the driver loaded? nvidia-smi and dmesg say what it met; "),
        (cuda(100), "CUDA says error 100, no CUDA-capable device is detected (is the driver loaded?"),
        (cuda(counted=100, cards=1), "CUDA says error 100, no CUDA-capable device is detected"),
        (
            cuda(803),
            "combination (the driver was upgraded under the running kernel module: reboot this machine)",
        ),
        (cuda(12345), "CUDA says error 12345"),
    ],
)
def test_it_says_what_cuda_says_and_the_cure(
    gate: ModuleType, monkeypatch: pytest.MonkeyPatch, library: object, said: str | None
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    found = gate.why_not()
    assert found is None if said is None else said in found
    assert found is None or "\n" not in found


def test_whoever_is_refused_reads_one_line_that_says_what_hides_cards() -> None:
    done = subprocess.run(
        [sys.executable, "-IS", GATE], env={"CUDA_VISIBLE_DEVICES": "GPU-7"}, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("not started without a GPU: ")
    assert line.endswith("; CUDA_VISIBLE_DEVICES is 'GPU-7'")
