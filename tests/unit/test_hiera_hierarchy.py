"""hiera.yaml: what it may say, which files it leads to, and how each mistake is named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from generator.errors import FleetError, InputError
from generator.hiera import Data, Hierarchy, Scope, Sensitive, files, lookup
from generator.yaml_text import MAX_BYTES
from tests.unit.mistakes import in_time

SCOPE = Scope({"os": {"name": "Debian"}, "places": ["north", "south"]}, {"certname": "n1.example"})


def write(root: Path, **texts: str) -> Path:
    """Write files: ``a__b`` is a/b.yaml."""
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


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
        "3:36: lookup_key: my::own is not understood here (known: data_hash: yaml_data, data_hash: json_data, lookup_key: eyaml_lookup_key)",
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


HIERA = """\
version: 5
defaults: {datadir: d, data_hash: yaml_data}
hierarchy:
  - {name: node, path: "nodes/%{trusted.certname}.yaml"}
  - {name: os, paths: ["os/%{facts.os.name}.yaml", "os/%{facts.os.family}.yaml"]}
  - {name: places, mapped_paths: [facts.places, place, "place/%{place}.yaml"]}
  - {name: one, glob: "one/*.yaml"}
  - {name: deep, globs: ["deep/**/*.yaml", "x/{a,b}/%{facts.os.name}-*.yaml"]}
  - {name: elsewhere, datadir: "e/%{facts.os.name}", path: common.yaml}
"""


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


IN_A_LAYER = {
    "d/nodes/x.example.yaml": "node", "d/os/Debian.yaml": "os", "d/place/p.yaml": "places", "d/one/a.yaml": "one",
    "d/deep/a.yaml": "deep", "d/deep/b/c/a.yaml": "deep", "d/x/a/Rocky-9.yaml": "deep", "e/Debian/common.yaml": "elsewhere",
    "d/nodes/x/y.yaml": None, "d/nodes/.yaml": None, "d/nodes/x.yml": None, "d/one/.hidden.yaml": None,
    "d/one/b/a.yaml": None, "d/deep/.b/a.yaml": None, "d/x/c/Rocky-9.yaml": None, "d/README.md": None,
    "e/common.yaml": None, "d/x/a/-9.yaml": None,
}  # fmt: skip


def test_a_file_in_no_layer_is_found(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA)
    for name in IN_A_LAYER:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    found = {
        str(path.relative_to(tmp_path)): level and level.name
        for path, level in files(Hierarchy.load(tmp_path)).items()
    }
    assert found == IN_A_LAYER


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, hiera=HIERA, elsewhere__one="{}")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "one").symlink_to(tmp_path / "elsewhere")
    assert {path.name: level for path, level in files(Hierarchy.load(tmp_path)).items()} == {"one": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a::b: 1\n", True), ("'a::b': 1\n", True), ('"a\\x3a:b": 1\n', True), ("? a::b\n: 1\n", True),
        ("x: {'a::b': 1}\n", False), ("# a::b\nx: 1\n", False), ("", False),
    ],
)  # fmt: skip
def test_a_key_is_found_however_it_is_written(text: str, holds: bool, tmp_path: Path) -> None:
    path = write(tmp_path, x=text) / "x.yaml"
    assert Data().holds(path, "a::b") is holds


def test_only_files_that_may_have_the_key_are_parsed(tmp_path: Path) -> None:
    write(tmp_path, broken="a: [\n")
    assert not Data().holds(tmp_path / "broken.yaml", "b")
    with pytest.raises(InputError):
        Data().holds(tmp_path / "broken.yaml", "a")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, x="a: 1\n") / "x.yaml"
    data = Data()
    assert data.holds(path, "a")
    path.unlink()
    assert data.exists(path)
    assert data.read(path) is data.read(path)


def test_no_more_than_a_file_of_usual_size_is_read_and_nothing_is_waited_for(tmp_path: Path) -> None:
    # /dev/zero without an end, or a pipe that nobody writes into
    with (tmp_path / "big").open("wb") as big:
        big.truncate(MAX_BYTES + 1)
    (tmp_path / "big.yaml").symlink_to("big")
    (tmp_path / "device.yaml").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe.yaml")
    said = {
        "big": "bigger than 1 MiB",
        "device": "this is no regular file",
        "pipe": "this is no regular file",
    }
    with in_time():
        for name, message in said.items():
            assert Data().exists(tmp_path / f"{name}.yaml")
            with pytest.raises(InputError, match=message):
                Data().holds(tmp_path / f"{name}.yaml", "a")


def test_what_puppet_takes_otherwise_than_people_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, x="a: yes\n") / "x.yaml"
    data = Data()
    assert data.read(path).data == {"a": True}
    assert [surprise.line for surprise in data.surprises(path)] == [1]


def find(root: Path, key: str, merge: Any = None) -> Any:
    return lookup(Hierarchy.load(root), Data(), SCOPE, key, merge).value


MODULE = "version: 5\nhierarchy: [{name: os, path: '%{facts.os.name}.yaml'}]\n"


def test_a_modules_own_data_comes_last(tmp_path: Path) -> None:
    write(
        tmp_path, hiera=MODULE, modules__m__hiera=MODULE, modules__m__data__Debian="m::a: 1\nm::b: 2\nx: 3\n"
    )
    write(tmp_path, data__Debian="m::a: 9\n")
    assert [find(tmp_path, key) for key in ("m::a", "m::b", "x")] == [9, 2, None]


def test_the_first_module_of_the_modulepath_counts(tmp_path: Path) -> None:
    (tmp_path / "environment.conf").write_text("modulepath = one:two:$basemodulepath\n")
    write(tmp_path, hiera=MODULE, two__m__hiera=MODULE, two__m__data__Debian="m::a: 1\n")
    assert find(tmp_path, "m::a") == 1
    (tmp_path / "one" / "m").mkdir(parents=True)
    assert find(tmp_path, "m::a") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a: '%{nosuch(\"b\")}'\n", "1:4: %{nosuch(\"b\")}: there is no function nosuch (there are lookup, hiera, alias, scope, literal)"),
        ("b: 1\na: 'x%{alias(\"b\")}'\n", '2:4: x%{alias("b")}: alias stands for a whole value (write lookup inside a text)'),
        ("a: '%{lookup(\"a\")}'\n", "1:4: a refers to itself, by way of a -> a"),
        ("a: 1\nlookup_options:\n  a: {merge: deeep}\n", "3:3: deeep is no merge behaviour (there are first, unique, hash, deep)"),
        ("a: 1\nlookup_options:\n  a: {merge: {strategy: hash, knockout_prefix: x}}\n", "3:3: knockout_prefix is no option of the merge hash (it takes none)"),
        ("a: 1\nlookup_options:\n  a: {merge: {strategy: deep, knockout: x}}\n",
         "3:3: knockout is no option of the merge deep (it takes knockout_prefix, sort_merged_arrays, merge_hash_arrays)"),
        ("a: 1\nlookup_options:\n  '^(a': {merge: hash}\n", "2:1: ^(a: "),
        ("a: 1\nlookup_options: [a]\n", "2:1: lookup_options is a mapping of keys, or of expressions that begin with ^"),
        ("a: 1\nlookup_options: {a: [hash]}\n", "2:1: lookup_options of a are a mapping (merge: hash)"),
    ],
)  # fmt: skip
def test_what_puppet_refuses_in_a_file_has_its_place(data: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, hiera="version: 5\n", data__common=data)
    with pytest.raises(InputError) as caught:
        find(tmp_path, "a")
    assert str(caught.value).startswith(f"{tmp_path}/data/common.yaml:{message}")


def test_values_that_cannot_be_merged_have_their_place(tmp_path: Path) -> None:
    two = "version: 5\nhierarchy: [{name: x, paths: [one.yaml, two.yaml]}]\n"
    write(tmp_path, hiera=two, data__one="a: [1]\n", data__two="b: 1\na: {x: 1}\n")
    for merge, wanted in (("hash", "a hash"), ("unique", "a list")):
        with pytest.raises(
            InputError, match=f"two.yaml:2:1: what the merge {merge} .* is not always {wanted}"
        ):
            find(tmp_path, "a", merge)


@pytest.mark.parametrize(("key", "merge"), [("a..b", None), ("a", "sideways"), ("'a", None)])
def test_what_is_no_key_and_no_merge_is_said(key: str, merge: Any, tmp_path: Path) -> None:
    write(tmp_path, hiera="version: 5\n", data__common="a: 1\n")
    with pytest.raises(FleetError, match=r"is no (key|merge)"):
        find(tmp_path, key, merge)


def test_a_secret_stays_as_it_is(tmp_path: Path) -> None:
    hiera = "version: 5\nhierarchy: [{name: s, lookup_key: eyaml_lookup_key, path: s.yaml, options: {pkcs7_public_key: k}}]\n"
    write(tmp_path, hiera=hiera, data__s="a: ENC[PKCS7,MIIB]\n")
    assert find(tmp_path, "a") == "ENC[PKCS7,MIIB]"
    assert Hierarchy.load(tmp_path).levels[0].options == {"pkcs7_public_key": "k"}


def test_a_result_tells_its_way(tmp_path: Path) -> None:
    hiera = "version: 5\nhierarchy: [{name: x, paths: [no.yaml, one.yaml, two.yaml, three.yaml]}]\n"
    write(
        tmp_path,
        hiera=hiera,
        data__one="b: 1\n",
        data__two="x: 1\na: {x: '%{facts.os.name}'}\n",
        data__three="a: {y: 1}\n",
    )
    write(tmp_path, data__one="b: 1\nlookup_options:\n  '^a': {merge: deep, convert_to: Sensitive}\n")
    result = lookup(Hierarchy.load(tmp_path), Data(), SCOPE, "a")
    assert result.value == Sensitive({"y": 1, "x": "Debian"})
    assert [(step.exists, step.found, step.line, step.value) for step in result.trail] == [
        (False, False, None, None), (True, False, None, None), (True, True, 2, {"x": "Debian"}), (True, True, 1, {"y": 1}),
    ]  # fmt: skip
    assert result.options and result.source
    assert (result.options.pattern, result.options.convert_to) == ("^a", "Sensitive")
    assert (result.source.path.name, result.source.line, result.source.column) == ("one.yaml", 3, 3)
    assert result.interpolated
    assert not lookup(Hierarchy.load(tmp_path), Data(), SCOPE, "b").interpolated


def chain(length: int, times: int) -> str:
    """Make keys k0, k1, … each of which stands for the next, some times over."""
    links = [f"k{number}: " + json.dumps(f"%{{lookup('k{number + 1}')}}" * times) for number in range(length)]
    return "\n".join([*links, f"k{length}: x\n"])


def test_lookups_that_go_too_deep_or_too_far_are_refused(tmp_path: Path) -> None:
    write(tmp_path, hiera="version: 5\n", data__common=chain(8, 2))
    assert find(tmp_path, "k0") == "x" * 256
    write(tmp_path, data__common=chain(100, 1))
    with pytest.raises(InputError, match="at the end of more than 32 lookups"):
        find(tmp_path, "k0")
    write(tmp_path, data__common=chain(28, 2))
    with pytest.raises(InputError, match="stands for more than 1000 lookups"):
        find(tmp_path, "k0")


def test_texts_and_values_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    write(tmp_path, hiera="version: 5\n", data__common=chain(5, 5).removesuffix("x\n") + "x" * 100_000 + "\n")
    with pytest.raises(InputError, match="grows to more than 4 MiB"):
        find(tmp_path, "k0")
    nested = [f"k{number}: {'[' * 50}'%{{alias(\"k{number + 1}\")}}'{']' * 50}\n" for number in range(30)]
    write(tmp_path, data__common="".join(nested))
    with pytest.raises(FleetError, match="nested too deep"):
        find(tmp_path, "k0")


def test_a_name_too_long_for_a_file_is_no_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        hiera="version: 5\nhierarchy: [{name: x, paths: ['%{facts.long}.yaml', c.yaml]}]\n",
        data__c="a: 1\n",
    )
    assert lookup(Hierarchy.load(tmp_path), Data(), Scope({"long": "x" * 300}, {}), "a").value == 1
