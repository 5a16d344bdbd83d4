"""The disk gets full while a release is made: the old one serves, and the run says that the disk is full, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from generator.lab.standin import RELEASES as STANDIN
from tests.lab.serving import CACHE, CLIENTS, NODE, fails, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

RELEASES = "/opt/indextts2/releases"
FULL = "No space left on device"


@pytest.fixture
def room(fleet: Fleet, folder: str) -> Iterator[Callable[[str], None]]:
    """Put a folder on a file system of its own, and give a function that says how much room is left there."""
    fleet.sh(
        NODE,
        "mkdir -p /mnt/small && mount -t tmpfs -o mode=755 small /mnt/small"
        f" && cp -a {folder}/. /mnt/small && chown --reference={folder} /mnt/small"
        f" && mount --bind /mnt/small {folder} && umount /mnt/small"
        # what runs had its folders bound into what is hidden now
        " && releases indextts2 restart",
    )

    def leave(size: str) -> None:
        used = f"$(df --output=used --block-size=1 {folder} | tail -n 1)"
        fleet.sh(NODE, f"mount -o remount,size=$(({used} + $(numfmt --from=iec {size}))) {folder}")

    yield leave
    fleet.sh(NODE, f"umount --lazy {folder}")


@pytest.mark.parametrize(
    ("folder", "size", "where"),
    [
        pytest.param(RELEASES, "100K", "make checkout", id="checkout"),
        pytest.param(RELEASES, "20M", "Python environment of", id="environment", marks=pytest.mark.faults),
        pytest.param(CACHE, "1M", "weights", id="weights", marks=pytest.mark.faults),
    ],
)
def test_a_full_disk_is_said_and_the_old_release_serves(
    fleet: Fleet,
    room: Callable[[str], None],
    load: Load,
    folder: str,
    size: str,
    where: str,
    old: str,
    new: str,
) -> None:
    weights = STANDIN[new].weights
    fleet.sh(NODE, f"rm -rf {RELEASES}/{new}-* {CACHE}/{weights}-* {CACHE}/store")
    room(size)
    fleet.serve(new)
    output = fails(fleet)
    said = [line for line in output.splitlines() if FULL in line]
    assert said, output
    what = {RELEASES: f"{RELEASES}/{new}-", CACHE: f"{CACHE}/{weights}-"}[folder]
    assert any(what in line and where in line for line in said), said
    assert fleet.release(NODE) == old

    room("2G")
    fleet.converge(NODE)
    assert fleet.release(NODE) == new
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
