"""One line of Hiera became two serving nodes; what was made stays so."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest

from generator.lab import Lab
from tests.lab.desk import FLEET

NODES = ["tts1", "tts2"]


@pytest.mark.parametrize("node", NODES)
def test_a_node_serves_the_revision_of_its_environment(lab: Lab, node: str) -> None:
    with urllib.request.urlopen(f"http://{lab.address(node)}:7860/config", timeout=20) as answer:
        assert answer.status == 200
        assert "stand-in v23" in answer.read().decode()


@pytest.mark.parametrize("node", ["puppet", *NODES])
def test_a_second_run_changes_nothing(lab: Lab, node: str) -> None:
    run = lab.agent(node)
    assert run.code == 0, run.output
    assert "Warning" not in run.output


def test_the_staging_checks_hold(lab: Lab) -> None:
    done = subprocess.run(
        [FLEET, "verify", *(f"{node}.lab.test" for node in NODES), "--ssh-config", lab.ssh_config],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_server_says_which_commit_a_catalogue_came_from(lab: Lab) -> None:
    commit = lab.commit({}, "nothing")
    run = lab.agent("tts1")
    assert f"Applying configuration version '{commit}'" in run.output, run.output
