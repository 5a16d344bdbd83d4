"""Puppet's own lookup, asked the same questions."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from generator.errors import FleetError
from generator.hiera import Data, Hierarchy, Lookup, Scope

RUBY = "/usr/bin/ruby" if shutil.which("/usr/bin/ruby") else "ruby"
Ruby = Callable[[str, Any], Any]

#: Answers one line of JSON for each: an environment, a node, and keys to look up there.
SERVE = r"""
require 'puppet'
require 'tmpdir'
home = Dir.mktmpdir
Puppet.initialize_settings(['--confdir', home, '--vardir', home, '--codedir', home])
Puppet::Util::Log.level = :err
at_exit { FileUtils.rm_rf(home) }

# secrets cross the pipe as what this side has for them
def plain(value)
  case value
  when Puppet::Pops::Types::PSensitiveType::Sensitive then value.to_s
  when Array then value.map { |item| plain(item) }
  when Hash then value.transform_values { |item| plain(item) }
  else value
  end
end

def answer(scope, key, merge)
  invocation = Puppet::Pops::Lookup::Invocation.new(scope)
  missing = Object.new
  value = Puppet::Pops::Lookup.lookup(key, nil, nil, false, merge, invocation) { missing }
  value.equal?(missing) ? ['missing'] : ['value', plain(value)]
rescue StandardError => e
  ['error', e.message]
end

STDIN.each_line do |line|
  input = JSON.parse(line)
  modules = %w[modules vendor_modules].map { |name| File.join(input['root'], name) }
  environment = Puppet::Node::Environment.create(:production, modules)
  loader = Puppet::Environments::StaticDirectory.new('production', input['root'], environment)
  Puppet.override(environments: loader, current_environment: environment) do
    answers = input['nodes'].map do |given|
      facts = Puppet::Node::Facts.new(given['certname'], given['facts'])
      node = Puppet::Node.new(given['certname'], environment: environment, facts: facts)
      node.merge(given['facts'])
      node.trusted_data = given['trusted']
      compiler = Puppet::Parser::Compiler.new(node)
      compiler.with_context_overrides do
        compiler.send(:set_node_parameters)
        input['keys'].map { |key, merge| answer(compiler.topscope, key, merge) }
      end
    end
    puts JSON.generate(answers)
  end
  STDOUT.flush
end
"""

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Question = tuple[str, Any]


class Puppet:
    """Puppet's own lookups, in one process for all tests."""

    def __init__(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [RUBY, "-rjson", "-e", SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, root: Path, nodes: list[dict[str, Any]], keys: list[Question]) -> list[list[Any]]:
        """Look all keys up for all nodes: ['value', …], ['missing'] or ['error', why]."""
        assert self.process.stdin and self.process.stdout
        json.dump({"root": str(root), "nodes": nodes, "keys": keys}, self.process.stdin)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answers = json.loads(self.process.stdout.readline())
        assert isinstance(answers, list)
        return answers


def ours(root: Path, nodes: list[dict[str, Any]], keys: list[Question]) -> list[list[Any]]:
    """Answer as Puppet does in :meth:`Puppet.ask`."""
    try:
        hierarchy = Hierarchy.load(root)
    except FleetError as error:
        return [[["error", str(error)] for _ in keys] for _ in nodes]
    return [[_answer(hierarchy, node, *question) for question in keys] for node in nodes]


def _answer(hierarchy: Hierarchy, node: dict[str, Any], key: str, merge: Any) -> list[Any]:
    scope = Scope(node["facts"], node["trusted"], {"environment": "production"})
    try:
        result = Lookup(hierarchy, Data(), scope).find(key, merge)
    except FleetError as error:
        return ["error", str(error)]
    if result.unconverted:
        return ["unsure"]
    return ["value", result.value] if result.found else ["missing"]


def compare(puppet: Puppet, root: Path, nodes: list[dict[str, Any]], keys: list[Question]) -> list[str]:
    """Return what kind of answer each was; fail where one differs."""
    kinds = []
    theirs = puppet.ask(root, nodes, keys)
    for node, mine, answers in zip(nodes, ours(root, nodes, keys), theirs, strict=True):
        for question, own, answer in zip(keys, mine, answers, strict=True):
            said = json.dumps(own, default=str)
            same = own[0] == answer[0] and (own[0] == "error" or said == json.dumps(answer))
            assert same or own[0] == "unsure", f"{node['certname']} {question}: Puppet {answer}, here {own}"
            kinds.append(own[0])
    return kinds


def write(root: Path, files: dict[str, Any]) -> None:
    """Write each file as YAML."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.dump(content, Dumper=DUMPER, sort_keys=False)
        path.write_text(text, "utf-8")


NODES = [
    {
        "certname": "one.example",
        "trusted": {"certname": "one.example", "extensions": {"pp_role": "web", "pp_environment": "prod"}},
        "facts": {
            "os": {"name": "Debian", "release": {"major": "12"}, "family": "Debian"},
            "places": ["north", "south"],
            "number": 7,
            "flag": False,
            "none": None,
        },
    },
    {
        "certname": "two.example",
        "trusted": {"certname": "two.example", "extensions": {}},
        "facts": {
            "os": {"name": "Rocky", "release": {"major": "9"}, "family": "RedHat"},
            "places": "north",
            "odd.name": {"x": ["deep"]},
            "flag": "%{facts.os.name}",
        },
    },
]
