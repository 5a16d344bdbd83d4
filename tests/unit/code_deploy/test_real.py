"""A deploy with the real programs: git, r10k, Puppet, and fleet of the code that is deployed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from code_deploy.record import Deploy
from code_deploy.run import deploy
from code_deploy.settings import Settings
from generator.definition import REPOSITORY
from tests.unit.code_deploy.machine import PuppetServer
from tests.unit.control_files import FACTS
from tests.unit.origin import Origin

pytestmark = [
    pytest.mark.puppet,
    pytest.mark.skipif(not shutil.which("r10k"), reason="r10k is not installed (make setup, as root)"),
]

INIT = """\
# @summary A web server
#
# @param port
#   Where it listens.
class web (
  Integer $port,
) {
  if $port == 666 {
    fail("${port} is nobody's port")
  }
  file { '/etc/web.conf': content => epp('web/web.conf.epp', { 'port' => $port }) }
}
"""
#: The layer that a broken rollout would break, were it served.
COHORT = "modules/releases/lib/puppet/functions/releases/cohort.rb"
CONTROL = {
    "environment.conf": "modulepath = modules:$basemodulepath\n",
    "hiera.yaml": "version: 5\ndefaults: {datadir: hieradata, data_hash: yaml_data}\n"
    "hierarchy: [{name: cohort, glob: cohorts/*.yaml, lookup_key: 'releases::cohort'},"
    " {name: all, path: common.yaml}]\n",
    "hieradata/common.yaml": "web::port: 80\n",
    "inventory.yaml": "nodes:\n  web1.example.org: {role: web, env: prod}\n",
    "manifests/site.pp": "node default { include role::web }\n",
    "modules/role/manifests/web.pp": "# @summary A web server\nclass role::web {\n  include web\n}\n",
    "modules/web/manifests/init.pp": INIT,
    COHORT: (REPOSITORY / COHORT).read_text(),
    "modules/web/templates/web.conf.epp": "<%- | Integer $port | -%>\nport=<%= $port %>\n",
    "tests/facts/debian-12.json": json.dumps(FACTS),
}


@pytest.fixture
def settings(tmp_path: Path, server: PuppetServer, checker: Path) -> Settings:
    """Settings of a machine that deploys production."""
    state = tmp_path / "state"
    (tmp_path / "environments").mkdir()
    state.mkdir()
    return Settings(
        tmp_path / "environments", state, tmp_path / "r10k.yaml", False, server.url, "", 5, 2,
        branches=("production",), checker=checker,
    )  # fmt: skip


@pytest.fixture
def origin(tmp_path: Path, settings: Settings) -> Origin:
    """The control repository, with this repository's own fleet in it, and r10k told of it."""
    origin = Origin(tmp_path / "control")
    origin.git("checkout", "--quiet", "-b", "production")
    for package in ("generator", "modules/weights/files", "templates"):
        shutil.copytree(
            REPOSITORY / package, origin.path / package, ignore=shutil.ignore_patterns("__pycache__", "lists")
        )
    # what belongs to a module that is not here
    shutil.rmtree(origin.path / "modules" / "weights" / "files" / "weights")
    source = {"remote": origin.url, "basedir": str(settings.staging), "puppetfile_name": "none"}
    words = {"cachedir": str(tmp_path / "cache"), "git": {"provider": "shellgit"}, "sources": {"x": source}}
    settings.r10k.write_text(yaml.safe_dump(words))
    return origin


def test_code_serves_only_when_it_parses_its_data_is_valid_and_nodes_compile(
    settings: Settings, origin: Origin
) -> None:
    """One test, as Puppet takes seconds to start."""

    def push(**changes: str) -> Deploy:
        name = {
            "init": "modules/web/manifests/init.pp",
            "data": "hieradata/common.yaml",
            "cohort": "hieradata/cohorts/web.yaml",
        }
        commit = origin.commit(CONTROL | {name[key]: text for key, text in changes.items()})
        done = deploy(settings, None, False)[0]
        assert done.commit == commit
        return done

    good = push()
    assert (good.ok, good.error) == (True, "")
    served = (settings.environments / "production").resolve()
    for changes, complaint in [
        ({"init": INIT.replace("file {", "file ")}, "(file: modules/web/manifests/init.pp, line: 11"),
        ({"data": "web::prot: 80\n"}, "hieradata/common.yaml:1:1: web::prot is no parameter of web"),
        (
            {"data": "web::port: 666\n"},
            "modules/web/manifests/init.pp:9:5: 666 is nobody's port (web1.example.org does not compile)",
        ),
        (
            {"cohort": "revision: v2\nmembers: web1.example.org\n"},
            "hieradata/cohorts/web.yaml:2:10: no rollout: members is a list of certnames",
        ),
    ]:
        done = push(**changes)
        assert not done.ok and complaint in done.error, done.error
        assert "\n" not in done.error and str(settings.state) not in done.error
        assert (settings.environments / "production").resolve() == served


def test_a_repository_that_is_away_is_named(settings: Settings, origin: Origin, tmp_path: Path) -> None:
    origin.path.rename(tmp_path / "elsewhere")
    done = deploy(settings, None, False)[0]
    assert not done.ok and done.error.startswith("r10k: Unable to determine current branches")
    assert "fatal: " in done.error and str(origin.path) in done.error
