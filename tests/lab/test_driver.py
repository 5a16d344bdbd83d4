"""NVIDIA's driver from Debian's own archive, on a node whose card and kernel stand in. apt and the packages are real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.card import give_card, take_card
from tests.lab.serving import NODE

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

FILES = Path(__file__).parents[2] / "modules" / "nvidia" / "files"
APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends"
#: A node of the lab runs the kernel of this machine, which need not be one of Debian's.
KERNEL = "kernelrelease: 6.1.0-50-cloud-amd64"
WANTED = re.compile(r"Package\[([^]]+)\]/ensure.*should be '?(?:present|installed)")


@pytest.fixture
def node(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a node a card and have it want its driver; leave no package and no source of it."""
    give_card(fleet, NODE, tmp_path_factory.mktemp("card"))
    # the real ones come by package
    fleet.sh(NODE, "rm /usr/local/bin/nvidia-smi /usr/local/lib/libcuda.so.1; ldconfig")
    fleet.sh(NODE, f"mkdir -p /etc/facter/facts.d; echo '{KERNEL}' >/etc/facter/facts.d/kernel.yaml")
    fleet.sh(NODE, "cp -a /etc/apt /root/apt.before; dpkg-query -W -f '${Package}\\n' >/root/packages.before")
    fleet.on_node(NODE, {"nvidia::driver": "distribution"})
    yield NODE
    fleet.on_node(NODE, None)
    new = "dpkg-query -W -f '${Package}\\n' | grep -vxFf /root/packages.before"
    fleet.sh(NODE, f"{new} | xargs -r {APT.split(' ', 1)[1]} purge", check=False)
    fleet.sh(NODE, "rm -rf /etc/apt && mv /root/apt.before /etc/apt && apt-get -q update")
    fleet.sh(NODE, "rm -rf /etc/facter/facts.d/kernel.yaml /root/packages.before /var/lib/nvidia")
    take_card(fleet, NODE)


def test_apt_resolves_the_driver_and_its_user_space_part_does_what_the_fact_and_the_gate_ask(
    fleet: Fleet, node: str
) -> None:
    run = fleet.lab.agent(node, noop=True)
    assert run.code == 0, run.output
    wanted = WANTED.findall(run.output)
    assert {"nvidia-kernel-dkms", "libcuda1", "nvidia-smi"} <= set(wanted), run.output

    for name in ("non-free.sh", "gate.py"):
        fleet.put(node, FILES / name, f"/root/{name}")
    fleet.sh(node, "/root/non-free.sh")
    simulated = fleet.sh(node, f"{APT} --simulate install {' '.join(wanted)}")
    planned = set(re.findall(r"^Inst (\S+)", simulated, re.MULTILINE))
    assert set(wanted) <= planned
    assert re.findall(r"^Remv .*", simulated, re.MULTILINE) == []

    fleet.sh(node, f"{APT} install libcuda1 nvidia-smi")
    version = fleet.sh(node, "dpkg-query -W -f '${source:Upstream-Version}' libcuda1")
    fact = fleet.lab.exec(node, ["puppet", "facts", "show", "nvidia", "--render-as", "json"]).stdout
    known = json.loads(fact)["nvidia"]
    assert known["driver"]["installed"] == version
    assert "has no module nvidia" in known["error"]
    gate = fleet.lab.exec(node, ["/root/gate.py"], check=False)
    assert gate.returncode == 1
    assert gate.stderr.startswith("not started without a GPU: CUDA says error "), gate.stderr
