"""What ``fleet bump`` refuses before it writes anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator.bump import bump, layer
from generator.errors import FleetError
from tests.unit.bump.control import said


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
