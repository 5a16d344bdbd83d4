"""A lookup through the levels: modules' data, merges, secrets, and what is refused on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.errors import FleetError, InputError
from generator.hiera import Data, Hierarchy, Scope, Sensitive, lookup
from tests.unit.hiera.tree import SCOPE, write


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
