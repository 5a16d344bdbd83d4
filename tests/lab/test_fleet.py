"""A revision is one line of Hiera: every node moves to it, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.errors import CommandFailed
from tests.lab.serving import REVISION

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

NODES = ("tts1", "tts2")
#: What the lab's clone says before any test changes it.
STAGING = Path(__file__).parent / "hieradata" / "env" / "staging.yaml"


def serve_everywhere(fleet: Fleet, revision: str) -> None:
    """Commit data by which every node serves ``revision``, and none another for itself."""
    alone = {f"hieradata/nodes/{node}.lab.test.yaml": None for node in NODES}
    text = yaml.safe_dump(yaml.safe_load(STAGING.read_text()) | {REVISION: revision})
    fleet.lab.commit({**alone, "hieradata/env/staging.yaml": text}, f"Serve {revision}")


def test_a_commit_moves_every_node_and_another_moves_it_back(fleet: Fleet) -> None:
    with ThreadPoolExecutor() as pool:
        serve_everywhere(fleet, "v23")
        list(pool.map(fleet.lab.agent, NODES))
        for revision in ("v24-beta", "v23"):
            serve_everywhere(fleet, revision)
            list(pool.map(fleet.converge, NODES))
            assert [fleet.release(node) for node in NODES] == [revision, revision]
    fleet.converge(NODES[0], changes=False)


def test_a_revision_without_a_pin_reaches_no_node_and_says_the_cure(fleet: Fleet) -> None:
    with pytest.raises(CommandFailed, match=r"no release is pinned as main \(fleet pin indextts2 TAG"):
        serve_everywhere(fleet, "main")
    fleet.converge(NODES[0], changes=False)
    assert fleet.release(NODES[0]) == "v23"
    serve_everywhere(fleet, "v23")
