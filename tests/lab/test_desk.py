"""What an operator's desk, a machine that is no node, learns from the fleet's PuppetDB."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.desk import SSL

if TYPE_CHECKING:
    from generator.lab import Lab
    from tests.lab.desk import Desk

#: It has the modules that a compile needs; the lab's clone has them on the server.
REPOSITORY = Path(__file__).parents[2]


def test_explain_knows_the_nodes_that_reported(desk: Desk) -> None:
    key = "indextts2::revision"
    done = desk.fleet("explain", "--root", str(desk.root), "--json", "tts1.lab.test", key)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["value"] == "v23"
    assert "PuppetDB at https://puppet.lab.test:8081" in done.stderr

    offline = desk.fleet("explain", "--root", str(desk.root), "--offline", "tts1.lab.test", key)
    assert offline.returncode == 2
    assert "tts1.lab.test" in offline.stderr


def test_diff_compiles_with_the_facts_of_the_last_run(desk: Desk) -> None:
    done = desk.fleet("diff", "--root", str(REPOSITORY), "--base", "HEAD", "--json", "tts1.lab.test")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["nodes"] == 1


def test_whoever_is_not_named_is_refused_in_one_line(desk: Desk, lab: Lab) -> None:
    node = {"cert": "certs/tts1.lab.test", "key": "private_keys/tts1.lab.test"}
    for name, file in node.items():
        (desk.home / f"node-{name}").write_text(lab.exec("tts1", ["cat", f"{SSL}/{file}.pem"]).stdout)
    before = desk.settings.read_text()
    desk.write_settings(
        {"cacert": str(desk.home / "cacert")} | {name: str(desk.home / f"node-{name}") for name in node}
    )
    done = desk.fleet("explain", "--root", str(desk.root), "tts1.lab.test", "indextts2::revision")
    desk.settings.write_text(before)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("(--offline does without it)")
    assert "profile::puppetdb::clients" in done.stderr


def test_who_runs_what_is_on_record(desk: Desk, lab: Lab) -> None:
    lab.agent("tts1")  # the run before may have switched: facts are of a run's start
    done = desk.fleet("status", "--root", str(desk.root), "--json")
    assert done.returncode in (0, 1), done.stderr
    state = json.loads(done.stdout)["states"]["tts1.lab.test"]
    service = state["services"]["indextts2"]
    assert (state["role"], state["environment"], state["run"]["catalogue"]) == ("tts_node", "staging", "new")
    assert service["wanted"] == service["active"]
    remembered = json.loads(lab.exec("tts1", ["releases", "status", "--json"]).stdout)["indextts2"]
    assert {card: one["release"] for card, one in service["cards"].items()} == {
        card: one["release"] for card, one in remembered["cards"].items()
    }
    assert service["cards"]["0"]["commit"] == remembered["cards"]["0"]["commit"]


def test_what_is_changed_by_hand_is_drift_and_its_run_is_audited(desk: Desk, lab: Lab) -> None:
    path = "/etc/releases/indextts2.json"
    lab.exec("tts1", ["chmod", "0600", path])
    assert lab.agent("tts1").code == 2
    drifts = json.loads(desk.fleet("drift", "--since", "1h", "--json").stdout)["drifts"]
    [found] = [one for one in drifts if (one["title"], one["property"]) == (path, "mode")]
    assert (found["last"]["node"], found["last"]["old"], found["last"]["new"]) == (
        "tts1.lab.test",
        "0600",
        "0644",
    )

    done = desk.fleet("audit", "--root", str(desk.root), "--node", "tts1.lab.test", "--since", "1h", "--json")
    assert done.returncode == 0, done.stderr
    newest = json.loads(done.stdout)["chain"][0]
    head = ["git", "-C", str(desk.root), "log", "-1", "--format=%H %s", "production"]
    commit, _, subject = (
        subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip().partition(" ")
    )
    assert (newest["commit"]["id"], newest["commit"]["subject"]) == (commit, subject)
    assert [(one["title"], one["corrective"]) for one in newest["resources"]] == [(path, True)]
    again = desk.fleet("audit", "--transaction", newest["report"]["transaction_uuid"])
    assert f"File[{path}]/mode: put right, 0600 -> 0644" in again.stdout


@pytest.mark.parametrize("verb", [["status"], ["drift"], ["audit", "--since", "1h"]])
def test_whoever_is_not_named_learns_nothing_of_the_record(desk: Desk, lab: Lab, verb: list[str]) -> None:
    before = desk.settings.read_text()
    desk.write_settings({"cacert": str(desk.home / "cacert")})
    done = desk.fleet(*verb)
    desk.settings.write_text(before)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
