"""A revision is one line of Hiera: nodes move to it and back, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

NODES = ("tts1", "tts2")
#: What is in cache_hub: each file with its size, times and inode, so that a copy would be noticed.
CACHE_HUB = "find /opt/indextts2/cache_hub -type f -printf '%p %s %T@ %i\\n' | sort"


@pytest.fixture(autouse=True)
def back_to_v23(fleet: Fleet) -> Iterator[None]:
    """Leave the fleet as it was found."""
    yield
    fleet.serve("v23")
    with ThreadPoolExecutor() as pool:
        for run in pool.map(fleet.lab.agent, NODES):
            assert run.code in (0, 2), run.output
    assert [fleet.release(node) for node in NODES] == ["v23", "v23"]


def test_a_commit_moves_every_node_and_another_moves_it_back(fleet: Fleet) -> None:
    for revision in ("v24-beta", "v23"):
        fleet.serve(revision)
        with ThreadPoolExecutor() as pool:
            list(pool.map(fleet.converge, NODES))
        assert [fleet.release(node) for node in NODES] == [revision, revision]
    fleet.converge("tts1", changes=False)


def test_a_release_without_a_lock_is_installed_by_pip(fleet: Fleet) -> None:
    fleet.on_node("tts2", {"indextts2::revision": "v15", "indextts2::installer": "pip"})
    fleet.converge("tts2")
    assert fleet.release("tts2") == "v15"
    fleet.converge("tts2", changes=False)
    fleet.on_node("tts2", None)


@pytest.mark.parametrize(
    ("revision", "installer"),
    [pytest.param("v24-beta", "uv"), pytest.param("v15", "pip", marks=pytest.mark.faults)],
)
def test_an_install_that_was_killed_is_completed_by_the_next_run(
    fleet: Fleet, revision: str, installer: str
) -> None:
    fleet.serve(revision, installer=installer)
    release = f"/opt/indextts2/releases/{revision}-*"
    # an empty cache, so that there is a half-way
    fleet.sh("tts1", f"rm -rf {release} /opt/indextts2/build/uv-cache")
    with ThreadPoolExecutor() as pool:
        run = pool.submit(fleet.lab.agent, "tts1")
        fleet.wait("tts1", f"test -d {release}/.venv/lib", 90)
        fleet.sh("tts1", "pkill -9 -f '[p]uppet agent'; pkill -9 -u tts-build; true")
        run.result()
    assert not fleet.holds("tts1", f"ls {release}/.venv/.complete"), "it was over before it was killed"
    assert fleet.release("tts1") == "v23", "the old release serves on"

    fleet.converge("tts1")

    assert fleet.holds("tts1", f"ls {release}/.venv/.complete")
    assert fleet.release("tts1") == revision


def test_absent_takes_all_away_but_cache_hub_and_present_brings_it_back(fleet: Fleet) -> None:
    before = fleet.sh("tts2", CACHE_HUB)
    assert "gpt.pth" in before
    fleet.on_node("tts2", {"indextts2::ensure": "absent"})
    fleet.converge("tts2")
    fleet.converge("tts2", changes=False)

    left = "ls -d /etc/indextts2 /usr/local/lib/indextts2 /etc/systemd/system/indextts2* /opt/indextts2/*"
    assert fleet.sh("tts2", f"{left} 2>/dev/null", check=False) == "/opt/indextts2/cache_hub"
    assert not fleet.holds("tts2", "getent passwd tts-user tts-build || getent group tts-user tts-build")
    assert not fleet.holds(
        "tts2",
        "systemctl cat indextts2-front.service 'indextts2-webui@0-blue.service' 'indextts2-webui@0-green.service'",
    )
    assert fleet.sh("tts2", CACHE_HUB) == before

    fleet.on_node("tts2", None)
    fleet.converge("tts2")

    assert fleet.release("tts2") == "v23"
    assert fleet.sh("tts2", CACHE_HUB) == before, "nothing was fetched again"


def test_a_revision_without_a_pin_changes_nothing_and_says_the_cure(fleet: Fleet) -> None:
    fleet.on_node("tts2", {"indextts2::revision": "main"})
    run = fleet.lab.agent("tts2")
    fleet.on_node("tts2", None)
    assert run.code not in (0, 2), run.output
    assert "indextts2::revision is 'main'" in run.output
    assert "'fleet pin indextts2 TAG'" in run.output
    assert fleet.release("tts2") == "v23"
