"""A revision is one line of Hiera: nodes move to it and back, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

NODES = ("tts1", "tts2")
#: What is in cache_hub: each file with its size, times and inode, so that a copy would be noticed.
CACHE_HUB = "find /opt/indextts2/cache_hub -type f -printf '%p %s %T@ %i\\n' | sort"


pytestmark = pytest.mark.usefixtures("settled")


@pytest.fixture
def alone(fleet: Fleet) -> Iterator[Callable[..., None]]:
    """Give a function that says what holds for tts2 alone, until the test ends."""
    yield lambda **values: fleet.on_node(
        "tts2", {f"indextts2::{name}": value for name, value in values.items()}
    )
    fleet.on_node("tts2", None)


def test_a_commit_moves_every_node_and_another_moves_it_back(fleet: Fleet, old: str, new: str) -> None:
    with ThreadPoolExecutor() as pool:
        fleet.serve(old)
        list(pool.map(fleet.lab.agent, NODES))
        for revision in (new, old):
            fleet.serve(revision)
            list(pool.map(fleet.converge, NODES))
            assert [fleet.release(node) for node in NODES] == [revision, revision]
    fleet.converge("tts1", changes=False)


def test_a_release_without_a_lock_is_installed_by_pip(fleet: Fleet, alone: Callable[..., None]) -> None:
    alone(revision="v15", installer="pip")
    fleet.converge("tts2")
    assert fleet.release("tts2") == "v15"
    fleet.converge("tts2", changes=False)


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.faults)])
def test_an_install_that_was_killed_is_completed_by_the_next_run(
    fleet: Fleet, installer: str, old: str, new: str
) -> None:
    revision = new if installer == "uv" else "v15"
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
    assert fleet.release("tts1") == old, "the old release serves on"

    fleet.converge("tts1")

    assert fleet.holds("tts1", f"ls {release}/.venv/.complete")
    assert fleet.release("tts1") == revision


def test_an_environment_that_lacks_something_takes_nothing_from_what_serves(
    fleet: Fleet, alone: Callable[..., None]
) -> None:
    before = fleet.release("tts2")
    alone(extras=[])  # the web UI's packages are one
    run = fleet.lab.agent("tts2")
    assert run.code in (4, 6), run.output
    assert "ModuleNotFoundError: No module named 'gradio'" in run.output, run.output
    fleet.sh("tts2", "releases indextts2 restart")
    assert fleet.release("tts2") == before


def test_absent_takes_all_away_but_cache_hub_and_present_brings_it_back(
    fleet: Fleet, alone: Callable[..., None], old: str
) -> None:
    before = fleet.sh("tts2", CACHE_HUB)
    assert "gpt.pth" in before
    program = "/usr/local/sbin/releases"
    fleet.sh("tts2", f"chmod -x {program}; systemctl start releases@indextts2; chmod +x {program}")
    assert fleet.holds("tts2", "systemctl is-failed --quiet releases@indextts2")
    alone(ensure="absent")
    fleet.converge("tts2")
    fleet.converge("tts2", changes=False)

    left = "/etc/indextts2 /usr/local/lib/indextts2 /etc/releases/indextts2* /var/lib/releases/indextts2*"
    left += " /etc/systemd/system/*indextts2* /etc/systemd/system/*/*indextts2* /opt/indextts2/*"
    assert fleet.sh("tts2", f"ls -d {left} 2>/dev/null", check=False) == "/opt/indextts2/cache_hub"
    assert not fleet.holds("tts2", "getent passwd tts-user tts-build || getent group tts-user tts-build")
    assert not fleet.holds(
        "tts2",
        "systemctl cat indextts2-front.service 'indextts2-webui@0-blue.service' 'indextts2-webui@0-green.service'",
    )
    assert fleet.sh("tts2", "systemctl list-units --all --plain --no-legend 'indextts2*' 'releases@*'") == ""
    assert fleet.sh("tts2", CACHE_HUB) == before

    fleet.on_node("tts2", None)
    fleet.converge("tts2")

    assert fleet.release("tts2") == old
    assert fleet.sh("tts2", CACHE_HUB) == before, "nothing was fetched again"


@pytest.mark.faults
def test_another_root_leaves_the_weights_of_the_old_one_where_they_are(
    fleet: Fleet, alone: Callable[..., None], old: str
) -> None:
    before = fleet.sh("tts2", CACHE_HUB)
    alone(root="/srv/tts")
    fleet.converge("tts2")
    assert fleet.release("tts2") == old
    assert fleet.sh("tts2", CACHE_HUB.replace("/opt/indextts2", "/srv/tts")).splitlines()
    assert fleet.sh("tts2", CACHE_HUB) == before

    fleet.on_node("tts2", None)
    fleet.converge("tts2")
    assert fleet.release("tts2") == old
    assert fleet.sh("tts2", CACHE_HUB) == before, "nothing was fetched again"
    fleet.sh("tts2", "rm -rf /srv/tts")


def test_a_revision_without_a_pin_changes_nothing_and_says_the_cure(
    fleet: Fleet, alone: Callable[..., None]
) -> None:
    before = fleet.release("tts2")
    alone(revision="main")
    run = fleet.lab.agent("tts2")
    assert run.code not in (0, 2), run.output
    assert "indextts2::revision is 'main'" in run.output
    assert "'fleet pin indextts2 TAG'" in run.output
    assert fleet.release("tts2") == before
