"""Two nodes whose driver needs a reboot, and a window for one at a time. Cards and driver are stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab.card import give_card, is_up, take_card
from tests.lab.serving import CLIENTS, NODE, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

OTHER = "tts2"
VERSION = "535.261.03"
LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so"
MODULES, MODINFO = "/lib/modules/6.1.0-standin", "/usr/local/bin/modinfo"
TURNS = "/var/lib/puppetserver/nvidia-reboots"
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


def reboots(fleet: Fleet, node: str) -> None:
    """Wait until a node reboots, which in the lab leaves it without power, and has seen that it is well."""
    fleet.until(lambda: not is_up(fleet, node), 120, f"{node} goes down")
    fleet.lab.restore_power(node)
    fleet.wait(node, WELL, 120)


@pytest.mark.faults
def test_nodes_reboot_one_after_the_other_and_each_when_its_jobs_are_done(fleet: Fleet, load: Load) -> None:
    assert ASKS in fleet.converge(NODE)
    assert ASKS not in fleet.converge(OTHER), "it is the turn of another"
    assert fleet.sh("puppet", f"cat {TURNS}/*") == f"{NODE}.lab.test"
    reboots(fleet, NODE)
    wait_for(fleet, load, CLIENTS)
    failed = [job for job in load.stop().jobs if job.reason]
    assert [job for job in failed if job.failed_in in ("stream", "audio")] == [], (
        "what had begun was finished"
    )
    assert any("503" in str(job.reason) for job in failed), "what came then was turned away, and lost no time"

    assert ASKS not in fleet.lab.agent(OTHER).output, "the server does not know yet that the first is well"
    assert ASKS not in fleet.converge(NODE)
    assert ASKS in fleet.converge(OTHER)
    reboots(fleet, OTHER)
    fleet.lab.agent(OTHER)
    assert fleet.sh("puppet", f"ls {TURNS}") == ""
