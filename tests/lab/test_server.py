"""What the Puppet server gives, and to whom."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from generator.errors import CommandFailed
from generator.lab import Lab

PUPPET = "https://puppet.lab.test:8140"
PUPPETDB = "https://puppet.lab.test:8081"


#: By it the server watches: a certificate beside its own.
WATCH = "watch.puppet.lab.test"
#: What it watches with, where the door is shut.
WATCHERS = ("prometheus", "prometheus-node-exporter", "fleet-exporter")


def ask(lab: Lab, node: str, method: str, url: str, name: str = "") -> tuple[int, str]:
    """Send a request with the certificate of ``node``, or another that is on it: HTTP status and body."""
    ssl, name = "/var/lib/puppet/ssl", name or f"{node}.lab.test"
    identity = ["--cert", f"{ssl}/certs/{name}.pem", "--key", f"{ssl}/private_keys/{name}.pem"]
    curl = ["curl", "--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]
    answer = lab.exec(node, [*curl, *identity, "--cacert", f"{ssl}/certs/ca.pem", "--request", method, url])
    body, _, status = answer.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/puppet/v3/catalog/tts2.lab.test?environment=production"),
        ("GET", "/puppet/v3/node/tts2.lab.test?environment=production"),
        ("PUT", "/puppet/v3/report/tts2.lab.test?environment=production"),
        ("GET", "/puppet/v3/environments"),
        ("GET", "/puppet-ca/v1/certificate_statuses/all"),
        ("PUT", "/puppet-ca/v1/clean"),
        ("DELETE", "/puppet-admin-api/v1/environment-cache"),
        ("DELETE", "/puppet-admin-api/v1/jruby-pool"),
    ],
)
def test_a_node_is_refused_what_is_not_its_own(lab: Lab, method: str, path: str) -> None:
    status, body = ask(lab, "tts1", method, PUPPET + path)
    assert status == 403, body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/puppet/v3/catalog/puppet.lab.test?environment=production"),
        ("GET", "/puppet/v3/catalog/tts1.lab.test?environment=production"),
        ("GET", "/puppet-ca/v1/certificate_statuses/all"),
        ("PUT", "/puppet-ca/v1/clean"),
        ("PUT", "/puppet-ca/v1/certificate_status/tts1.lab.test"),
        ("DELETE", "/puppet-admin-api/v1/environment-cache"),
    ],
)
def test_what_the_server_watches_by_lets_in_to_nothing_of_it(lab: Lab, method: str, path: str) -> None:
    status, body = ask(lab, "puppet", method, PUPPET + path, WATCH)
    assert status == 403, body


def test_what_the_server_watches_by_has_no_role_and_so_no_catalogue(lab: Lab) -> None:
    path = f"/puppet/v3/catalog/{WATCH}?environment=production"
    status, body = ask(lab, "puppet", "GET", PUPPET + path, WATCH)
    assert status == 500 and "has no role" in body, body
    text = lab.exec(
        "puppet", ["openssl", "x509", "-noout", "-text", "-in", f"/var/lib/puppet/ssl/certs/{WATCH}.pem"]
    ).stdout
    assert "1.3.6.1.4.1.34380" not in text, "neither a role nor a way in to the authority"
    assert re.findall(r"DNS:([\w.]+)", text) == [WATCH]


def test_what_the_server_watches_by_is_let_in_to_the_record_and_its_state(lab: Lab) -> None:
    assert ask(lab, "puppet", "GET", f"{PUPPET}/status/v1/services", WATCH)[0] == 200
    record = json.loads(ask(lab, "puppet", "GET", f"{PUPPETDB}/pdb/query/v4/nodes", WATCH)[1])
    assert WATCH not in {entry["certname"] for entry in record}


@pytest.mark.parametrize("unit", WATCHERS)
def test_what_watches_on_the_server_has_not_its_key(lab: Lab, unit: str) -> None:
    shown = ["openssl", "x509", "-noout", "-subject", "-in", f"/run/credentials/{unit}.service/cert.pem"]
    assert lab.exec("puppet", shown).stdout.split("=")[-1].strip() == WATCH


def test_whoever_has_no_certificate_gets_only_what_leads_to_one(lab: Lab) -> None:
    def status(path: str) -> str:
        curl = ["curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}"]
        return lab.exec("tts1", [*curl, PUPPET + path]).stdout

    assert status("/puppet-ca/v1/certificate/ca") == "200"
    assert status("/puppet-ca/v1/certificate_revocation_list/ca") == "200"
    assert status("/puppet/v3/catalog/tts1.lab.test?environment=production") == "403"
    assert status("/puppet/v3/file_metadatas/plugins?environment=production") == "403"


def test_a_node_gets_its_own_definition(lab: Lab) -> None:
    """Its catalogue, too: every run of its agent shows that."""
    status, body = ask(lab, "tts1", "GET", f"{PUPPET}/puppet/v3/node/tts1.lab.test?environment=production")
    assert (status, json.loads(body)["name"]) == (200, "tts1.lab.test")


def test_code_is_kept_until_a_deploy_and_counts_from_then_on(lab: Lab) -> None:
    for revision in ("one", "two"):
        site = f"node default {{ notify {{ 'deploy {revision}': }} }}\n"
        lab.commit({"manifests/site.pp": site}, f"Say {revision}", branch="said")
        assert f"deploy {revision}" in lab.agent("tts1", noop=True, environment="said").output
    site = "/etc/puppet/code/environments/said/manifests/site.pp"
    lab.exec("puppet", ["sed", "--in-place", "s/two/three/", site])
    assert "deploy two" in lab.agent("tts1", noop=True, environment="said").output
    # PuppetDB knows a node by its last catalogue, and the watch finds it there: give it its own again
    assert lab.agent("tts1").code == 0


@pytest.mark.faults
def test_a_deploy_that_the_server_did_not_hear_of_has_failed(lab: Lab) -> None:
    lab.exec("puppet", ["systemctl", "stop", "puppetserver.service"])
    with pytest.raises(CommandFailed, match="Connection refused; the new code is in place"):
        lab.commit({"docs/new.md": "# New\n"}, "Have something new")
    lab.exec("puppet", ["systemctl", "start", "puppetserver.service"])
    lab.deploy()


def test_puppetdb_has_the_record_of_every_node_and_answers_the_server_only(lab: Lab) -> None:
    nodes = f"{PUPPETDB}/pdb/query/v4/nodes"
    record = {entry["certname"]: entry for entry in json.loads(ask(lab, "puppet", "GET", nodes)[1])}
    assert {"puppet.lab.test", "tts1.lab.test", "tts2.lab.test"} <= record.keys()
    for entry in record.values():
        assert entry["latest_report_status"] in ("changed", "unchanged")
        assert entry["facts_timestamp"] and entry["catalog_timestamp"]
    assert ask(lab, "tts1", "GET", nodes)[0] == 403


@pytest.mark.parametrize(
    ("name", "role"), [("tts9.lab.test", "tts_node"), ("tts1x.lab.test", "puppet_server"), ("a.lab.test", "")]
)
def test_the_server_signs_nobody_whom_it_did_not_invite(lab: Lab, name: str, role: str) -> None:
    """With the token of tts1, or with none at all; tests/unit/test_autosign.py has every other reason."""
    lab.exec("tts1", ["sh", "-c", "rm -rf /tmp/stranger && install -d /tmp/stranger"])
    if role:
        attributes = lab.exec("tts1", ["cat", "/etc/puppet/csr_attributes.yaml"]).stdout
        text = attributes.replace("pp_role: tts_node", f"pp_role: {role}")
        lab.exec("tts1", ["sh", "-c", 'printf %s "$1" > /tmp/stranger/csr_attributes.yaml', "sh", text])
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
    assert name not in lab.exec("tts1", ["ls", "/tmp/stranger/ssl/certs"]).stdout
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
