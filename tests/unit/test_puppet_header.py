"""The heads of classes and aliases, taken apart as Puppet's own parser does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.puppet_classes import read_code
from generator.puppet_header import Parameter, aliases, includes, parameters
from tests.unit.manifest_files import REPOSITORY, write

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
