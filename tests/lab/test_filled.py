"""What the service only reads is in its checkout before it serves, and whoever takes it away gets it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.serving import NODE, fails, serving_process, serving_unit

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.usefixtures("settled")

#: The release that offers examples, its folder, and what is filled in it.
REVISION = "v24-beta"
HERE = f"cd /opt/indextts2/releases/{REVISION}-*/"
TABLES = "indextts/utils/tagger_cache/zh_tn_tagger.fst"
CLEAN = "/usr/local/lib/indextts2/checkout clean . /etc/indextts2/gitignore"


@pytest.fixture
def node(fleet: Fleet) -> str:
    """A node on which all of the release was made anew, and that serves it."""
    fleet.serve("v23")
    assert fleet.lab.agent(NODE).code in (0, 2)
    fleet.sh(NODE, f"rm -rf /opt/indextts2/releases/{REVISION}-*")
    fleet.serve(REVISION)
    fleet.converge(NODE)
    assert fleet.release(NODE) == REVISION
    return NODE


def test_a_release_has_its_tables_and_examples_before_it_starts(fleet: Fleet, node: str) -> None:
    assert fleet.sh(node, f"{HERE} && stat -c %U:%a {TABLES}") == "tts-build:644"
    for path in (TABLES, "indextts/utils/tagger_cache", "examples/voice_01.wav", "examples"):
        assert not fleet.holds(node, f"{HERE} && runuser -u tts-user -- test -w {path}"), path
    examples = fleet.sh(node, f"{HERE} && ls examples").split()
    assert examples == ["voice_01.wav", "voice_02.wav"]
    for name in examples:
        blob = f"/opt/indextts2/cache_hub/store/blobs/$(sha256sum examples/{name} | cut -c -64)"
        assert fleet.holds(node, f"{HERE} && test examples/{name} -ef {blob}"), name
    log = fleet.sh(node, f"journalctl --output=cat --unit='{serving_unit(fleet)}'")
    started = log[log.rindex("bytes of weights read") :]
    assert "is missing" not in started and "is built" not in started, started
    assert fleet.holds(node, f"{HERE} && runuser -u tts-build -- sh {CLEAN}")
    fleet.converge(node, changes=False)


def test_what_is_gone_comes_back_and_what_serves_goes_on(fleet: Fleet, node: str) -> None:
    process = serving_process(fleet)
    fleet.sh(node, f"{HERE} && rm -r indextts/utils/tagger_cache examples/voice_01.wav")
    output = fleet.converge(node)
    assert "fill indextts/utils/tagger_cache of " in output and "fill examples of " in output, output
    assert fleet.holds(node, f"{HERE} && test -s {TABLES} && test -s examples/voice_01.wav")
    assert serving_process(fleet) == process
    fleet.converge(node, changes=False)


@pytest.mark.faults
def test_another_environment_fills_anew(fleet: Fleet, node: str) -> None:
    fleet.sh(node, f"{HERE} && echo old > {TABLES} && rm -r .venv")
    fleet.converge(node)
    assert fleet.sh(node, f"{HERE} && cat {TABLES}") == "tables"
    fleet.converge(node, changes=False)


@pytest.mark.faults
def test_a_release_that_cannot_be_filled_takes_nothing_from_what_serves(fleet: Fleet, node: str) -> None:
    fleet.serve("v23")
    fleet.converge(node)
    tables = f"$(echo /opt/indextts2/releases/{REVISION}-*)/indextts/utils/tagger_cache"
    owner = "uid=$(id -u tts-build),gid=$(id -g tts-build)"
    fleet.sh(node, f"mount -t tmpfs -o ro,mode=755,{owner} full {tables}")
    try:
        fleet.serve(REVISION)
        output = fails(fleet)
    finally:
        fleet.sh(node, f"umount --lazy {tables}")
    assert "fill indextts/utils/tagger_cache of " in output, output
    assert fleet.release(node) == "v23"
    fleet.converge(node)
    assert fleet.release(node) == REVISION
