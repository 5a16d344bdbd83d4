"""Puppet itself reads Hiera data alike: every unquoted value, and whole files."""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from generator.errors import InputError
from generator.yaml_psych import Unusable, psych_scalar, symbol_name
from generator.yaml_source import load_data
from tests.unit.yaml_cases import AMBIGUOUS

pytestmark = pytest.mark.puppet

#: Puts a value in a form that tells 1 from 1.0 and true, and keeps the order of keys.
TYPED = """
require 'puppet'
$VERBOSE = nil
def typed(value)
  case value
  when Hash then ['hash', value.map { |k, v| [typed(k), typed(v)] }]
  when Array then ['array', value.map { |v| typed(v) }]
  when Float then ['float', value.nan? ? 'nan' : [value].pack('G').unpack1('H*')]
  when Symbol then ['symbol', value.to_s]
  when String then ['text', value]
  else [value.class.name, value.to_s]
  end
end
"""
#: One text after another, as Psych's scanner takes it where only symbols are permitted.
SCALARS = """
scanner = Psych::ScalarScanner.new(Psych::ClassLoader::Restricted.new(['Symbol'], []))
output = input.map do |text|
  typed(scanner.tokenize(text))
rescue ArgumentError, Psych::DisallowedClass
  ['refused']
end
"""
#: One file after another, through what yaml_data and a lookup of each key do with it.
FILES = """
Puppet.initialize_settings(%w[--confdir /nonexistent --vardir /nonexistent])
loader = Puppet::Pops::Loaders.new(Puppet::Node::Environment.create(:none, []), true).static_loader
rich_data = Puppet::Pops::Types::TypeParser.singleton.parse('RichData', loader)
output = input.map do |text|
  data = Puppet::Util::Yaml.safe_load(text, [Symbol]) || {}
  data = Puppet::Pops::Lookup::HieraConfig.symkeys_to_string(data)
  usable = data.is_a?(Hash) && data.keys.all?(String) && data.values.all? { |v| rich_data.instance?(v) }
  usable ? typed(data) : ['refused']
rescue Puppet::Util::Yaml::YamlLoadError, SystemStackError
  ['refused']
end
"""
#: Refused although Puppet reads it: for each there is a reason in :func:`generator.yaml_source.load_data`.
STRICTER = (
    "is already in line", "is not allowed (remove it", "a second document", "a tab in", "a key must be text",
    "'<<' takes", "symbol to Puppet", "is the number", "no &", "stands inside", "does not belong",
)  # fmt: skip


def typed(value: Any) -> list[Any]:
    """Say in Python what TYPED says in Ruby."""
    if isinstance(value, dict):
        return ["hash", [[typed(k), typed(v)] for k, v in value.items()]]
    if isinstance(value, list):
        return ["array", [typed(v) for v in value]]
    if isinstance(value, bool):
        return [f"{value}Class", str(value).lower()]
    if isinstance(value, float):
        return ["float", "nan" if value != value else struct.pack(">d", value).hex()]
    if value is None:
        return ["NilClass", ""]
    return ["text", value] if isinstance(value, str) else ["Integer", str(value)]


PIECES = [
    *"0 1 7 9 00 12 31 60 2024 1:30 :5 10:00:00 . .5 e+1 E-2 _ , 0x 0b 0o + - -- : ~ = T Z".split(),
    *".inf .NaN on yes No nuLL true off y n f < ' \" a é ſ ﬀ ² ٣ : :: é 08 99999999999999999999".split(),
    " ", "\n",
]  # fmt: skip


def test_every_unquoted_value_is_what_psych_takes_it_for(ruby: Callable[[str, Any], Any]) -> None:
    texts = sorted({"".join(some) for n in (1, 2, 3) for some in itertools.product(PIECES, repeat=n)})
    texts += ["1_0:5_0", "-190:20:30.5_1", "1__0:30", "2024-1-1T1:00:00.5 +01:00", "1.5e+999"]
    texts += [":'a'b", ':":a"', "oﬀ", "falſe"]
    theirs = ruby(TYPED + SCALARS, texts)
    for text, expected in zip(texts, theirs, strict=True):
        try:
            ours = typed(psych_scalar(text))
        except Unusable:
            name = symbol_name(text)
            ours = ["refused"] if name is None else ["symbol", name]
        assert ours == expected, text
    kinds = Counter(kind for kind, *_ in theirs)
    assert set(kinds) == {
        "text", "symbol", "Integer", "float", "refused", "TrueClass", "FalseClass", "NilClass"
    }  # fmt: skip
    assert min(kinds.values()) >= 3


#: What Puppet can use, then what is refused by it or by us: rare, for one of these refuses a whole file.
PLAIN = [*AMBIGUOUS, *"a b true 1 0.5 ~ v2.5.0 y 12:99 1.2.3 08 'on' &x on &y 1 *x *x *y".split()]
PLAIN += ["&x on", "&y 1.50", "on\n\n" + " " * 60 + "no", "|\n" + " " * 60 + "x"]
ODD = ["!!str 1", "! on", '"\\e1"', "&x", "2024-01-01", ":default", "::1", ".e+1", "99:00:00.e"]
KEYS = [*"abcdpqabcdpq", "<<", "<<", "'<<'", "80", "8_0", ":d", ":'p'", "service::port", "'80'"]
ODD_KEYS = ["on", "~", "1.5", "[a]", "2024-01-01", "&x k", "*x "]
scalars = st.sampled_from(PLAIN * 4 + ODD) | st.text("0123456789._:+eonyxf", min_size=1, max_size=5)
keys = st.sampled_from(KEYS * 4 + ODD_KEYS)
Tree = str | list[Any] | dict[str, Any]
trees: st.SearchStrategy[Tree] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=6,
)


def block(tree: Tree, indent: int) -> str:
    """Write ``tree`` as a YAML block; its texts go in as they are."""
    if isinstance(tree, str) or not tree:
        return f" {tree}\n"
    margin = "\n" + " " * indent
    if isinstance(tree, list):
        return "".join(f"{margin}-{block(item, indent + 2).rstrip()}" for item in tree) + "\n"
    return "".join(f"{margin}{key}:{block(item, indent + 2).rstrip()}" for key, item in tree.items()) + "\n"


def test_whole_files_are_what_puppet_makes_of_them(
    ruby: Callable[[str, Any], Any], write_yaml: Callable[[str], Path]
) -> None:
    texts: set[str] = {"", "# only\n", "---\n", "\ufeffa: 1\n", "a: 1\r\nb: on\r\n"}

    @settings(max_examples=600, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(
        first=st.sampled_from(
            ["x: &x {p: 1, 80: b}\ny: &y [*x, {p: 2, c: 1}]", "x: &x {p: on, q: 1.50}\ny: &y [*x, *x]"]
        ),
        tree=st.dictionaries(st.sampled_from([*"abcdefgh", ":i", "<<"]), trees, min_size=1, max_size=3),
    )
    def collect(first: str, tree: dict[str, Tree]) -> None:
        texts.add(first + block(tree, 0))

    collect()
    refused: Counter[str] = Counter()
    read = surprising = 0
    for text, theirs in zip(sorted(texts), ruby(TYPED + FILES, sorted(texts)), strict=True):
        try:
            document, surprises = load_data(write_yaml(text))
        except InputError as error:
            reason = next((words for words in STRICTER if words in error.message), "")
            assert theirs == ["refused"] or reason, f"{text}\n{error}"
            refused[reason] += 1
            continue
        read += 1
        surprising += bool(surprises)
        assert typed(document.data) == theirs, text
    assert read > 200, refused
    assert surprising > 100
    assert len(refused) > 5
