"""The disk gets full while a release is made: the old one serves, and the run says that the disk is full, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import CLIENTS, NODE, fails, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

RELEASES = "/opt/indextts2/releases"
FULL = "No space left on device"


@pytest.fixture
def room(fleet: Fleet) -> Iterator[Callable[[str], None]]:
    """Put the releases on a file system of their own, and give a function that says how much room is left there."""
    fleet.sh(
        NODE,
        "mkdir -p /mnt/small && mount -t tmpfs -o mode=755 small /mnt/small"
        f" && cp -a {RELEASES}/. /mnt/small && chown --reference={RELEASES} /mnt/small"
        f" && mount --bind /mnt/small {RELEASES} && umount /mnt/small"
        # what runs had its folders bound into what is hidden now
        " && releases indextts2 restart",
    )

    def leave(size: str) -> None:
        used = f"$(df --output=used --block-size=1 {RELEASES} | tail -n 1)"
        fleet.sh(NODE, f"mount -o remount,size=$(({used} + $(numfmt --from=iec {size}))) {RELEASES}")

    yield leave
    fleet.sh(NODE, f"umount --lazy {RELEASES}")


@pytest.mark.parametrize(
    ("size", "where"),
    [
        pytest.param("100K", "make checkout", id="checkout"),
        pytest.param("20M", "Python environment of", id="environment", marks=pytest.mark.faults),
    ],
)
def test_a_full_disk_is_said_and_the_old_release_serves(
    fleet: Fleet, room: Callable[[str], None], load: Load, size: str, where: str, old: str, new: str
) -> None:
    fleet.sh(NODE, f"rm -rf {RELEASES}/{new}-*")
    room(size)
    fleet.serve(new)
    output = fails(fleet)
    said = [line for line in output.splitlines() if FULL in line]
    assert said, output
    assert any(f"{RELEASES}/{new}-" in line and where in line for line in said), said
    assert fleet.release(NODE) == old

    room("2G")
    fleet.converge(NODE)
    assert fleet.release(NODE) == new
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
