"""A release is installed, and leaves again, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import CLIENTS, NODE, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

#: What is in cache_hub: each file with its size, times and inode, so that a copy would be noticed.
CACHE_HUB = "find /opt/indextts2/cache_hub -type f -printf '%p %s %T@ %i\\n' | sort"


pytestmark = pytest.mark.usefixtures("settled")


@pytest.fixture
def say(fleet: Fleet, old: str) -> Iterator[Callable[..., None]]:
    """Give a function that says what parameters are to be, until the test ends."""
    yield lambda revision=old, **values: fleet.serve(revision, **values)
    fleet.serve(old)


@pytest.mark.faults
def test_a_release_without_a_lock_is_installed_by_pip(fleet: Fleet, say: Callable[..., None]) -> None:
    say(revision="v15", installer="pip")
    fleet.converge(NODE)
    assert fleet.release(NODE) == "v15"
    fleet.converge(NODE, changes=False)


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.faults)])
def test_an_install_that_was_killed_is_completed_by_the_next_run(
    fleet: Fleet, load: Load, installer: str, old: str, new: str
) -> None:
    revision = new if installer == "uv" else "v15"
    fleet.serve(revision, installer=installer)
    release = f"/opt/indextts2/releases/{revision}-*"
    # an empty cache, so that there is a half-way
    fleet.sh(NODE, f"rm -rf {release} /opt/indextts2/build/uv-cache")
    with ThreadPoolExecutor() as pool:
        run = pool.submit(fleet.lab.agent, NODE)
        fleet.wait(NODE, f"test -d {release}/.venv/lib", 90)
        fleet.sh(NODE, "pkill -9 -f '[p]uppet agent'; pkill -9 -u tts-build; true")
        run.result()
    assert not fleet.holds(NODE, f"ls {release}/.venv/.complete"), "it was over before it was killed"
    assert fleet.release(NODE) == old, "the old release serves on"

    fleet.converge(NODE)

    assert fleet.holds(NODE, f"ls {release}/.venv/.complete")
    assert fleet.release(NODE) == revision
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_an_environment_that_lacks_something_takes_nothing_from_what_serves(
    fleet: Fleet, say: Callable[..., None]
) -> None:
    before = fleet.release(NODE)
    say(extras=[])  # the web UI's packages are one
    run = fleet.lab.agent(NODE)
    assert run.code in (4, 6), run.output
    assert "ModuleNotFoundError: No module named 'gradio'" in run.output, run.output
    fleet.sh(NODE, "releases indextts2 restart")
    assert fleet.release(NODE) == before


def test_absent_takes_all_away_but_cache_hub_and_present_brings_it_back(
    fleet: Fleet, say: Callable[..., None], old: str
) -> None:
    before = fleet.sh(NODE, CACHE_HUB)
    assert "gpt.pth" in before
    program = "/usr/local/sbin/releases"
    fleet.sh(NODE, f"chmod -x {program}; systemctl start releases@indextts2; chmod +x {program}")
    assert fleet.holds(NODE, "systemctl is-failed --quiet releases@indextts2")
    say(ensure="absent")
    fleet.converge(NODE)
    fleet.converge(NODE, changes=False)

    left = "/etc/indextts2 /usr/local/lib/indextts2 /etc/releases/indextts2* /var/lib/releases/indextts2*"
    left += " /etc/systemd/system/*indextts2* /etc/systemd/system/*/*indextts2* /opt/indextts2/*"
    assert fleet.sh(NODE, f"ls -d {left} 2>/dev/null", check=False) == "/opt/indextts2/cache_hub"
    assert not fleet.holds(NODE, "getent passwd tts-user tts-build || getent group tts-user tts-build")
    assert not fleet.holds(
        NODE,
        "systemctl cat indextts2-front.service 'indextts2-webui@0-blue.service' 'indextts2-webui@0-green.service'",
    )
    assert fleet.sh(NODE, "systemctl list-units --all --plain --no-legend 'indextts2*' 'releases@*'") == ""
    assert fleet.sh(NODE, CACHE_HUB) == before

    fleet.serve(old)
    fleet.converge(NODE)

    assert fleet.release(NODE) == old
    assert fleet.sh(NODE, CACHE_HUB) == before, "nothing was fetched again"


@pytest.mark.faults
def test_another_root_leaves_the_weights_of_the_old_one_where_they_are(
    fleet: Fleet, say: Callable[..., None], old: str
) -> None:
    before = fleet.sh(NODE, CACHE_HUB)
    say(root="/srv/tts")
    fleet.converge(NODE)
    assert fleet.release(NODE) == old
    assert fleet.sh(NODE, CACHE_HUB.replace("/opt/indextts2", "/srv/tts")).splitlines()
    assert fleet.sh(NODE, CACHE_HUB) == before

    fleet.serve(old)
    fleet.converge(NODE)
    assert fleet.release(NODE) == old
    assert fleet.sh(NODE, CACHE_HUB) == before, "nothing was fetched again"
    fleet.sh(NODE, "rm -rf /srv/tts")
