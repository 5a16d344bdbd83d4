"""The fact ``nvidia`` on a machine that has a card, held against what sysfs and nvidia-smi say: `make test-gpu`."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

LIB = Path(__file__).parents[2] / "modules" / "nvidia" / "lib"
#: Seconds: Facter's own start, and all that the fact may take.
LIMIT = 5 + 5


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, Any], float]:
    """Ask Facter once; the fact, and how long it took. What it says is worth a file in tests/facts-nvidia."""
    began = time.monotonic()
    command = ["facter", "--json", "--custom-dir", str(LIB / "facter"), "nvidia"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    print(done.stdout)
    assert done.stderr == ""
    fact: dict[str, Any] = json.loads(done.stdout)["nvidia"]
    return fact, seconds


def on_the_bus() -> list[str]:
    """List the addresses of the cards, by sysfs alone."""
    return sorted(
        device.name
        for device in Path("/sys/bus/pci/devices").iterdir()
        if (device / "vendor").read_text() == "0x10de\n"
        and (device / "class").read_text().startswith("0x03")
        and not (device / "physfn").exists()
    )


def test_cards_are_present(told: tuple[dict[str, Any], float]) -> None:
    assert told[0]["present"] is True


def test_it_is_bounded(told: tuple[dict[str, Any], float]) -> None:
    assert told[1] < LIMIT


def test_each_card_of_the_bus_is_listed_or_lost(told: tuple[dict[str, Any], float]) -> None:
    fact, _ = told
    assert "error" not in fact, fact["error"]
    assert sorted([gpu["pci"] for gpu in fact["gpus"]] + fact["lost"]) == on_the_bus()


def test_it_says_of_each_card_what_nvidia_smi_lists(told: tuple[dict[str, Any], float]) -> None:
    listed = subprocess.run(["nvidia-smi", "-L"], check=True, capture_output=True, text=True).stdout
    for gpu in told[0]["gpus"]:
        assert f"GPU {gpu['index']}: {gpu['name']} (UUID: {gpu['uuid']})" in listed
        assert gpu["memory_mib"] > 0


def test_the_loaded_driver_is_the_installed_one(told: tuple[dict[str, Any], float]) -> None:
    driver = told[0]["driver"]
    assert driver["loaded"] == driver["installed"] == Path("/sys/module/nvidia/version").read_text().strip()
    is_open = "Open Kernel Module" in Path("/proc/driver/nvidia/version").read_text()
    assert driver["kernel_modules"] == ("open" if is_open else "proprietary")
    assert told[0]["reboot_required"] is False
