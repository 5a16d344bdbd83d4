"""A control repository whose nodes get a canary, under git, and the command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from generator.cli import fleet
from generator.definition import REPOSITORY
from generator.errors import FleetError

WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.org"))}  # fmt: skip
PIN = "830f6f8f94a51fea23ab1d639027a86200075a4e"
RELEASE = "  {0}: {{commit: " + PIN + ", install: project, python: '3.11'}}\n"
RELEASES = ["v22", "v23", "v24-beta"]
COHORT = Path("hieradata/cohorts/indextts2.yaml")


def make(root: Path, nodes: int, monkeypatch: pytest.MonkeyPatch, own: Iterable[int] = ()) -> Path:
    """Make one with so many nodes of production, one that is staging, and one of another service.

    Nodes of ``own`` have lines of their own.
    """
    entries = [
        f"  tts{number}.example.org: {{role: tts_node, env: prod}}\n" for number in range(1, nodes + 1)
    ]
    files = {
        "inventory.yaml": "".join(
            ["nodes:\n", *entries, "  staging.example.org: {role: tts_node, env: staging}\n",
             "  watch.example.org: {role: monitoring, env: prod}\n"]
        ),
        "hieradata/services/indextts2.yaml": "{}\n",
        "hieradata/catalogue/indextts2.yaml": "indextts2::releases:\n" + "".join(map(RELEASE.format, RELEASES)),
        "hieradata/env/prod.yaml": "---\n# Production.\nindextts2::revision: v23  # since May\n",
        "hieradata/env/staging.yaml": "---\nindextts2::revision: v22\n",
        "modules/role/manifests/tts_node.pp": "class role::tts_node {\n  include indextts2\n}\n",
        "modules/role/manifests/monitoring.pp": "class role::monitoring {\n  include profile::base\n}\n",
        **{f"hieradata/nodes/tts{number}.example.org.yaml": "---\nindextts2::revision: v22\n" for number in own},
    }  # fmt: skip
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    shutil.copy(REPOSITORY / "hiera.yaml", root)
    shutil.copytree(REPOSITORY / "tests" / "facts", root / "tests" / "facts")
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for name, value in {**WHO, **quiet, "HOME": str(root.parent)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(root)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=start")
    return root


def git(root: Path, *words: str) -> str:
    """Run git, and return what it prints."""
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def commits(root: Path) -> int:
    """Count the commits."""
    return int(git(root, "rev-list", "--count", "HEAD"))


def run(*words: str) -> Result:
    """Run ``fleet canary VERB --root . …``."""
    verb, *rest = words
    return CliRunner().invoke(fleet, ["canary", verb, "--root", ".", *rest])


def moved(*words: str) -> str:
    """Return the output of a verb that makes one commit, which leaves nothing uncommitted."""
    root = Path.cwd()
    before, status = commits(root), git(root, "status", "--porcelain")
    result = run(*words)
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert (commits(root), git(root, "status", "--porcelain")) == (before + 1, status)
    return result.output


def said(*words: str) -> str:
    """Return the error of a verb that is refused, which changes nothing."""
    root = Path.cwd()
    before = git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")
    result = run(*words)
    after = git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")
    assert after == before, "a refused verb changes nothing"
    if result.exit_code == 2 and isinstance(result.exception, SystemExit):
        return result.output
    assert isinstance(result.exception, FleetError), result.output + repr(result.exception)
    assert result.exception.exit_code == 2
    return str(result.exception)
