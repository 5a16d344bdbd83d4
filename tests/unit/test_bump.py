"""``fleet bump``: one line of Hiera data, the nodes that it reaches, and a commit of that file alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator.bump import FLEET, Layer, bump, layer
from generator.commands.bump import bump as command
from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.inventory import known_nodes

STAGING = "---\n# Staging first.\nindextts2::revision: 'v2.0.0'  # since May\nindextts2::queue: 1\n"
INVENTORY = """\
nodes:
  tts-01.example.org: {role: tts_node, env: prod}
  tts-02.example.org: {role: tts_node, env: staging}
  tts-03.example.org: {role: tts_node, env: staging}
  tts-04.example.org: {role: other, env: staging}
"""
RELEASE = "  {0}: {{commit: 830f6f8f94a51fea23ab1d639027a86200075a4e, install: project, python: '3.11'}}\n"
RELEASES = ["v1.5.0", "v2.0.0", "v2.5.0"]
WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.org"))}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a control repository with four nodes and three releases."""
    root = tmp_path / "control"
    for name, content in {
        "inventory.yaml": INVENTORY,
        "hieradata/services/indextts2.yaml": "{}\n",
        "hieradata/catalogue/indextts2.yaml": "indextts2::releases:\n"
        + "".join(map(RELEASE.format, RELEASES)),
        "hieradata/env/staging.yaml": STAGING,
        "hieradata/nodes/tts-03.example.org.yaml": "---\nindextts2::port: 1\nindextts2::revision: v1.5.0\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    shutil.copy(REPOSITORY / "hiera.yaml", root)
    shutil.copytree(REPOSITORY / "tests" / "facts", root / "tests" / "facts")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return ``root`` as a git repository with one commit, and nobody's settings."""
    for name, value in {**WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}.items():
        monkeypatch.setenv(name, value)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=start")
    return root


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def run(*words: str) -> Result:
    return CliRunner().invoke(command, ["--root", ".", *words])


def said(*words: str) -> str:
    """Return the error of a bump that is refused, as ``fleet`` prints it."""
    before = tree(Path.cwd())
    result = run(*words)
    assert isinstance(result.exception, FleetError), result.output
    assert result.exception.exit_code == 2
    assert tree(Path.cwd()) == before, "a refused bump writes nothing"
    return str(result.exception)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def test_one_line_changes_and_the_nodes_are_named(root: Path) -> None:
    result = run("indextts2", "v2.5.0", "--env", "staging")
    assert result.exit_code == 0, result.output
    assert (
        result.output
        == """\
--- a/hieradata/env/staging.yaml
+++ b/hieradata/env/staging.yaml
@@ -1,4 +1,4 @@
 ---
 # Staging first.
-indextts2::revision: 'v2.0.0'  # since May
+indextts2::revision: 'v2.5.0'  # since May
 indextts2::queue: 1
reaches 2 nodes: tts-02.example.org, tts-04.example.org
hieradata/nodes/tts-03.example.org.yaml:3:1 is more specific and holds 1 node: tts-03.example.org
"""
    )
    written = STAGING.replace("'v2.0.0'", "'v2.5.0'")
    assert (root / "hieradata/env/staging.yaml").read_text() == written


@pytest.mark.parametrize(
    ("options", "file", "reached"),
    [
        (["--env", "prod"], "env/prod.yaml", "reaches 1 node: tts-01.example.org\n"),
        (["--role", "other"], "roles/other.yaml", "reaches 1 node: tts-04.example.org\n"),
        (["--node", "tts-01.example.org"], "nodes/tts-01.example.org.yaml", "reaches 1 node: tts-01.example.org\n"),
        ([], "common.yaml", "reaches 1 node: tts-01.example.org\n"
         "hieradata/env/staging.yaml:3:1 is more specific and holds 2 nodes: tts-02.example.org, tts-04.example.org\n"
         "hieradata/nodes/tts-03.example.org.yaml:3:1 is more specific and holds 1 node: tts-03.example.org\n"),
    ],
)  # fmt: skip
def test_a_file_is_made_where_there_is_none(root: Path, options: list[str], file: str, reached: str) -> None:
    before = tree(root)
    result = run("indextts2", "v2.5.0", *options)
    content = "---\nindextts2::revision: v2.5.0\n"
    assert tree(root) == before | {f"hieradata/{file}": content.encode()}
    header = f"--- /dev/null\n+++ b/hieradata/{file}\n@@ -0,0 +1,2 @@\n+---\n+indextts2::revision: v2.5.0\n"
    assert sorted(result.output.splitlines()) == sorted((header + reached).splitlines())


def test_nothing_is_written_where_the_file_says_so_already(root: Path) -> None:
    path = root / "hieradata/env/staging.yaml"
    stamp = path.stat()
    result = run("indextts2", "v2.0.0", "--env", "staging")
    assert result.exit_code == 0
    assert result.output.startswith(
        "hieradata/env/staging.yaml says indextts2::revision: v2.0.0 already\nreaches 2 "
    )
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (stamp.st_mtime_ns, stamp.st_ino)


def test_a_file_without_any_data_is_filled(root: Path) -> None:
    (root / "hieradata/env/staging.yaml").write_bytes(b"# Nothing yet.\r\n")
    assert run("indextts2", "v2.5.0", "--env", "staging").exit_code == 0
    assert (
        root / "hieradata/env/staging.yaml"
    ).read_bytes() == b"# Nothing yet.\r\nindextts2::revision: v2.5.0\r\n"


def test_a_revision_without_a_pin_is_refused_with_the_cure(root: Path) -> None:
    catalogue = "hieradata/catalogue/indextts2.yaml"
    near = said("indextts2", "v2.5.1", "--env", "staging")
    assert near.startswith(f"{catalogue}: v2.5.1 is not pinned (did you mean v2.5.0 or ")
    assert near.endswith("to pin a tag: fleet pin indextts2 TAG")
    assert said("indextts2", "main") == (
        f"{catalogue}: main is not pinned (there are: v1.5.0, v2.0.0, v2.5.0); to pin a tag: fleet pin indextts2 TAG"
    )
    (root / catalogue).unlink()
    assert "(there are none); to pin a tag: fleet pin indextts2 TAG" in said("indextts2", "v2.5.0")


def test_a_service_that_is_none_is_refused(root: Path) -> None:
    assert said("indextts", "v2.5.0") == "'indextts': no such service (did you mean indextts2?)"
    assert "no such service" in said("../services/indextts2", "v2.5.0")


def test_a_file_that_is_no_clean_yaml_is_refused_as_it_is(root: Path) -> None:
    path = root / "hieradata/env/staging.yaml"
    for content, error in {
        b"indextts2::revision: v1\nindextts2::revision: v2\n": ":2:1: the key indextts2::revision is already in line 1",
        b"a: 'x\n": ":1:4: broken YAML: this quoted text never ends",
        b"- a\n": ":1:1: the top of this file must be a mapping",
        b"a: \xff\n": ":1:4: byte 0xff is not UTF-8",
        b"a: 2024-01-01\n": ":1:4: 2024-01-01 is a date to Puppet",
        b"x: &r v1\nindextts2::revision: &s v1\ny: *s\n": ":2:22: the anchor &s gives this value to other keys too",
    }.items():
        path.write_bytes(content)
        assert said("indextts2", "v2.5.0", "--env", "staging").startswith(
            f"hieradata/env/staging.yaml{error}"
        )


def test_links_are_not_followed(root: Path) -> None:
    prod = root / "hieradata/env/prod.yaml"
    prod.symlink_to("staging.yaml")
    assert "hieradata/env/prod.yaml is or goes through a link" in said("indextts2", "v2.5.0", "--env", "prod")
    prod.unlink()
    prod.symlink_to("prod.yaml")
    assert "is or goes through a link" in said("indextts2", "v2.5.0", "--env", "prod")
    outside = root.parent / "outside"
    (root / "hieradata/nodes").rename(outside)
    (root / "hieradata/nodes").symlink_to(outside)
    assert "goes through a link" in said("indextts2", "v2.5.0", "--node", "tts-01.example.org")


BAD = [
    "--upload-pack=x",
    "../../x",
    "v2.5.0\n",
    "v2.5.0\0",
    "",
    "-",
    "v 2",
    "$(touch x)",
    ";x",
    "\udcff",
    "/etc",
    "é",
]


@pytest.mark.parametrize("name", [*BAD, "v2..5", "vé", "v" * 101])
def test_a_revision_that_is_no_name_is_refused(root: Path, name: str) -> None:
    assert "is no name of a release (a letter or digit," in said("--", "indextts2", name)


@pytest.mark.parametrize("name", BAD)
def test_a_layer_or_service_that_is_no_name_is_refused(root: Path, name: str) -> None:
    assert " is no plain name: " in said("indextts2", "v2.5.0", f"--env={name}")
    assert " is no plain name: " in said("indextts2", "v2.5.0", f"--role={name}")
    assert " is no host name in lower case" in said("indextts2", "v2.5.0", f"--node={name}")
    assert "no such service" in said("--", name, "v2.5.0")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=12), st.sampled_from(["revision", "environment", "role", "node"]))
@example("v2.5.0", "environment")
@example("a" * 300, "node")
def test_no_name_leads_out_of_its_folder(root: Path, name: str, place: str) -> None:
    try:
        if place == "revision":
            bump(root, "indextts2", name)
            raise AssertionError(f"{name} is no release")
        file = root / layer(**{place: name}).file
    except FleetError as error:
        assert "\n" not in str(error)
        return
    assert file.parent.parent == root / "hieradata"
    assert len(file.name) < 256


def test_only_one_layer_at_a_time(root: Path) -> None:
    assert "a bump changes one layer" in said("indextts2", "v2.5.0", "--env", "prod", "--role", "other")


def test_an_inventory_that_is_wrong_stops_the_bump_before_it_writes(root: Path) -> None:
    (root / "inventory.yaml").write_text("nodes: [a]\n")
    assert said("indextts2", "v2.5.0", "--env", "staging").startswith("inventory.yaml:1:")


def test_a_commit_takes_that_file_and_no_other(repository: Path) -> None:
    root = repository
    (root / "hieradata/nodes/tts-03.example.org.yaml").write_text("---\n{}\n")
    (root / "staged").write_text("x")
    git(root, "add", "staged", "hieradata/nodes")
    (root / "hiera.yaml").write_text((root / "hiera.yaml").read_text() + "# edited\n")
    status = git(root, "status", "--porcelain")
    for where, state in ((layer(environment="staging"), "M"), (layer(node="tts-01.example.org"), "A")):
        done = bump(root, "indextts2", "v2.5.0", where, commit=True)
        assert git(root, "show", "--format=", "--name-status").split() == [state, str(where.file)]
        assert git(root, "rev-parse", "--short", "HEAD").strip() == done.commit
        assert git(root, "status", "--porcelain") == status, "what was staged stays staged"
    assert git(root, "log", "-1", "--format=%B", "HEAD^").strip() == (
        "Bump indextts2 to v2.5.0 for environment staging\n\n"
        "reaches 3 nodes: tts-02.example.org, tts-03.example.org, tts-04.example.org"
    )


def test_a_commit_says_its_hash(repository: Path) -> None:
    result = run("indextts2", "v2.5.0", "--commit")
    assert (
        result.output.splitlines()[-1]
        == f"committed as {git(repository, 'rev-parse', '--short', 'HEAD').strip()}"
    )


def test_a_file_with_other_changes_is_not_committed(repository: Path) -> None:
    path = repository / "hieradata/env/staging.yaml"
    path.write_text(STAGING + "x: 1\n")
    assert "hieradata/env/staging.yaml has uncommitted changes" in said(
        "indextts2", "v2.5.0", "--env", "staging", "--commit"
    )
    git(repository, "add", "hieradata")
    assert "has uncommitted changes" in said("indextts2", "v2.5.0", "--env", "staging", "--commit")
    git(repository, "config", "status.showUntrackedFiles", "no")
    (repository / "hieradata/env/new.yaml").write_text("a: 1\n")
    assert "has uncommitted changes" in said("indextts2", "v2.5.0", "--env", "new", "--commit")


@pytest.mark.parametrize("where", [layer(environment="staging"), FLEET])
def test_what_git_does_not_commit_is_put_back(repository: Path, where: Layer) -> None:
    hook = repository / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'the linters say no' >&2\nexit 1\n")
    hook.chmod(0o755)
    (repository / "staged").write_text("x")
    git(repository, "add", "staged")
    before, head = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
    options = ["--env", "staging"] if where.file != FLEET.file else []
    assert said("indextts2", "v2.5.0", *options, "--commit") == "git commit in .: the linters say no"
    assert git(repository, "status", "--porcelain") == before
    assert git(repository, "rev-parse", "HEAD") == head


def test_a_commit_outside_a_repository_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    assert "not a git repository" in said("indextts2", "v2.5.0", "--commit")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "git is not installed" in said("indextts2", "v2.5.0", "--commit")


def test_a_commit_of_nobody_is_refused_with_the_cure(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in WHO:
        monkeypatch.delenv(name)
    git(repository, "config", "user.useConfigOnly", "true")
    assert said("indextts2", "v2.5.0", "--commit") == (
        "git does not know who commits (git config --global user.name NAME; git config --global user.email ADDRESS)"
    )


def roles(root: Path, **manifests: str) -> None:
    """Write the roles, and a profile that has the service."""
    texts = {
        f"role/manifests/{name}.pp": f"class role::{name} {{\n{text}\n}}\n"
        for name, text in manifests.items()
    }
    texts["profile/manifests/tts.pp"] = "class profile::tts {\n  include indextts2\n}\n"
    for name, text in texts.items():
        (root / "modules" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "modules" / name).write_text(text)


def test_a_node_whose_role_cannot_have_the_service_is_not_reached(root: Path) -> None:
    roles(root, tts_node="include profile::tts", other="# not indextts2\ninclude profile::base")
    out = run("indextts2", "v2.5.0", "--env", "staging").output
    assert "\nreaches 1 node: tts-02.example.org\n" in out
    assert "holds 1 node: tts-03.example.org\n" in out
    out = run("indextts2", "v2.5.0", "--role", "other").output
    assert out.endswith("\nno known node that reads hieradata/roles/other.yaml has indextts2\n")
    hidden = run("indextts2", "v2.5.0").output
    assert "tts-04" not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "if $x {\n  contain profile::tts\n}",
        "class { 'indextts2': }",
        "include ::indextts2",
        "class { $it: }",
        "include $classes",
        'include "profile::${x}"',
        "include profile::base, $x",
        "lookup('classes').include",
        "include lookup('classes')",
    ],
)
def test_a_node_whose_role_might_have_the_service_is_reached(root: Path, text: str) -> None:
    roles(root, tts_node="include profile::tts", other=text)
    assert "reaches 2 nodes: tts-02" in run("indextts2", "v2.5.0", "--env", "staging").output


def test_of_no_node_at_all_none_is_known(root: Path) -> None:
    with pytest.raises(FleetError, match=r"no known node is in environment prod \(there are: staging; "):
        bump(root, "indextts2", "v2.5.0", layer(environment="prod"), nodes=[])
    with pytest.raises(FleetError, match=r"no node of this name is known \(there are none; "):
        bump(root, "indextts2", "v2.5.0", layer(node="tts-01.example.org"), nodes=[])


def test_nodes_that_stand_for_a_fleet_do_not_say_which_there_are(root: Path) -> None:
    roles(root, tts_node="include profile::tts")
    (root / "inventory.yaml").unlink()
    done = bump(root, "indextts2", "v2.5.0", layer(node="new.example.org"), nodes=known_nodes(root))
    assert done.change


def test_a_name_that_no_known_node_reads_gets_no_file(root: Path) -> None:
    bump = ("indextts2", "v2.5.0")
    assert said(*bump, "--node", "tts-1.example.org") == (
        "tts-1.example.org: no node of this name is known (did you mean tts-01.example.org or tts-04.example.org or "
        "tts-03.example.org?; a new one begins in inventory.yaml)"
    )
    assert said(*bump, "--env", "stagin") == (
        "no known node is in environment stagin "
        "(did you mean staging?; a new one begins with hieradata/env/stagin.yaml)"
    )
    roles = root / "modules/role/manifests"
    roles.mkdir(parents=True)
    for name in ("tts_node", "other", "spare"):
        (roles / f"{name}.pp").touch()
    assert said(*bump, "--role", "tts_nod") == "there is no role::tts_nod (did you mean tts_node?)"


@pytest.mark.parametrize("options", [["--env", "qa"], ["--role", "spare"], ["--node", "gone.example.org"]])
def test_what_nobody_reads_yet_is_said(root: Path, options: list[str]) -> None:
    """An environment that has data, a role that is made; a node, where nothing says which there are."""
    (root / "hieradata/env/qa.yaml").touch()
    if options[0] == "--node":
        (root / "inventory.yaml").unlink()
    result = run("indextts2", "v2.5.0", *options)
    assert result.exit_code == 0, result.exception
    assert result.output.splitlines()[-1].startswith("no known node reads hieradata/")


def test_without_an_inventory_an_environment_has_data(root: Path) -> None:
    (root / "inventory.yaml").unlink()
    message = "no known node is in environment prod (there are: staging; a new one begins with hieradata/env/prod.yaml)"
    assert said("indextts2", "v2.5.0", "--env", "prod") == message
