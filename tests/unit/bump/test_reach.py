"""Which nodes ``fleet bump`` says that a change reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.bump import bump, layer
from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.inventory import known_nodes
from generator.role_classes import may_bring
from tests.unit.bump.control import run, said


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
        "create_resources('class', $classes)",
    ],
)
def test_a_node_whose_role_might_have_the_service_is_reached(root: Path, text: str) -> None:
    roles(root, tts_node="include profile::tts", other=text)
    assert "reaches 2 nodes: tts-02" in run("indextts2", "v2.5.0", "--env", "staging").output


def test_who_only_speaks_of_a_service_does_not_have_it() -> None:
    assert may_bring(REPOSITORY, "tts_gateway", "gateway::service")
    for role in ("tts_gateway", "puppet_server", "monitoring", "compile_server"):
        assert not may_bring(REPOSITORY, role, "indextts2"), role


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
