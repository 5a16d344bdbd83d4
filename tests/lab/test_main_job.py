"""One line of Hiera became two serving nodes; what was made stays so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from generator.lab import Lab

FLEET = Path(sys.executable).with_name("fleet")
NODES = ["tts1", "tts2"]

#: Asks PuppetDB for its nodes, with the certificate of the node that is named.
QUERY = """
import ssl, sys, urllib.request
folder, name = "/var/lib/puppet/ssl", sys.argv[1]
tls = ssl.create_default_context(cafile=f"{folder}/certs/ca.pem")
tls.load_cert_chain(f"{folder}/certs/{name}.pem", f"{folder}/private_keys/{name}.pem")
print(urllib.request.urlopen("https://puppet.lab.test:8081/pdb/query/v4/nodes", context=tls, timeout=20).read().decode())
"""


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


def test_puppetdb_has_the_record_of_every_node_and_answers_the_server_only(lab: Lab) -> None:
    def query(node: str) -> subprocess.CompletedProcess[str]:
        return lab.exec(node, ["python3", "-c", QUERY, f"{node}.lab.test"], check=False)

    record = {entry["certname"]: entry for entry in json.loads(query("puppet").stdout)}
    assert {"puppet.lab.test", "tts1.lab.test", "tts2.lab.test"} <= record.keys()
    for entry in record.values():
        assert entry["latest_report_status"] in ("changed", "unchanged")
        assert entry["facts_timestamp"] and entry["catalog_timestamp"]
    refused = query("tts1")
    assert refused.returncode != 0
    assert "403" in refused.stderr, refused.stderr


@pytest.mark.parametrize(
    ("name", "role"), [("tts9.lab.test", "tts_node"), ("tts1.lab.test", "puppet_server"), ("a.lab.test", "")]
)
def test_the_server_signs_nobody_whom_it_did_not_invite(lab: Lab, name: str, role: str) -> None:
    """With the token of tts1, spent and for another name or role, or with none at all."""
    lab.exec("tts1", ["sh", "-c", "rm -rf /tmp/stranger && install -d /tmp/stranger"])
    if role:
        attributes = lab.exec("tts1", ["cat", "/etc/puppet/csr_attributes.yaml"]).stdout
        text = attributes.replace("pp_role: tts_node", f"pp_role: {role}")
        lab.exec("tts1", ["sh", "-c", 'printf %s "$1" > /tmp/stranger/csr_attributes.yaml', "sh", text])
    if name == "tts1.lab.test":
        name = "tts1x.lab.test"
    run = lab.exec(
        "tts1",
        [
            "puppet",
            "ssl",
            "bootstrap",
            "--waitforcert=0",
            "--confdir=/tmp/stranger",
            "--vardir=/tmp/stranger/var",
            "--ssldir=/tmp/stranger/ssl",
            "--server=puppet.lab.test",
            f"--certname={name}",
        ],
        check=False,
    )
    assert run.returncode != 0, run.stdout
    assert not lab.exec("tts1", ["sh", "-c", "ls /tmp/stranger/ssl/certs"]).stdout.count(name)
    log = lab.exec("puppet", ["journalctl", "--no-pager", "-t", "puppet-autosign", "-n", "3"]).stdout
    assert f"'{name}': refused: " in log, log
    lab.exec("puppet", ["puppetserver", "ca", "clean", "--certname", name], check=False)


def test_the_server_has_the_modules_that_the_puppetfile_pins(lab: Lab) -> None:
    puppetfile = (Path(__file__).parents[2] / "Puppetfile").read_text()
    pins = dict(re.findall(r"^mod '[\w]+[/-](\w+)', '([\d.]+)'$", puppetfile, re.MULTILINE))
    assert pins
    for name, version in pins.items():
        metadata = lab.exec("puppet", ["cat", f"/usr/share/puppet/modules/{name}/metadata.json"]).stdout
        assert json.loads(metadata)["version"] == version, name


def test_up_mends_a_node_that_lost_its_power(lab: Lab) -> None:
    lab.cut_power("tts2")
    assert {node.name: node.up for node in lab.status()} == {"puppet": True, "tts1": True, "tts2": False}
    lab.up(nodes=2)
    with urllib.request.urlopen(f"http://{lab.address('tts2')}:7860/config", timeout=20) as answer:
        assert answer.status == 200
