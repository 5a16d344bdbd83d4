"""Weights on a node: they arrive while what is there serves, whatever breaks, and what rots is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generator.lab.standin import RELEASES
from tests.lab.serving import CACHE, CLIENTS, HOST, NODE, fails, status, wait_for, while_running
from tests.unit.weights.server import MEGA, serve, wait_until_sent

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet
    from tests.load import Load

pytestmark = pytest.mark.usefixtures("settled")


def kill(fleet: Fleet) -> None:
    """Kill the agent, and what fetches for it."""
    fleet.sh(NODE, "pkill -9 -f '[p]uppet agent'; pkill -9 -u tts-build; true")


def cut_power(fleet: Fleet) -> None:
    """Cut the power, and bring it back."""
    fleet.lab.cut_power(NODE)
    fleet.lab.restore_power(NODE)
    fleet.wait(NODE, "curl --silent --fail --max-time 5 http://127.0.0.1:7860/config", 60)


@pytest.mark.parametrize("cut", [kill, pytest.param(cut_power, marks=pytest.mark.faults)])
def test_a_fetch_that_is_cut_off_goes_on_and_the_old_release_serves_meanwhile(
    fleet: Fleet, files: dict[str, bytes], cut: object, old: str, new: str
) -> None:
    assert callable(cut)
    with serve(files, "stalls", HOST) as mirror:
        fleet.serve(new, weights_sources=[mirror.url])

        def in_the_middle() -> None:
            wait_until_sent(mirror, MEGA, 90)
            cut(fleet)

        run = while_running(fleet, in_the_middle)
        assert run.code not in (0, 2), run.output
        assert fleet.release(NODE) == old
        before = mirror.sent
        mirror.wrong = ""
        fleet.converge(NODE)
        assert mirror.sent - before <= sum(map(len, files.values()))
    assert fleet.release(NODE) == new
    fleet.converge(NODE, changes=False)


def test_a_mirror_with_wrong_bytes_is_named_and_the_next_source_helps(
    fleet: Fleet, files: dict[str, bytes], load: Load, new: str
) -> None:
    with serve(files, "lies", HOST) as liar:
        fleet.serve(new, weights_sources=[liar.url, "hub"])
        output = fleet.converge(NODE)
        assert f"{liar.url}/" in output and "serves wrong bytes" in output, output
    assert fleet.release(NODE) == new
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []


@pytest.mark.faults
def test_without_a_source_the_old_release_serves_and_each_source_is_named(
    fleet: Fleet, files: dict[str, bytes], old: str, new: str
) -> None:
    with serve(files, "404", HOST) as mirror:
        fleet.serve(new, weights_sources=["/mnt/nas", mirror.url])
        output = fails(fleet)
    assert "/mnt/nas/" in output and f"{mirror.url}/" in output, output
    assert fleet.release(NODE) == old
    fleet.serve(new)
    fleet.converge(NODE)
    assert fleet.release(NODE) == new


def test_what_rots_in_silence_is_found_by_the_weekly_reading(fleet: Fleet, old: str) -> None:
    path = f"{CACHE}/{RELEASES[old].weights}-*/gpt.pth"
    digest = fleet.sh(NODE, f"sha256sum {path}")
    rot = "printf x | dd of=$path bs=1 seek=1000 conv=notrunc && touch --date=@400000001 $path"
    fleet.sh(NODE, f"path=$(echo {path}) && {rot}")
    fleet.converge(NODE, changes=False)
    assert fleet.sh(NODE, f"sha256sum {path}") != digest
    fleet.sh(NODE, "systemctl start indextts2-weights.service")
    said = fleet.sh(NODE, "journalctl --unit=indextts2-weights.service --output=cat")
    assert f"kept as {CACHE}/store/damaged/" in said, said
    assert fleet.sh(NODE, f"sha256sum {path}") == digest
    fleet.converge(NODE, changes=False)


@pytest.mark.faults
def test_old_weights_are_named_and_go_when_somebody_says_so(
    fleet: Fleet, load: Load, old: str, new: str
) -> None:
    bundle = fleet.sh(NODE, f"cd {CACHE} && echo {RELEASES[old].weights}-*")
    fleet.serve(new, keep_releases=1)
    fleet.converge(NODE)
    assert bundle not in status(fleet)["weights"]["old"], "a rollback takes them"
    # by another release of the same weights, before which was the new one, and no longer the old one
    fleet.serve(new, keep_releases=1, extras=["webui", "webui"])
    fleet.converge(NODE)
    assert status(fleet)["weights"]["old"][bundle]["bytes"] > 0
    assert f"old weights: {bundle}, " in fleet.sh(NODE, "releases status")
    fleet.converge(NODE, changes=False)
    assert fleet.holds(NODE, f"test -d {CACHE}/{bundle}"), "Puppet deletes no weights"

    used = f"du --summarize --block-size=1 {CACHE} | cut -f 1"
    before = int(fleet.sh(NODE, used))
    size = status(fleet)["weights"]["old"][bundle]["bytes"]
    assert f"deleted {bundle}, which frees " in fleet.sh(NODE, "releases indextts2 prune --weights")
    assert before - int(fleet.sh(NODE, used)) >= size
    assert status(fleet)["weights"] == {"old": {}, "trouble": None}
    assert not fleet.holds(NODE, f"test -e {CACHE}/{bundle}")
    wait_for(fleet, load, CLIENTS)
    fleet.converge(NODE, changes=False)

    fleet.serve(old)
    fleet.converge(NODE)
    assert fleet.release(NODE) == old
    assert fleet.holds(NODE, f"weights indextts2 check {bundle}")
    wait_for(fleet, load, CLIENTS)
    assert load.stop().failures() == []
    fleet.converge(NODE, changes=False)
