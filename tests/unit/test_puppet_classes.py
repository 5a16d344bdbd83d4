"""Classes and their parameters are what Puppet's own parser takes them for, and Puppet is seldom asked."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import puppet_classes, puppet_header
from generator.errors import CommandFailed, FleetError, InputError, InputErrors
from generator.puppet_classes import Code, read_code
from generator.puppet_header import Parameter, aliases, includes, parameters
from generator.puppet_types import check, parse

REPOSITORY = Path(__file__).parents[2]

#: All that makes the head of a class hard to take apart, with what puppet-strings gets wrong.
HARD = r"""# @summary 语音
#
# @param [Integer] untyped is not typed by its comment
# @param gone is no parameter
# @param below is said twice
# @param below here
# @api private
class m (
  $untyped,
  Integer[-5,5] $below = -5,
  # String $text = 'old',
  /* String $text = 'older', */
  $text = "${facts["a"]} # \" ${[1, 2].map |$x, $y| { "}," }} $x {,",
  $pairs = $text.map |$k, $v| { [$k, $v] },
  Pattern[/#[)("'$\/]/, /,/]
    $late = @("END"/L),
      foo $late, ( " ' /
      | END
  $two = [@(A), @(B:json), 1], # and
    ( 'a
    B
    A
    ( "b
    |- B
  $divided =/* , */4 / 2 / 1, $choice = if true { 1 } else { 2 }, $way = ($two[0] / 1) / 2,
  Integer[0, $below] $bounded = 1,
  Sensitive[String[1]] $secret = Sensitive('it\'s, a $secret'),
  Hash[String, # why
    Struct[{a => Integer}]] $hash = {
      'a' => {a => 1}, # because
    },
  $last = $x ? { /a,"/ => 1, default => -1 },
) inherits m::base {
  $body = 1
}
"""
FOUND = [
    Parameter("untyped", "Any", None, 9),
    Parameter("below", "Integer[-5,5]", "-5", 10),
    Parameter("text", "Any", r'"${facts["a"]} # \" ${[1, 2].map |$x, $y| { "}," }} $x {,"', 13),
    Parameter("pairs", "Any", "$text.map |$k, $v| { [$k, $v] }", 14),
    Parameter("late", r"""Pattern[/#[)("'$\/]/, /,/]""", '@("END"/L)', 16),
    Parameter("two", "Any", "[@(A), @(B:json), 1]", 19),
    Parameter("divided", "Any", "4 / 2 / 1", 25),
    Parameter("choice", "Any", "if true { 1 } else { 2 }", 25),
    Parameter("way", "Any", "($two[0] / 1) / 2", 25),
    Parameter("bounded", "Integer[0, $below]", "1", 26),
    Parameter("secret", "Sensitive[String[1]]", r"Sensitive('it\'s, a $secret')", 27),
    Parameter("hash", "Hash[String, Struct[{a => Integer}]]", "{ 'a' => {a => 1}, }", 29),
    Parameter("last", "Any", '$x ? { /a,"/ => 1, default => -1 }', 32),
]


def write(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_head_is_taken_apart() -> None:
    assert parameters(HARD[HARD.index("class m") :], 8) == FOUND


@pytest.mark.parametrize("head", ["class m {", "class m() {", "class m inherits n {", "class m ( # $a,\n) {"])
def test_no_parameters_are_none(head: str) -> None:
    assert parameters(f"{head} $a = [(1), 2] }}", 1) == []


BLANKS = st.sampled_from([" ", "\n", " # $no = 'it', (\n", ' /* $no, " */ ', "\t"])
TYPES = st.sampled_from(["Any", "Array[Integer[0, 9], 1]", r"Pattern[/[(\/'#]/]", "Enum['(', \"a,$\"]"])
DEFAULTS = st.sampled_from(
    [None, "-1", "','", r"'\\'", '"a${b["c"]}"', "$a / 2", "{a => [1, (2)]}", "$a ? {/,/ => 1}"]
)


@given(st.lists(st.tuples(TYPES, BLANKS, BLANKS, DEFAULTS), max_size=6), BLANKS, st.integers(1, 99))
def test_whatever_is_put_together_comes_apart(
    drawn: list[tuple[str, str, str, str | None]], blank: str, first: int
) -> None:
    source, expected = f"class m {blank}(", []
    for number, (kind, before, behind, default) in enumerate(drawn):
        source += f"{before}{kind}{blank}"
        expected.append(Parameter(f"p{number}", kind, default, first + source.count("\n")))
        source += f"$p{number}{behind}" + (f"={before}{default}{behind}," if default else ",")
    assert parameters(source + ") { }", first) == expected


@pytest.mark.parametrize(
    ("source", "notation"),
    [
        ("# type M::A = String\ntype M::A = Integer[-5, 5]\n", "Integer[-5, 5]"),
        (
            "type M::A=Variant[ # one\n  Integer,\n  /* two */\n  String[1]\n] # end\n",
            "Variant[ Integer, String[1] ]",
        ),
        ("type M::Ab = String\ntype M::A = M::B\ntype M::C = String", "M::B"),
        ("type M::B = String", None),
    ],
)
def test_an_alias_is_found(source: str, notation: str | None) -> None:
    assert aliases(source).get("M::A") == notation


def test_what_a_class_always_brings_is_found_and_what_it_may_bring_is_not() -> None:
    source = """class role::a (String $x = "include no") inherits ::role::base {
      # include never
      include b, ::c
      include('d', "e::f")
      contain [g]
      require h
      if $x { include maybe }
      class { 'declared': x => 1 }
      include $x
      file { 'x': require => Package['y'] }
      contain i
    }"""
    assert includes(source) == ["role::base", "b", "c", "d", "e::f", "g", "h", "i"]


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


ORACLE = """
require 'puppet'
output = input.to_h do |file|
  model = Puppet::Pops::Parser::Parser.new.parse_file(file).model
  heads = model.definitions.grep(Puppet::Pops::Model::HostClassDefinition).map do |head|
    text = ->(node) { node && node.locator.extract_text(node.offset, node.length) }
    [head.name, head.parameters.map { |p|
      [p.name, text.(p.type_expr) || 'Any', !p.value.nil?, p.locator.line_for_offset(p.offset)] }]
  end
  [file, heads.to_h]
end
"""


@pytest.mark.puppet
def test_puppets_parser_agrees(tmp_path: Path, ruby: Callable[[str, Any], Any]) -> None:
    shutil.copytree(REPOSITORY / "modules", tmp_path / "modules")
    write(tmp_path, "modules/m/manifests/init.pp", HARD)
    write(tmp_path, "modules/m/types/a.pp", "type M::A = Integer[-5, 5]\n")
    code = read_code(tmp_path)
    said = ruby(ORACLE, [str(path) for path in tmp_path.glob("modules/*/manifests/**/*.pp")])
    for file, heads in said.items():
        for name, expected in heads.items():
            found = code.classes[name]
            assert str(found.path) == file
            assert [each[0] for each in expected] == list(found.parameters)
            if name == "m":
                continue  # its types span lines; FOUND has them
            for each, (_, kind, has_default, line) in zip(found.parameters.values(), expected, strict=True):
                assert (each.type, each.default is not None, each.line) == (kind, has_default, line)
    assert set(code.classes) == {name for heads in said.values() for name in heads}
    assert list(code.classes["m"].parameters.values()) == FOUND
    assert code.classes["m"].private
    assert not code.classes["indextts2"].private
    assert code.aliases["M::A"] == "Integer[-5, 5]"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "modules"]


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
