"""Classes and types of a repository: read by puppet-strings once for each state of the code."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator import puppet_classes, puppet_header
from generator.errors import CommandFailed, FleetError, InputError, InputErrors
from generator.puppet_classes import Code, read_code
from generator.puppet_types import check, parse
from tests.unit.manifest_files import REPOSITORY, write

Puppet = Callable[[str], Path]


@pytest.fixture
def puppet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Puppet:
    """Put a program in Puppet's place that notes each call in the file returned, then runs a script."""

    def install(script: str) -> Path:
        calls = tmp_path / "calls"
        calls.touch()
        program = write(tmp_path, "bin/puppet", f"#!/bin/sh\necho called >> '{calls}'\n{script}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return calls

    return install


#: What puppet-strings says of a class whose one parameter has the name that the manifest ends on.
SAYS = """
for file; do :; done
name=$(tail -c 2 "$file")
cat > said.json <<END
{"data_type_aliases": [], "puppet_classes": [{"name": "m", "file": "$file", "line": 1,
 "docstring": {"tags": [{"tag_name": "param", "name": "$name"}]}, "source": "class m (\\$$name) {}"}]}
END
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a repository with one class."""
    write(tmp_path, "repo/modules/m/manifests/init.pp", "# p0")
    return tmp_path / "repo"


def names(code: Code) -> list[str]:
    return [name for each in code.classes.values() for name in each.parameters]


def test_puppet_is_asked_once_for_each_state_of_the_code(
    root: Path, puppet: Puppet, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = puppet(SAYS)

    def asked() -> int:
        return len(calls.read_text().split())

    first = read_code(root)
    assert names(first) == ["p0"]
    assert first.classes["m"].path == root / "modules/m/manifests/init.pp"
    assert read_code(root) == first
    assert asked() == 1

    write(root, "modules/m/manifests/init.pp", "# p1")
    assert names(read_code(root)) == ["p1"]
    assert asked() == 2

    (root / "modules/m").rename(root / "modules/n")
    assert read_code(root).classes["m"].path == root / "modules/n/manifests/init.pp"
    assert asked() == 3

    write(root, "specifications/puppet-strings-9.9.9.gemspec", "")
    monkeypatch.setattr(puppet_classes, "GEMS", (str(root / "specifications").lstrip("/"),))
    read_code(root)
    assert asked() == 4

    # another way to read it
    monkeypatch.setattr(puppet_header, "__file__", str(write(root, "other.py", "")))
    read_code(root)
    assert asked() == 5


@pytest.mark.parametrize("damage", ["truncate", "change", "replace", "empty", "nest", "folder"])
def test_a_broken_cache_is_made_anew(root: Path, puppet: Puppet, tmp_path: Path, damage: str) -> None:
    puppet(SAYS)
    cache = tmp_path / "kept/classes.json"
    right = read_code(root, cache)
    whole = cache.read_bytes()
    if damage == "folder":
        cache.unlink()
        cache.mkdir()
    else:
        cache.write_bytes({
            "truncate": whole[:-20],
            "change": whole.replace(b'"p0"', b'"p1"'),
            "replace": b'[{"seal": 1}]',
            "empty": b"\xff",
            "nest": b"[" * 100_000,
        }[damage])  # fmt: skip
    assert read_code(root, cache) == right
    assert damage == "folder" or cache.read_bytes() == whole
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_readers_at_once_do_no_harm(root: Path, puppet: Puppet) -> None:
    puppet(SAYS)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: read_code(root), range(16)))
    assert all(code == codes[0] for code in codes)
    [cache] = (root / "build").iterdir()
    json.loads(cache.read_bytes())
    assert cache.stat().st_mode & 0o777 == 0o644


def test_the_callers_home_and_language_do_not_matter(
    root: Path, puppet: Puppet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    puppet(f'[ "$HOME" = "$PWD" ] && [ "$LC_ALL" = C.UTF-8 ] || exit 1\n{SAYS}')
    assert names(read_code(root)) == ["p0"]


def test_without_code_puppet_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_code(tmp_path) == Code({}, {})
    write(tmp_path, "vendor_modules/v/types/a.pp", "type V::A = String")
    assert read_code(tmp_path) == Code({}, {"V::A": "String"})


def test_types_of_other_modules_are_read_whatever_puppet_thinks_of_them(root: Path, puppet: Puppet) -> None:
    calls = puppet(f'case "$*" in *vendor*) exit 1 ;; esac\n{SAYS}')
    write(root, "vendor_modules/v/types/deep/one.pp", "# @summary x\ntype V::Deep::ONE = Enum[\n  'a',\n]\n")
    write(root, "vendor_modules/v/types/latin.pp", b"# \xff\ntype V::Latin = Integer\n")
    write(root, "vendor_modules/v/types/broken.pp", "type V::Broken = = ]")
    write(root, "vendor_modules/v/manifests/init.pp", "class v { broken")
    known = read_code(root).aliases
    assert known["V::Deep::ONE"] == "Enum[ 'a', ]"
    assert known["V::Latin"] == "Integer"
    assert str(parse("Array[V::Deep::One]", known)) == "Array[V::Deep::ONE]"
    # another state of theirs is another state of the code
    write(root, "vendor_modules/v/types/latin.pp", "type V::Latin = Float\n")
    assert read_code(root).aliases["V::Latin"] == "Float"
    assert len(calls.read_text().split()) == 2


def test_without_puppet_the_cure_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(FleetError, match=r"^Puppet is not installed.*`make setup` as root") as caught:
        read_code(root)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("says", "error", "words"),
    [
        (
            "Error: Unknown Puppet subcommand 'strings'",
            FleetError,
            "^puppet-strings is not installed.*make setup",
        ),
        ("Error: The 'yard' gem must be installed in order to use this face.", FleetError, "make setup"),
        ("Error: out of memory", CommandFailed, "puppet strings generate: Error: out of memory"),
    ],
)
def test_a_puppet_that_fails_is_quoted(
    root: Path, puppet: Puppet, says: str, error: type[FleetError], words: str
) -> None:
    puppet(f'echo "{says}" >&2\nexit 1\n')
    with pytest.raises(error, match=words):
        read_code(root)
    assert not (root / "build").exists()


def test_a_head_that_comes_apart_wrongly_is_refused(root: Path, puppet: Puppet) -> None:
    puppet(SAYS.replace('"name": "$name"}', '"name": "other"}'))
    with pytest.raises(InputError, match=r"init\.pp:1:1: the parameters of m cannot be told apart"):
        read_code(root)


@pytest.mark.puppet
def test_puppets_complaints_come_with_their_places(root: Path) -> None:
    manifests = root / "modules/m/manifests"
    write(manifests, "init.pp", "class m (\n  String $x = ,\n) {\n")
    with pytest.raises(InputError) as caught:
        read_code(root)
    assert str(caught.value) == f"{manifests}/init.pp:2:15: Syntax error at ','"

    write(manifests, "latin.pp", b"class m::latin { notice('\xe9') }\n")
    write(manifests, "mark.pp", "\ufeffclass m::mark { }\n")
    write(manifests, "fine.pp", "class m::fine { }\n")
    with pytest.raises(InputErrors) as several:
        read_code(root)
    assert [(error.path.name, error.line, error.message[:25]) for error in several.value.errors] == [
        ("init.pp", 2, "Syntax error at ','"),
        ("latin.pp", 1, "invalid byte sequence in "),
        ("mark.pp", 1, "Illegal UTF-8 Byte Order "),
    ]


@pytest.mark.puppet
def test_every_type_of_this_repository_can_be_held_against_values(tmp_path: Path) -> None:
    cache = tmp_path / "classes.json"
    code = read_code(REPOSITORY, cache)
    types = {
        f"{each.name}::{parameter.name}": parse(parameter.type, code.aliases)
        for each in code.classes.values()
        for parameter in each.parameters.values()
    } | {name: parse(name, code.aliases) for name in code.aliases}
    assert check(types["indextts2::ensure"], "gone") and not check(types["indextts2::ensure"], "absent")

    took = []
    for _ in range(5):
        begun = time.perf_counter()
        read_code(REPOSITORY, cache)
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.05
