"""``fleet diff`` over real trees, with the real compiler."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from generator import diff as comparing
from generator.commands.diff import diff as command
from generator.definition import REPOSITORY
from generator.diff import diff
from generator.diff.report import Report, as_data
from generator.diff.trees import export, resolve, working_tree
from generator.errors import AnswerIsNo, FleetError
from generator.inventory import known_nodes
from tests.unit.control_files import FACTS, write
from tests.unit.origin import Origin

HIERA = """\
version: 5
defaults: {datadir: hieradata, data_hash: yaml_data}
hierarchy:
  - name: secrets
    lookup_key: eyaml_lookup_key
    paths: [secrets.yaml]
    options: {pkcs7_private_key: /nowhere/private.pem, pkcs7_public_key: /nowhere/public.pem}
  - name: data
    paths: ['env/%{trusted.extensions.pp_environment}.yaml', common.yaml]
"""
INIT = """\
class web (
  Integer $port,
  Sensitive[String] $password,
  Sensitive[String] $plain,
  Sensitive[String] $pin,
  String $token = 'none',
) {
  contain web::config
  contain web::service
  Class['web::config'] ~> Class['web::service']
}
"""
CONFIG = """\
class web::config {
  file { '/etc/web.conf':
    content => "port=${web::port}\\nname=${trusted['certname']}\\nkey=${web::plain.unwrap}\\ntoken=${web::token}\\n",
  }
  file { '/etc/web.key': content => $web::password }
  file { '/etc/web.pin': content => $web::pin }
  class { 'web::doors': pins => { 'front' => [$web::pin] } }
  file { '/usr/bin/web': source => 'puppet:///modules/web/web.sh' }
  file { '/etc/place': content => "${settings::confdir} ${module_directory('web')}" }
}
"""
SERVICE = "class web::service {\n  service { 'web': ensure => running }\n}\n"
FILES = {
    "environment.conf": "modulepath = modules:vendor_modules\nconfig_version = scripts/fails\n",
    "scripts/fails": "#!/bin/sh\nexit 1\n",
    "hiera.yaml": HIERA,
    "manifests/site.pp": "node default { include $trusted['extensions']['pp_role'] }\n",
    "modules/web/manifests/init.pp": INIT,
    "modules/web/manifests/config.pp": CONFIG,
    "modules/web/manifests/service.pp": SERVICE,
    "modules/web/manifests/doors.pp": "class web::doors (Hash $pins) {\n}\n",
    "modules/web/files/web.sh": "#!/bin/sh\n",
    "hieradata/secrets.yaml": "web::password: ENC[PKCS7,MIIBone]\n",
    "hieradata/common.yaml": (
        "web::port: 80\nweb::plain: correct-horse\nweb::pin: '7531'\n"
        "lookup_options: {'^web::(plain|password|pin)$': {convert_to: Sensitive}}\n"
    ),
    "tests/facts/debian-12.json": json.dumps(FACTS),
    "inventory.yaml": yaml.safe_dump(
        {
            "nodes": {
                **{f"web-{number}.example.org": {"role": "web", "env": "prod"} for number in (1, 2, 10)},
                "test.example.org": {"role": "web", "env": "test"},
            }
        }
    ),
}


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A control repository with one commit."""
    made = Origin(tmp_path / "control")
    made.commit(FILES)
    (made.path / "scripts" / "fails").chmod(0o755)
    return made


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(root)
    return CliRunner().invoke(command, ["--root", ".", "--base", "HEAD", *arguments])


def run_forms(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """Run it as text, as Markdown and as JSON: three tellings of one comparison, which is made once."""
    made: list[Report] = []

    def once(*arguments: Any) -> Report:
        if not made:
            made.append(diff(*arguments))
        return made[0]

    with monkeypatch.context() as patch:
        patch.setattr(comparing, "diff", once)
        return [run(root, monkeypatch, *form) for form in ([], ["--markdown"], ["--json"])]


@pytest.mark.puppet
def test_a_change_is_told_for_the_nodes_that_share_it(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        origin.path,
        {
            "hieradata/env/prod.yaml": "web::port: 8080\n",
            "hieradata/secrets.yaml": "web::password: ENC[PKCS7,MIIBtwo]\nweb::token: ENC[PKCS7,MIIBtoken]\n",
            "hieradata/common.yaml": FILES["hieradata/common.yaml"]
            .replace("correct-horse", "battery-staple")
            .replace("7531", "8642"),
            "modules/web/files/web.sh": "#!/bin/sh\nexec web\n",
        },
    )
    forms = run_forms(origin.path, monkeypatch)
    assert [form.exit_code for form in forms] == [0, 0, 0], forms[0].output
    lines = forms[0].stdout.splitlines()
    assert lines[0].startswith(
        "3 nodes (web-1.example.org, web-2.example.org, web-10.example.org): Class[Web] "
    )
    assert lines[0].endswith("; 6 changed; Service[web] restarts")
    assert "      port 80 -> 8080" in lines
    # the same, but for the port
    assert any(line.startswith("1 node (test.example.org): Class[Web] password ") for line in lines)
    for line in ("- port=80", "+ port=8080", "- key=(secret)", "+ key=(another secret)", "+ exec web"):
        assert f"        {line}" in lines
    data = as_data(diff(origin.path, "HEAD", ["test.example.org"]))
    changed = {change["resource"]: change["parameters"] for change in data["groups"][0]["changes"]}
    assert changed["Class[Web]"]["plain"] == {"before": "(secret)", "after": "(another secret)"}
    password = changed["File[/etc/web.key]"]["content"]
    assert password["before"] != password["after"] and password["before"].startswith("$secret$")
    # where it was compiled is no difference
    assert "File[/etc/place]" not in changed
    for text in (json.dumps(data), *(form.output for form in forms)):
        assert not [
            secret
            for secret in ("correct-horse", "battery", "7531", "8642", "MIIB", "ENC[")
            if secret in text
        ]


@pytest.mark.puppet
def test_what_loses_its_encryption_is_not_shown(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    origin.commit(
        {
            "hieradata/secrets.yaml": "web::password: ENC[PKCS7,MIIBone]\nweb::token: ENC[PKCS7,MIIBtoken]\n",
            "hieradata/env/test.yaml": "web::token: staple\n",
        }
    )
    write(
        origin.path,
        {
            "hieradata/secrets.yaml": "# web\nweb::password: hushhush\nweb::token: |\n  horse%{trusted.certname}\n"
        },
    )
    told, *others = run_forms(origin.path, monkeypatch)
    assert told.exit_code == 0, told.output
    assert "  ! hieradata/secrets.yaml: web::token is no longer encrypted (" in told.stderr
    lines = told.stdout.splitlines()
    assert any(re.fullmatch(r" +token \$secret\$\w{12} -> \(unencrypted secret\)", line) for line in lines), (
        lines
    )
    assert "        + token=(unencrypted secret)" in lines
    for form in (told, *others):
        assert not [secret for secret in ("hush", "horse", "staple") if secret in form.output]
    # and from then on, in the other direction
    origin.commit({})
    origin.git("checkout", "-q", "HEAD~1", "--", "hieradata")
    for told in run_forms(origin.path, monkeypatch):
        assert "(unencrypted secret)" in told.stdout and "no longer" not in told.stderr
        assert not [secret for secret in ("hush", "horse", "staple") if secret in told.output]


@pytest.mark.puppet
def test_a_gateway_that_asks_puppetdb_for_its_nodes_is_compared_too(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = """\
class web::doors (Hash $pins) {
  $found = puppetdb_query('resources[certname, parameters] { title = "Web" }')
  file { '/etc/doors': content => "${found[0]['certname']} DOOR" }
}
"""
    origin.commit({"modules/web/manifests/doors.pp": gateway.replace("DOOR", "1")})
    write(origin.path, {"modules/web/manifests/doors.pp": gateway.replace("DOOR", "2")})
    told = run(origin.path, monkeypatch)
    assert told.exit_code == 0, told.output
    assert "content any-node.example 1 -> any-node.example 2" in told.stdout


def test_with_no_known_node_there_is_nothing_to_compare(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(origin.path, {"inventory.yaml": "nodes: {}\n"})
    told = run(origin.path, monkeypatch)
    assert isinstance(told.exception, FleetError) and told.exception.exit_code == 2
    assert (
        str(told.exception).startswith("no node is known, so nothing can be compared (") and not told.stdout
    )


@pytest.mark.puppet
def test_a_node_that_does_not_compile_is_named_with_file_and_line(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(origin.path, {"hieradata/env/test.yaml": "web::port: eighty\n"})
    told = run(origin.path, monkeypatch)
    assert isinstance(told.exception, AnswerIsNo) and told.exception.exit_code == 1
    assert told.stdout.startswith(
        "1 node (test.example.org) does not compile: manifests/site.pp:1:16: "
        "Class[Web]: parameter 'port' expects an Integer value, got String\n"
    )
    assert str(told.exception) == "1 of 4 nodes do not compile"
    # broken for all, before any node is looked at
    write(origin.path, {"environment.conf": "nonsense\n"})
    told = run(origin.path, monkeypatch, "--json")
    error = json.loads(told.stdout)["groups"][0]["error"]
    assert (error["at"], error["path"], error["line"]) == ("head", "environment.conf", 1)
    assert isinstance(told.exception, AnswerIsNo)
    # and no less so where it was broken before
    origin.commit({})
    assert isinstance(run(origin.path, monkeypatch).exception, AnswerIsNo)


@pytest.mark.puppet
def test_a_bump_of_one_environment_of_this_repository(tmp_path: Path) -> None:
    control = Origin(tmp_path / "control")
    working_tree(REPOSITORY, control.path)
    # as production has no inventory in this test, one node stands for each role and environment
    (control.path / "inventory.yaml").unlink(missing_ok=True)
    base = control.commit({})
    (control.path / "vendor_modules").symlink_to(REPOSITORY / "vendor_modules")
    catalogue = yaml.safe_load((control.path / "hieradata/catalogue/indextts2.yaml").read_text())
    prod = control.path / "hieradata/env/prod.yaml"
    now = yaml.safe_load(prod.read_text())["indextts2::revision"]
    pins = catalogue["indextts2::releases"]
    other = next(name for name, pin in pins.items() if name != now and "weights" in pin)
    prod.write_text(prod.read_text().replace(f"indextts2::revision: {now}", f"indextts2::revision: {other}"))
    report = diff(control.path, base)
    assert (report.total, report.changed, report.failed) == (len(known_nodes(control.path)), 2, 0)
    (group,) = as_data(report)["groups"]
    assert group["nodes"] == ["any-gpu-node-prod.example", "any-tts-node-prod.example"]
    changes = {change["resource"]: change for change in group["changes"]}
    assert changes["Class[Indextts2]"]["parameters"] == {"revision": {"before": now, "after": other}}
    (checkout,) = (change for name, change in changes.items() if name.startswith("Vcsrepo["))
    assert checkout["change"] == "renamed"
    assert checkout["parameters"] == {
        "revision": {"before": pins[now]["commit"], "after": pins[other]["commit"]}
    }
    assert not [change for change in changes.values() if change["change"] in ("added", "removed")]
    (switch,) = (change for name, change in changes.items() if name.startswith("Exec[indextts2: serve "))
    assert switch["change"] == "renamed"


def test_a_base_that_is_no_commit_is_said_so(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for base in ("no-such-branch", "--upload-pack=touch x", "-h", "HEAD:inventory.yaml", ""):
        monkeypatch.chdir(origin.path)
        told = CliRunner().invoke(command, ["--root", ".", f"--base={base}"])
        assert isinstance(told.exception, FleetError) and told.exception.exit_code == 2
        assert str(told.exception).startswith(f"{base} is no commit here (")
    assert resolve(origin.path, "main") == origin.git("rev-parse", "HEAD")


def test_an_unknown_node_is_refused(origin: Origin) -> None:
    with pytest.raises(
        FleetError, match=r"^web-3: no node of this name is known \(there are: test\.example\.org, "
    ):
        diff(origin.path, "HEAD", ["web-3"])


def test_the_working_tree_is_taken_as_it_is_and_the_base_as_it_was(origin: Origin, tmp_path: Path) -> None:
    origin.commit({".gitignore": "ignored\n"})
    write(origin.path, {"new.yaml": "a: 1\n", "ignored": "x", "hiera.yaml": "version: 5\n"})
    (origin.path / "environment.conf").unlink()
    (origin.path / "link.yaml").symlink_to("/etc/hostname")
    before, after = tmp_path / "one" / "base", tmp_path / "two" / "head"
    before.mkdir(parents=True)
    after.mkdir(parents=True)
    export(origin.path, "HEAD", before)
    working_tree(origin.path, after)
    assert (before / "hiera.yaml").read_text() == HIERA and (before / "environment.conf").exists()
    assert (after / "hiera.yaml").read_text() == "version: 5\n" and (after / "new.yaml").exists()
    assert not (after / "ignored").exists() and not (after / "environment.conf").exists()
    assert (after / "link.yaml").is_symlink()
    assert [path.name for path in before.parent.iterdir()] == ["base"]
