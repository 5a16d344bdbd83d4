"""`validate` says yes to a value exactly where a real compile accepts it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.validate import validate
from generator.validate.finding import Severity

pytestmark = pytest.mark.puppet

#: Compiles each class of module m by itself, for each environment that it is told of.
COMPILE = r"""
require 'puppet'
require 'tmpdir'
home = Dir.mktmpdir
at_exit { FileUtils.rm_rf(home) }
Puppet.initialize_settings(['--confdir', home, '--vardir', home, '--codedir', home])
Puppet::Util::Log.level = :crit
STDIN.each_line do |line|
  root, count = JSON.parse(line)
  environment = Puppet::Node::Environment.create(:production, Dir[File.join(root, '{,vendor_}modules')])
  loader = Puppet::Environments::StaticDirectory.new('production', root, environment)
  refused = Puppet.override(environments: loader, current_environment: environment) do
    (0...count).map do |number|
      facts = Puppet::Node::Facts.new('a.example', { 'os' => { 'name' => 'Debian' } })
      node = Puppet::Node.new('a.example', environment: environment, facts: facts, classes: ["m::c#{number}"])
      node.merge(facts.values)
      node.trusted_data = { 'certname' => 'a.example', 'extensions' => {} }
      begin
        Puppet::Parser::Compiler.compile(node)
        nil
      rescue StandardError => e
        e.message
      end
    end
  end
  puts JSON.generate(refused)
  STDOUT.flush
end
"""

HIERA = """\
version: 5
defaults: {datadir: hieradata, data_hash: yaml_data}
hierarchy:
  - {name: all, path: common.yaml}
"""

#: Each with the default of its class; None where the value has to come from Hiera.
PARAMETERS = [
    *(
        (notation, None)
        for notation in (
            "String String[1] Optional[String] Integer Integer[0,10] Float Numeric Boolean Array[String]"
            " Array[Integer,1] Hash Hash[String,Integer] Hash[String,String,1] Enum['on','off']"
            " Pattern[/\\A\\d+[mg]\\z/] Undef NotUndef Variant[Integer,Boolean] Optional[Array[Boolean]]"
            " Struct[{a=>Integer,Optional[b]=>String}] Any Scalar Tuple[String,Integer] Sensitive[String] Collection"
            " Hash[String,Sensitive[String]] Array[Sensitive[Integer]]"
            " V::Deep::One M::TWO OPTIONAL[V::DEEP::ONE]"
        ).split()
    ),
    ("String", "'x'"),
    ("Integer", "3"),
    ("Hash", "{}"),
    ("Optional[String]", "undef"),
]
#: Types of another module and of one's own, which are named above with other capitals.
TYPES = {
    "vendor_modules/v/types/deep/one.pp": "type V::Deep::ONE = Variant[Integer[1], Enum['on']]\n",
    "modules/m/types/two.pp": "type M::Two = Array[V::Deep::ONE]\n",
}
SCALARS = st.sampled_from(
    "~ null '' x on off yes No TRUE true false 0 3 11 -1 1.5 1.0 .5 1e3 1.0e+3 0644 0x1f 0b1 0o17 1_000 1__0 12:30 12:30:45"
    " 3.10 .inf 'on' '3' '%{facts.os.name}' ENC 1g 20m = <<x 喜悦 08 +3 1. 5e 9223372036854775807".split()
)
#: What other keys' values are put into values from; `nothing` has none.
OTHERS = "number: 3\ntext: x\nlist: [x]\nmapping: {a: 1}\nnumbers: {three: 3}\n"
CALLS = st.builds(
    lambda method, key: f"\"%{{{method}('{key}')}}\"",
    st.sampled_from(["lookup", "alias"]),
    st.sampled_from(["number", "text", "list", "mapping", "numbers.three", "list.0", "nothing"]),
)
VALUES = st.recursive(
    SCALARS | CALLS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(
            st.tuples(st.sampled_from(["a", "b", "'on'"]), inner), max_size=2, unique_by=lambda pair: pair[0]
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}")
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def puppet() -> Iterator[subprocess.Popen[str]]:
    if not shutil.which("puppet"):
        pytest.skip("Puppet is not on this machine; installing it (`make setup`) takes root")
    command = ["/usr/bin/ruby", "-rjson", "-e", COMPILE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a class for each of PARAMETERS."""
    root = tmp_path_factory.mktemp("repository")
    (root / "hiera.yaml").write_text(HIERA)
    manifests = root / "modules" / "m" / "manifests"
    manifests.mkdir(parents=True)
    for name, notation in TYPES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(notation)
    (root / "hieradata").mkdir()
    (root / "tests" / "facts").mkdir(parents=True)
    (root / "tests" / "facts" / "debian-12.json").write_text('{"os": {"name": "Debian"}}')
    (root / "inventory.yaml").write_text("nodes: {a.example: {role: any, env: any}}\n")
    for number, (notation, default) in enumerate(PARAMETERS):
        parameter = f"{notation} $p" + (f" = {default}" if default else "")
        (manifests / f"c{number}.pp").write_text(f"class m::c{number} ({parameter}) {{ }}\n")
    return root


@settings(max_examples=30, deadline=None)  # of a value for each of PARAMETERS
@given(values=st.lists(VALUES, min_size=len(PARAMETERS), max_size=len(PARAMETERS)))
def test_the_verdict_is_that_of_a_compile(
    puppet: subprocess.Popen[str], root: Path, values: list[str]
) -> None:
    data = "".join(f"m::c{number}::p: {value}\n" for number, value in enumerate(values))
    (root / "hieradata" / "common.yaml").write_text(data + OTHERS)
    assert puppet.stdin and puppet.stdout
    puppet.stdin.write(json.dumps([str(root), len(values)]) + "\n")
    puppet.stdin.flush()
    refused = json.loads(puppet.stdout.readline())
    wrong = {f.line - 1: f.message for f in validate(root).findings if f.severity > Severity.WARNING}
    for number, (value, answer) in enumerate(zip(values, refused, strict=True)):
        assert (number in wrong) == (answer is not None), (
            PARAMETERS[number],
            value,
            wrong.get(number),
            answer,
        )
