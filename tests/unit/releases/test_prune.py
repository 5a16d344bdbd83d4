"""What goes from the disk, and what never does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases import disk
from releases.disk import Disk, Release
from releases.prune import prune, superfluous, unused
from tests.unit.releases.simulated import NEW, OLD, World

NAMES = list("abcdefg")
RELEASES = st.lists(
    st.builds(Release, st.sampled_from(NAMES), st.booleans(), st.floats(0, 9)), unique_by=lambda one: one.name
)


@given(RELEASES, st.sets(st.sampled_from(NAMES), max_size=3), st.sampled_from(NAMES), st.integers(0, 5))
def test_what_is_used_stays_and_what_is_half_made_goes(
    releases: list[Release], used: set[str], wanted: str, keep: int
) -> None:
    going = superfluous(releases, used, wanted, keep)
    assert not {*used, wanted} & {*going}
    staying = [one for one in releases if one.name not in going]
    assert all(one.complete or one.name in used or one.name == wanted for one in staying)
    assert len(staying) <= max(keep, len([one for one in releases if one.name in used or one.name == wanted]))
    spared = [one for one in staying if one.name not in used and one.name != wanted]
    gone = [one for one in releases if one.name in going and one.complete]
    assert all(one.at >= other.at for one in spared for other in gone)
    full = len(staying) >= keep
    assert full or not gone, "there was room for what is complete"


@given(
    st.lists(st.builds("{}.0000000{}".format, st.sampled_from(NAMES), st.integers(0, 3)), unique=True),
    st.sets(st.sampled_from(NAMES)),
    st.randoms(),
)
def test_a_deployment_stays_that_is_needed_and_the_newest_of_each_release_that_stays(
    deployments: list[str], releases: set[str], random: Random
) -> None:
    needed = {identifier for identifier in deployments if random.random() < 0.3}
    going = unused(deployments, needed, releases)
    staying = [identifier for identifier in deployments if identifier not in going]
    assert needed <= {*staying} and staying[-1:] == deployments[-1:]
    for release in releases & {identifier[0] for identifier in deployments}:
        newest = [identifier for identifier in deployments if identifier[0] == release][-1]
        assert newest in staying
    more = [identifier for identifier in staying if identifier not in needed]
    assert all(more.count(one) == 1 and (one[0] in releases or one == deployments[-1]) for one in more)
    assert len(more) <= len(releases) + 1


def a_node(folder: Path) -> World:
    """Return a node whose disk is real."""
    world = World()
    known = world.description._replace(
        releases_dir=str(folder / "releases"), deployments_dir=str(folder / "deployments")
    )
    simulated = world.node
    world.node = lambda: simulated()._replace(description=known, disk=Disk(known))  # type: ignore[method-assign]
    for at, name in enumerate(["v20-0000000", "v21-0000000", "v23-1111111", "v24-2222222"]):
        stamp = folder / "releases" / name / ".venv" / ".complete"
        stamp.parent.mkdir(parents=True)
        stamp.write_text("digest\n")
        os.utime(stamp, (at, at))
    (folder / "releases" / "v22-0000000").mkdir()
    (folder / "deployments").mkdir()
    for at, identifier in enumerate(["v20-0000000.0000000c", OLD, NEW, f"{NEW[:-1]}f"]):
        path = folder / "deployments" / f"{identifier}.service"
        path.write_text(f"# deployment {identifier}\n")
        os.utime(path, (at, at))
    return world


def left(folder: Path) -> list[str]:
    """Name what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_active_previous_and_wanted_stay_on_the_disk(tmp_path: Path) -> None:
    world = a_node(tmp_path)
    world.node().edit(wanted=NEW, previous=OLD)
    assert prune(world.node()) == ["v20-0000000", "v21-0000000", "v22-0000000"]
    assert left(tmp_path / "releases") == ["v23-1111111", "v24-2222222"]
    assert left(tmp_path / "deployments") == [f"{OLD}.service", f"{NEW}.service", f"{NEW[:-1]}f.service"]


def test_a_prune_that_was_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_node(tmp_path)
    world.node().edit(wanted=NEW, previous=OLD)

    def cut_short(path: str, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", cut_short)
        with pytest.raises(KeyboardInterrupt):
            prune(world.node())
    half = [one for one in Disk(world.node().description).releases() if one.name.startswith(".")]
    assert [one.complete for one in half] == [False], "what is half deleted must not count as complete"
    prune(world.node())
    assert left(tmp_path / "releases") == ["v23-1111111", "v24-2222222"]


def test_a_link_in_place_of_a_release_is_left_alone(tmp_path: Path) -> None:
    world = a_node(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "releases" / "v19-0000000").symlink_to(tmp_path / "elsewhere")
    prune(world.node())
    assert (tmp_path / "elsewhere").is_dir()


def test_what_is_gone_meanwhile_counts_as_done(tmp_path: Path) -> None:
    world = a_node(tmp_path)
    world.node().edit(wanted=NEW, previous=OLD)
    node = world.node()

    class Outrun(Disk):
        """One whose folders another prune clears after they were listed."""

        def releases(self) -> list[Release]:
            found = super().releases()
            prune(world.node())
            return found

        def deployments(self) -> list[str]:
            return ["v20-0000000.0000000c", *super().deployments()]

    assert prune(node._replace(disk=Outrun(node.description))) == [
        "v20-0000000",
        "v21-0000000",
        "v22-0000000",
    ]
    assert left(tmp_path / "releases") == ["v23-1111111", "v24-2222222"]


def test_what_goes_while_it_is_listed_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_node(tmp_path)
    world.node().edit(wanted=NEW, previous=OLD)
    listed = disk._entries

    def outrun(folder: str) -> list[os.DirEntry[str]]:
        found = listed(folder)
        monkeypatch.undo()
        prune(world.node())
        return found

    monkeypatch.setattr(disk, "_entries", outrun)
    assert [one.name for one in world.node().disk.releases()] == ["v23-1111111", "v24-2222222"]
    older = tmp_path / "deployments" / "v20-0000000.0000000c.service"
    older.write_text("")
    os.utime(older, (0, 0))
    monkeypatch.setattr(disk, "_entries", outrun)
    assert world.node().disk.deployments() == [OLD, NEW, f"{NEW[:-1]}f"]
