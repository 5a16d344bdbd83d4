"""What nodes install from changes or is not there: they install what is pinned, or serve on and say what is missing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.lab.serving import CLIENTS, NODE, fails, wait_for

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")

TAG, BRANCH = "refs/tags/{new}", "refs/heads/main"


class Source(NamedTuple):
    """Something that a node installs from: how the node loses sight of it, and gets it back.

    ``had``: what it must not have, so as to need it.
    """

    cut: str
    back: str
    had: str


_PORT = "to 10.77.0.1 ipproto 6 dport 9418 unreachable"
GIT = Source(f"ip rule add {_PORT}", f"ip rule del {_PORT}", "/opt/indextts2/source.git")
INDEX = Source(
    "ip route del default",
    "ip route add default via 10.77.0.1",
    "/opt/indextts2/source.git /opt/indextts2/build/uv-cache",
)


@contextmanager
def without(fleet: Fleet, *sources: Source) -> Iterator[None]:
    """Cut the node off from what it installs from."""
    fleet.sh(NODE, " && ".join(source.cut for source in sources))
    try:
        yield
    finally:
        fleet.sh(NODE, " && ".join(source.back for source in sources))


def upstream(fleet: Fleet, *arguments: str) -> str:
    """Run git in the repository that nodes fetch from."""
    repository = fleet.lab.folders.control.parent / "standin.git"
    command = ["git", "-C", str(repository), "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def pinned(request: pytest.FixtureRequest, fleet: Fleet, new: str) -> Iterator[str]:
    """Move references upstream to another release's commit; the commit that the tag of the new one was."""
    names = [name.format(new=new) for name in request.param]
    before = {name: upstream(fleet, "rev-parse", name) for name in names}
    commit, other = upstream(fleet, "rev-parse", new), upstream(fleet, "rev-parse", "v15")
    for name in names:
        upstream(fleet, "update-ref", name, other)
    yield commit
    for name, was in before.items():
        upstream(fleet, "update-ref", name, was)


def host(fleet: Fleet, source: Source, pinned: str) -> str:
    """Where a source is; the index's is what the lock says."""
    if source == GIT:
        return "10.77.0.1"
    found = re.search(r'url = "https?://([^/"]+)', upstream(fleet, "show", f"{pinned}:uv.lock"))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("source", "pinned"),
    [
        pytest.param(GIT, [TAG], id="git, and the tag moved"),
        pytest.param(INDEX, [TAG, BRANCH], id="index, and tag and branch moved", marks=pytest.mark.faults),
    ],
    indirect=["pinned"],
)
def test_a_source_that_is_not_there_is_named_and_then_what_is_pinned_is_installed(
    fleet: Fleet, load: Load, source: Source, pinned: str, old: str, new: str
) -> None:
    fleet.sh(NODE, f"rm -rf /opt/indextts2/releases/{new}-* {source.had}")
    fleet.serve(new)
    with without(fleet, source):
        output = fails(fleet)
        assert host(fleet, source, pinned) in output, output
        assert fleet.release(NODE) == old
    fleet.converge(NODE)
    assert fleet.release(NODE) == new
    assert fleet.sh(NODE, f"cat /opt/indextts2/releases/{new}-*/.git/HEAD") == pinned
    fleet.converge(NODE, changes=False)
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_what_is_installed_needs_no_source(fleet: Fleet) -> None:
    with without(fleet, GIT, INDEX):
        fleet.converge(NODE, changes=False)
