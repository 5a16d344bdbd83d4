"""Two nodes whose driver needs a reboot, and a window for one at a time. Cards and driver are stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab.card import give_card, take_card
from tests.lab.serving import CLIENTS, NODE, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

OTHER = "tts2"
VERSION = "535.261.03"
LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so"
MODULES, MODINFO = "/lib/modules/6.1.0-standin", "/usr/local/bin/modinfo"
TURNS = '"$(puppet config print --section server vardir)"/nvidia-reboots'
ASKS = f"nvidia: reboot into the driver {VERSION}"
WELL = f"grep -qx 'rebooted {VERSION}' /var/lib/nvidia/reboot"

pytestmark = pytest.mark.usefixtures("settled", "cards")


@pytest.fixture
def cards(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each node a card that nouveau has until the next boot, the library of a driver, and a window."""
    for node in (NODE, OTHER):
        give_card(fleet, node, tmp_path_factory.mktemp("card"))
        fleet.sh(node, f"touch {LIBRARY}.{VERSION}; ln -sf libnvidia-ml.so.{VERSION} {LIBRARY}.1")
        # a kernel that has its module
        fleet.sh(
            node,
            f"mkdir -p {MODULES}; printf '#!/bin/sh\\necho {VERSION}\\n' >{MODINFO}; chmod 755 {MODINFO}",
        )
        fleet.sh(node, "ln -s /sys/bus/pci/drivers/nouveau /run/card/pci/0000:01:00.0/driver")
        fleet.on_node(node, {"nvidia::reboot": {"from": "00:00", "to": "00:00"}})
    yield
    for node in (NODE, OTHER):
        take_card(fleet, node)
        fleet.sh(node, f"rm -rf {LIBRARY}.* {MODULES} {MODINFO} /var/lib/nvidia")
        fleet.on_node(node, None)
    fleet.sh("puppet", f"rm -rf {TURNS}")


def boot(fleet: Fleet, node: str) -> str:
    """Name the boot that a node is in."""
    return fleet.sh(node, "cat /proc/sys/kernel/random/boot_id")


def reboots(fleet: Fleet, node: str, before: str) -> None:
    """Wait until a node is in another boot, and has seen that it is well."""

    def again() -> bool:
        up = any(one.name == node and one.up for one in fleet.lab.status())
        return up and boot(fleet, node) != before

    fleet.until(again, 120, f"{node} reboots")
    fleet.wait(node, WELL, 120)


def test_nodes_reboot_one_after_the_other_and_each_when_its_jobs_are_done(fleet: Fleet, load: Load) -> None:
    before = {node: boot(fleet, node) for node in (NODE, OTHER)}
    assert ASKS in fleet.converge(NODE)
    assert ASKS not in fleet.converge(OTHER), "it is the turn of another"
    assert fleet.sh("puppet", f"cat {TURNS}/*") == f"{NODE}.lab.test"
    reboots(fleet, NODE, before[NODE])
    wait_for(fleet, load, CLIENTS)
    failed = [job for job in load.stop().jobs if job.reason]
    assert [job for job in failed if job.failed_in in ("stream", "audio")] == [], (
        "what had begun was finished"
    )
    assert any("503" in str(job.reason) for job in failed), "what came then was turned away, and lost no time"

    assert ASKS not in fleet.lab.agent(OTHER).output, "the server does not know yet that the first is well"
    assert ASKS not in fleet.converge(NODE)
    assert ASKS in fleet.converge(OTHER)
    reboots(fleet, OTHER, before[OTHER])
    fleet.lab.agent(OTHER)
    assert fleet.sh("puppet", f"ls {TURNS}") == ""
