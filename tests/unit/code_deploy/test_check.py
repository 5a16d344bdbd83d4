"""New code is run behind a socket only, and what comes back from there is taken for nothing but what it may be."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from code_deploy import ask, nodes
from code_deploy.errors import DeployError
from tests.unit.code_deploy.checker import listening
from tests.unit.code_deploy.machine import Machine
from tests.unit.control_files import write

#: Answers with a verdict that is well, and a tar archive of one member.
ANSWER = """\
import io, sys, tarfile
sys.stdin.read()
print('{"error": null}', flush=True)
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    member = tarfile.TarInfo(sys.argv[1])
    member.type, member.linkname, member.size = sys.argv[2].encode(), "/etc/passwd", 4
    tar.addfile(member, io.BytesIO(b"evil"))
"""


def test_without_a_sandbox_nothing_of_new_code_is_run(machine: Machine, tmp_path: Path) -> None:
    machine.settings = replace(machine.settings, checker=tmp_path / "nobody")
    done = machine.deploy()
    assert not done.ok and "nobody: No such file or directory (systemctl status code-check" in done.error
    assert machine.calls() == [] and machine.versions() == []


def test_new_code_writes_into_a_copy_and_only_what_checks_make_comes_back(machine: Machine) -> None:
    writes = (
        "import pathlib\nfor name in ('manifests/site.pp', 'build/x', 'generator/__pycache__/x', 'new'):\n"
        "  path = pathlib.Path(name)\n  path.parent.mkdir(exist_ok=True)\n  path.write_text('made')\n"
    )
    files = {"manifests/site.pp": "one", "generator/__init__.py": "", "generator/cli.py": writes}
    machine.branch("production", "b", files)
    assert machine.deploy().ok and machine.said() == "one"
    live = machine.settings.environments / "production"
    assert (live / "build" / "x").read_text() == (live / "generator/__pycache__/x").read_text() == "made"
    assert not (live / "new").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("manifests/site.pp", "0"), ("../evil", "0"), ("build/../../evil", "0"), ("/etc/evil", "0"),
     ("build/x", "2"), ("build", "2"), ("build/x", "1"), ("build/x", "6"), ("link/__pycache__/x", "0")],
)  # fmt: skip
def test_an_answer_that_is_none_of_the_checks_is_refused(machine: Machine, name: str, kind: str) -> None:
    outside = machine.folder / "outside"
    write(outside, {"__pycache__/.keep": ""})
    before = sorted(machine.folder.rglob("*"))
    tree = machine.folder / "tree"
    write(tree, {"manifests/site.pp": "one"})
    (tree / "link").symlink_to(outside)
    with listening([sys.executable, "-c", ANSWER, name, kind]) as checker:
        settings = replace(machine.settings, checker=checker)
        with pytest.raises(DeployError, match="the check made what"):
            ask.check(settings, tree, None)
    assert sorted(path.relative_to(tree) for path in tree.rglob("*")) == [
        Path("link"), Path("manifests"), Path("manifests/site.pp")
    ]  # fmt: skip
    assert (tree / "manifests" / "site.pp").read_text() == "one"
    assert [path for path in sorted(machine.folder.rglob("*")) if tree not in (path, *path.parents)] == before


@pytest.mark.parametrize(
    "words", ["", "all is well", "{", '{"error": ""}', '{"else": null}', '{"a": "error"}', '{"error":' * 5000]
)
def test_only_a_verdict_is_one(machine: Machine, words: str) -> None:
    with listening(["sh", "-c", 'cat >/dev/null; echo "$1"', "sh", words]) as checker:
        machine.settings = replace(machine.settings, checker=checker)
        assert not machine.deploy().ok and machine.versions() == []


def test_nodes_are_those_that_the_code_that_serves_knows_and_new_code_gets_them_without_the_key(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = (
        "import pathlib, sys\nprint('asked', file=sys.stderr)\n"
        "key = 'server.key' in (pathlib.Path.home() / '.puppetlabs/client-tools/puppetdb.conf').read_text()\n"
        "print(f'[\"{sys.argv[1]} {key}\"]')\n"
    )
    write(
        machine.settings.environments / "production" / "generator",
        {"sample.py": "", "__init__.py": "", "cli.py": says},
    )
    assert nodes.sample(machine.settings) == "", "without a key there is nobody to ask"
    found = nodes.sample(replace(machine.settings, credentials=machine.folder))
    assert json.loads(found) == ["sample True"]
    tells = (
        "import pathlib, sys\nif 'compile' in sys.argv:\n"
        "  sys.exit(pathlib.Path(sys.argv[sys.argv.index('--nodes') + 1]).read_text()"
        " + str(list(pathlib.Path.home().glob('.p*'))))\n"
    )
    tree = machine.folder / "tree"
    write(tree, {"manifests/site.pp": "", "generator/__init__.py": "", "generator/cli.py": tells})
    monkeypatch.setattr(ask, "sample", lambda _settings: found)
    with pytest.raises(DeployError) as refused:
        ask.check(machine.settings, tree, None)
    assert str(refused.value) == found + "[]"
