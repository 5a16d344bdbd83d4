"""What the units that ask NVIDIA's driver may open."""

from __future__ import annotations

from pathlib import Path

import pytest

MODULES = Path(__file__).parents[3] / "modules"
UNITS = [
    *(MODULES / "nvidia").rglob("*.service*"),
    MODULES / "releases" / "files" / "releases-watch@.service",
    MODULES / "indextts2" / "templates" / "webui.service.epp",
]
#: Each of them makes a list of the devices that a unit may open, and leaves out all others (systemd.exec(5),
#: ProtectClock: it implies DeviceAllow=char-rtc; systemd.resource-control(5), DevicePolicy=auto).
CLOSES = (
    "ProtectClock=yes",
    "PrivateDevices=yes",
    "DevicePolicy=closed",
    "DevicePolicy=strict",
    "DeviceAllow=",
)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_that_may_not_open_every_device_may_open_those_of_the_cards(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    if any(line.startswith(CLOSES) for line in lines):
        assert "DeviceAllow=char-nvidia* rw" in lines


def test_who_makes_the_devices_may_make_any() -> None:
    """The number of unified memory's device is known when its module is loaded, which that unit does first."""
    text = (MODULES / "nvidia" / "templates" / "nvidia-devices.service.epp").read_text()
    assert not any(line.startswith(CLOSES) for line in text.splitlines())
