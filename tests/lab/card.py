"""A card that stands in for one, with its driver and CUDA, on a node of the lab, which has none."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

STANDIN = Path(__file__).with_name("standin_card")
PLACES = {
    "nvidia-modprobe": "/usr/local/bin/nvidia-modprobe",
    "standin-card.service": "/etc/systemd/system/standin-card.service",
    "nvidia-smi": "/usr/local/bin/nvidia-smi",
    "libcuda.so.1": "/usr/local/lib/libcuda.so.1",
}


def is_up(fleet: Fleet, node: str) -> bool:
    """Whether a node has a first process."""
    return any(one.name == node and one.up for one in fleet.lab.status())


def give_card(fleet: Fleet, node: str, folder: Path) -> None:
    """Put a card into ``node``; what is compiled for it lies in ``folder``."""
    library = folder / "libcuda.so.1"
    compile_it = ["tcc", "-shared", "-nostdlib", "-o", str(library), str(STANDIN / "libcuda.c")]
    subprocess.run(compile_it, check=True)
    for name, place in PLACES.items():
        fleet.put(node, library if name == library.name else STANDIN / name, place)
    fleet.sh(node, "ldconfig; systemctl daemon-reload; systemctl enable --now standin-card")


def take_card(fleet: Fleet, node: str) -> None:
    """Take the card away again."""
    places = " ".join(PLACES.values())
    fleet.sh(node, f"systemctl disable --now standin-card; rm -rf {places} /dev/nvidia* /run/card; ldconfig")
