"""hiera.yaml: its mistakes, and the files that its levels lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import InputError
from generator.hiera import Data, Hierarchy, Scope
from tests.unit.hiera.tree import HIERA, SCOPE, write


def relative(root: Path, paths: list[Path]) -> list[str]:
    return [str(path.relative_to(root)) for path in paths]


REFUSED = {
    "version: 3\n": "1:10: only version 5 is read (write version: 5)",
    "version: true\n": "1:10: only version 5 is read (write version: 5)",
    "hierarchy: []\n": "1:1: only version 5 is read (write version: 5)",
    "version: 5\nhierachy: []\n": "2:1: hierachy means nothing here (known: version, defaults, hierarchy, plan_hierarchy, default_hierarchy)",
    "version: 5\ndefaults: {datadir: ''}\n": "2:21: datadir is a text, and not empty",
    "version: 5\ndefaults: {data_hash: yaml_data, lookup_key: x}\n": "2:34: data_hash and lookup_key: keep one of them",
    "version: 5\nhierarchy: {name: x}\n": "2:12: the hierarchy is a list ('- name: …' begins each level)",
    "version: 5\nhierarchy:\n  - x\n": "3:5: a level is a mapping (name: …, path: …)",
    "version: 5\nhierarchy:\n  - path: x\n": "3:5: name is a text, and not empty",
    "version: 5\nhierarchy:\n  - {name: x, path: a, glob: b}\n": "3:24: path and glob: keep one of them",
    "version: 5\nhierarchy:\n  - {name: x}\n":
        "3:5: the level 'x' names no file (it takes path, paths, glob, globs or mapped_paths)",
    "version: 5\nhierarchy:\n  - {name: x, uri: 'https://x.example'}\n":
        "3:5: the level 'x' reads an address, which is not understood here (it takes path, paths, glob, globs or mapped_paths)",
    "version: 5\nhierarchy:\n  - {name: x, path: [a]}\n": "3:21: path is a text, and not empty",
    "version: 5\nhierarchy:\n  - {name: x, paths: a}\n": "3:22: paths is a list with something in it",
    "version: 5\nhierarchy:\n  - {name: x, paths: [a, 1]}\n": "3:26: 1 is a text, and not empty",
    "version: 5\nhierarchy:\n  - {name: x, mapped_paths: [a, b]}\n":
        "3:29: mapped_paths takes three: a variable, a name for each value, a path with it",
    "version: 5\nhierarchy:\n  - {name: x, path: a, lookup_key: my::own}\n":
        "3:36: lookup_key: my::own is not understood here (known: data_hash: yaml_data, data_hash: json_data, lookup_key: eyaml_lookup_key, lookup_key: releases::cohort)",
    "version: 5\nhierarchy:\n  - {name: x, path: a, options: {path: b}}\n": "3:33: options is a mapping, without path and uri",
    "version: 5\nhierarchy:\n  - {name: x, path: a}\n  - {name: x, path: b}\n":
        "4:12: a second level 'x' (each level has a name of its own)",
    "version: 5\ndefaults: {datadir: d}\n": "2:11: nothing says how to read the level 'Common' (data_hash: yaml_data)",
    "version: 5\ndefault_hierarchy: []\n": "2:1: default_hierarchy belongs into a module (give these values a level)",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_each_mistake_has_its_place_and_its_cure(text: str, tmp_path: Path) -> None:
    write(tmp_path, hiera=text)
    with pytest.raises(InputError) as caught:
        Hierarchy.load(tmp_path)
    assert str(caught.value) == f"{tmp_path}/hiera.yaml:{REFUSED[text]}"


def test_no_hiera_yaml_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Hierarchy.load(tmp_path)


def test_a_path_with_a_function_is_said_where_the_level_is(tmp_path: Path) -> None:
    write(tmp_path, hiera="version: 5\nhierarchy:\n  - name: x\n    path: \"%{lookup('a')}\"\n")
    with pytest.raises(InputError) as caught:
        Hierarchy.load(tmp_path).levels[0].candidates(SCOPE)
    assert str(caught.value) == (
        f"{tmp_path}/hiera.yaml:4:11: %{{lookup('a')}}: no function may be called here (name a variable)"
    )


def test_levels_lead_to_files_be_they_there_or_not(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA, d__one__b="{}", d__one__a="{}", d__deep__x__y="{}", d__x__b__Debian_12="{}")
    (tmp_path / "d/x/b/Debian-12.yaml").write_text("{}")
    found = {
        level.name: relative(tmp_path, level.candidates(SCOPE)) for level in Hierarchy.load(tmp_path).levels
    }
    assert found == {
        "node": ["d/nodes/n1.example.yaml"],
        "os": ["d/os/Debian.yaml", "d/os/.yaml"],
        "places": ["d/place/north.yaml", "d/place/south.yaml"],
        "one": ["d/one/a.yaml", "d/one/b.yaml"],
        "deep": ["d/deep/x/y.yaml", "d/x/b/Debian-12.yaml"],
        "elsewhere": ["e/Debian/common.yaml"],
    }


def test_the_same_path_is_the_same_object_for_every_node(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA)
    level = Hierarchy.load(tmp_path).levels[1]
    other = Scope(SCOPE.facts, {"certname": "n2.example"})
    assert level.candidates(SCOPE)[0] is level.candidates(other)[0]


def test_mapped_paths_want_a_text_or_a_list(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA)
    level = Hierarchy.load(tmp_path).levels[2]
    assert level.candidates(Scope({}, {})) == []
    assert relative(tmp_path, level.candidates(Scope({"places": "west"}, {}))) == ["d/place/west.yaml"]
    with pytest.raises(InputError, match=r"6:34: facts\.places is neither a text nor a list"):
        level.candidates(Scope({"places": {"a": 1}}, {}))


def test_what_puppet_takes_otherwise_than_people_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, x="a: yes\n") / "x.yaml"
    data = Data()
    assert data.read(path).data == {"a": True}
    assert [surprise.line for surprise in data.surprises(path)] == [1]
