"""Lookups of the generator and of Puppet itself, over the same trees: they must agree in every answer."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.hiera import Data, Hierarchy, Lookup, Scope
from generator.hiera.deep_merge import DeepOptions, deep_merge
from generator.hiera.glob import expand
from generator.hiera.problem import Problem
from generator.hiera.ruby_text import to_s
from generator.inventory import known_nodes

pytestmark = pytest.mark.puppet

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


@pytest.fixture(scope="module")
def puppet(ruby: Ruby) -> Iterator[Puppet]:
    """Start Puppet; ``ruby`` skips where there is none."""
    server = Puppet()
    yield server
    assert server.process.stdin and server.process.stdout
    server.process.stdin.close()
    server.process.wait(30)
    server.process.stdout.close()


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


def test_the_repository_is_looked_up_as_puppet_does(puppet: Puppet) -> None:
    hierarchy = Hierarchy.load(REPOSITORY)
    keys = {"indextts2::releases.'v2.0.0'.flags.1", "no::such", "indextts2::packages", "lookup_options"}
    for folder in ("hieradata", "modules"):
        for path in (REPOSITORY / folder).rglob("*.yaml"):
            if "services" not in path.parts and "data" in path.as_posix():
                keys |= Data().read(path).data.keys()
    nodes = [
        {"certname": node.certname, "trusted": node.trusted, "facts": node.facts}
        for node in known_nodes(REPOSITORY)
    ]
    questions: list[Question] = [(key, merge) for key in sorted(keys) for merge in (None, "unique", "deep")]
    kinds = compare(puppet, REPOSITORY, nodes, questions)
    assert hierarchy.levels
    assert {"value", "missing"} <= set(kinds)


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

KEYS = ["a", "b", "c", "m::a", "m::b", "x y"]
EXPRESSIONS = [
    "facts.os.name", "facts.os.release.major", "::environment", "trusted.certname", "os.family", "number", "flag",
    "trusted.extensions.pp_role", "facts.places.1", "facts.'odd.name'.x.0", "places", "facts.none.x", "nothing", "",
    " facts.os.name ", "::", "facts.os.name.deeper", "facts.places.5", "facts..x", "literal('%')", "scope('number')",
    "lookup('a')", "lookup('b.x')", "hiera('c')", "alias('b')", "alias('m::a')", "alias(\"c.0\")", "lookup('m::b')",
    "nofunction('a')", "lookup('nothing')", "module_name", "os", "lookup('c')",
]  # fmt: skip
PATHS = [
    "common.yaml", "nodes/%{trusted.certname}.yaml", "role/%{trusted.extensions.pp_role}.yaml",
    "os/%{facts.os.name}-%{facts.os.release.major}.yaml", "os/%{os.family}.yaml", "%{environment}.yaml",
    "../data/common.yaml", "place/north.yaml", "%{nothing}", "flag/%{flag}.yaml",
]  # fmt: skip
GLOBS = ["*.yaml", "**/*.yaml", "place/*", "{common,production}.yaml", "os/[DR]*.yaml", "**/%{facts.os.name}*",
         "pla[!x]e/nort?.yaml", "{place/{south,north},common}.yaml", "os/*-%{facts.os.release.major}.yaml"]  # fmt: skip
MAPPED = [
    ["facts.places", "p", "place/%{p}.yaml"], ["places", "x", "place/%{x}.yaml"], ["nothing", "p", "%{p}.yaml"],
    ["trusted.certname", "facts", "nodes/%{facts}.yaml"],
    ["flag", "p", "flag/%{p}.yaml"], ["places", "p", "place/%{::p}.yaml"],
]  # fmt: skip
FILES = [
    "common.yaml", "production.yaml", "nodes/one.example.yaml", "nodes/two.example.yaml", "role/web.yaml",
    "os/Debian-12.yaml", "os/Rocky-9.yaml", "os/RedHat.yaml", "place/north.yaml", "place/south.yaml", "flag/.yaml",
    "flag/false.yaml", "flag/Rocky.yaml", "place/.hidden.yaml",
]  # fmt: skip

KEYS_OF_OPTIONS = [*KEYS, "^a$", "^[bc]", r"^m::\w+$", "^m::a", "^.*", "^(a|c)"]


def make_value(rng: random.Random, depth: int) -> Any:
    """Draw a value; most have something in them that a merge or an interpolation turns on."""
    kind = rng.randrange(6) if depth else rng.randrange(3)
    if kind < 2:
        return rng.choice(
            [None, True, False, 0, 1, 2, 1.0, 0.5, "", "x", "y", "--x", "--", "--y", "x\n--y", 'q"#{']
        )
    if kind == 2:
        before, after = rng.choice(["", "", "p"]), rng.choice(["", "", "s"])
        return f"{before}%{{{rng.choice(EXPRESSIONS)}}}{after}"
    if kind == 3:
        return [make_value(rng, depth - 1) for _ in range(rng.randrange(5))]
    keys = rng.sample(["x", "y", "z", "%{number}"], rng.randrange(1, 4))
    return {key: make_value(rng, depth - 1) for key in keys}


def make_data(rng: random.Random, keys: list[str]) -> dict[str, Any]:
    """Draw a file: a key is of one kind in most files, so that there is something to merge."""
    data: dict[str, Any] = {}
    for key in rng.sample(keys, rng.randint(len(keys) // 2, len(keys))):
        if rng.random() < 0.3:
            data[key] = make_value(rng, 2)
        elif key in ("a", "m::a"):
            data[key] = {name: make_value(rng, 2) for name in rng.sample("xyz", rng.randint(1, 3))}
        elif key in ("b", "m::b"):
            data[key] = [
                rng.choice(["x", "y", "z", "--x", "--z", 1, 1.0, True]) for _ in range(rng.randrange(5))
            ]
        else:
            data[key] = rng.choice(["plain", 7, f"%{{{rng.choice(EXPRESSIONS)}}}"])
    return data


def make_options(rng: random.Random, keys: list[str]) -> dict[str, Any]:
    """Draw lookup_options."""
    return {key: make_option(rng) for key in rng.sample(keys, rng.randint(1, min(4, len(keys))))}


def make_option(rng: random.Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice([{}, None, "deep", {"merge": "sideways"}, {"merge": {"strategy": "hash", "x": 1}}])
    if rng.random() < 0.6:
        merge = {"merge": rng.choice(["first", "unique", "hash", "hash", "deep", "%{nothing}deep"])}
        # the one conversion that every value has
        return merge | {"convert_to": "Sensitive"} if rng.random() < 0.2 else merge
    deep: dict[str, Any] = {"strategy": "deep"}
    if rng.random() < 0.7:
        deep["knockout_prefix"] = "--"
    for name in ("sort_merged_arrays", "merge_hash_arrays"):
        if rng.random() < 0.3:
            deep[name] = rng.random() < 0.8
    return {"merge": deep}


CONVERSIONS = [
    "String", "Integer", "Float", "Numeric", "Boolean", "Array", "Sensitive", ["Array", True], ["Array", False],
    ["Integer", 16], ["Integer"], "Integer[0, 5]", "Optional[Array]", "integer", 7, [],
]  # fmt: skip
CONVERTED = [
    "", "a", "7", "-7", "+7", "- 7", "007", "0x1F", "1.5", "-0.50", "1.", ".5", "1e3", " 7", "7\n", "-0", "Yes", "N",
    "TRUE", "falsch", "9223372036854775808", 0, 1, -3, 1.5, -1.9, 0.0, 1e20, 1e-7, True, False, None, [],
    ["a", 1], {}, {"a": 1, "b": [2]}, [["a", 1]], "%{number}", "%{facts.os.release.major}", "%{lookup('a')}",
    ["%{alias('a')}"], "%{alias('a')}",
]  # fmt: skip


@pytest.mark.parametrize("wanted", CONVERSIONS, ids=str)
def test_values_are_converted_as_puppet_does(puppet: Puppet, wanted: Any, tmp_path: Path) -> None:
    """What is not converted here is said to be so; every value is, where the type is a simple one."""
    keys = [f"k{number}" for number in range(len(CONVERTED))]
    data = dict(zip(keys, CONVERTED, strict=True)) | {"a": "12"}
    options = {"^[ak]": {"convert_to": wanted}}
    write(tmp_path, common(**data, lookup_options=options))
    kinds = Counter(compare(puppet, tmp_path, NODES[:1], [(key, None) for key in ["a", "a.x", *keys]]))
    simple = isinstance(wanted, str) and wanted.isalpha() and wanted != "integer"
    assert kinds["value"] > 10 if simple or wanted == ["Array", True] else kinds["unsure"]


def make_level(rng: random.Random) -> dict[str, Any]:
    kind = rng.choice(["path", "path", "paths", "paths", "glob", "globs", "mapped_paths"])
    if kind == "mapped_paths":
        return {kind: rng.choice(MAPPED)}
    known = GLOBS if kind.startswith("glob") else PATHS
    return {kind: rng.sample(known, rng.randint(1, 4)) if kind.endswith("s") else rng.choice(known)}


def make_tree(rng: random.Random) -> dict[str, Any]:
    """Draw the files of an environment: its hierarchy and data, and mostly a module with its own."""
    files: dict[str, Any] = {}
    for name in rng.sample(FILES, rng.randint(len(FILES) // 2, len(FILES))):
        files[f"data/{name}"] = make_data(rng, KEYS)
        if rng.random() < 0.5:
            files[f"data/{name}"]["lookup_options"] = make_options(rng, KEYS_OF_OPTIONS)
    levels = [{"name": f"level {number}", **make_level(rng)} for number in range(rng.randint(1, 5))]
    files["hiera.yaml"] = {"version": 5, "hierarchy": levels}
    if rng.random() < 0.7:
        own = make_data(rng, ["m::a", "m::b"])
        if rng.random() < 0.5:
            own["lookup_options"] = make_options(rng, ["m::a", "m::b", r"^m::\w", "^m::[ab]"])
        files["modules/m/data/common.yaml"] = own
        files["modules/m/hiera.yaml"] = {"version": 5}
    return files


QUESTIONS: list[Question] = [
    *((key, None) for key in KEYS), ("a.x", None), ("b.0", None), ("c.y.0", None), ("m::a.'x'", None), ("a", "unique"),
    ("b", "deep"), ("c", "hash"), ("a..x", None), ("lookup_options.a", None),
    ("m::a", {"strategy": "deep", "knockout_prefix": "--"}),
]  # fmt: skip


KINDS: Counter[str] = Counter()


@settings(max_examples=50, deadline=None, database=None)
@given(seed=st.integers(0, 2**32))
def test_generated_trees_are_looked_up_as_puppet_does(puppet: Puppet, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), make_tree(random.Random(seed)))
        KINDS.update(compare(puppet, Path(folder), NODES, QUESTIONS))


def test_the_generated_trees_gave_answers_of_every_kind() -> None:
    assert not KINDS or all(
        KINDS[kind] > sum(KINDS.values()) / 10 for kind in ("value", "missing", "error")
    ), KINDS


def common(**data: Any) -> dict[str, Any]:
    """Make a tree with one file."""
    return {"hiera.yaml": {"version": 5}, "data/common.yaml": data}


def levels(*entries: dict[str, Any], **files: Any) -> dict[str, Any]:
    """Make a tree with these levels, and a common.yaml."""
    hierarchy = [{"name": f"level {number}", **entry} for number, entry in enumerate(entries)]
    return {"hiera.yaml": {"version": 5, "hierarchy": hierarchy}, "data/common.yaml": {"a": 1}, **files}


#: What chance draws too seldom: (a tree, a key to look up, the kind of answer).
FIXED = {
    "a wrong path below the winner": (
        levels({"path": "common.yaml"}, {"path": "%{facts.os.name.deeper}.yaml"}), "a", "error"),
    "a function in a path": (levels({"path": "%{literal('common')}.yaml"}), "a", "error"),
    "a folder where a file belongs": (levels({"path": "%{nothing}"}), "a", "error"),
    "a folder below the winner, asked for lookup_options": (levels({"path": "common.yaml"}, {"path": "%{nothing}"}), "a", "error"),
    "mapped_paths of a number": (levels({"mapped_paths": ["number", "n", "%{n}.yaml"]}), "a", "error"),
    "lookup_options that look something up": (
        common(a=1, lookup_options={"a": {"merge": "%{lookup('a')}"}}), "a", "error"),
    "lookup_options with a variable": (
        common(a=[1, 1], lookup_options={"%{nothing}a": {"merge": "unique"}}), "a", "value"),
    "lookup_options that are a list": (common(a=1, lookup_options=["a"]), "a", "error"),
    "a key whose value has its own name in it": (common(a="%{literal('a')}"), "a", "error"),
    "a key that is itself": (common(a="%{lookup('a')}"), "a", "error"),
    "a key that is itself by way of another": (common(a="%{lookup('b')}", b=["%{alias('a')}"]), "b", "error"),
    "a part of a key that is another part": (common(a={"x": 1, "y": "%{lookup('a.x')}"}), "a.y", "error"),
    "an expression in an expression's value": (common(a="%{lookup('b')}", b="%{facts.os.name}"), "a", "value"),
    "a variable that names itself": (common(a="%{flag}"), "a", "value"),
    "an alias inside a text": (common(a="x%{alias('b')}", b=1), "a", "error"),
    "an alias as a key": (common(a={"%{alias('b')}": 1}, b="x"), "a", "value"),
    "a list in a text": (common(a="x%{lookup('b')}", b=["é", 1.5, None, {"x": True}]), "a", "value"),
    "a quoted key with a dot": (common(**{"a.b": {"c": 1}}), "'a.b'.c", "value"),
    "a dot in a key": (common(**{"a.b": {"c": 1}}), "a.b.c", "missing"),
    "a key in a text": (common(a="text"), "a.b", "error"),
    "an index in a hash": (common(a={1: "one"}), "a.1", "value"),
    "nil": (common(a=None), "a", "value"),
    "lookup_options themselves": (common(lookup_options={"a": {"merge": "hash"}}), "lookup_options", "missing"),
    "a convert_to beside a merge": (
        levels({"paths": ["%{environment}.yaml", "common.yaml"]}, **{
            "data/production.yaml": {"a": 2, "lookup_options": {"a": {"merge": "unique"}}}}), "a", "value"),
    "a datadir with a variable": (
        levels({"path": "x.yaml", "datadir": "%{environment}/data"}, **{"production/data/x.yaml": {"a": 3}}),
        "a", "value"),
    "json": (levels({"path": "x.json", "data_hash": "json_data"}, **{"data/x.json": '{"a": [1e3, "%{number}"]}'}),
             "a", "value"),
    "a second level of one name": (
        {"hiera.yaml": {"version": 5, "hierarchy": [{"name": "x", "path": "a"}, {"name": "x", "path": "b"}]}},
        "a", "error"),
    "two ways to files": (levels({"path": "common.yaml", "glob": "*"}), "a", "error"),
    "a level with a key too many": (levels({"path": "common.yaml", "colour": "red"}), "a", "error"),
    "an empty list of paths": (levels({"paths": []}), "a", "error"),
    "no function to read by": (
        {"hiera.yaml": {"version": 5, "defaults": {"datadir": "data"}}, "data/common.yaml": {"a": 1}}, "a", "error"),
    "default_hierarchy outside a module": (
        {"hiera.yaml": {"version": 5, "default_hierarchy": [{"name": "x", "path": "a"}]}}, "a", "error"),
    "a module's foreign lookup_options": (
        common(**{"m::a": 1}) | {"modules/m/hiera.yaml": {"version": 5},
                                 "modules/m/data/common.yaml": {"lookup_options": {"a": {}}}}, "m::a", "error"),
    "broken YAML below the winner, asked for lookup_options": (
        levels({"paths": ["common.yaml", "x.yaml"]}, **{"data/x.yaml": "a: ["}), "a", "error"),
    "broken YAML above the winner": (
        levels({"paths": ["x.yaml", "common.yaml"]}, **{"data/x.yaml": "a: ["}), "a", "error"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_fixed_trees_are_looked_up_as_puppet_does(puppet: Puppet, name: str, tmp_path: Path) -> None:
    tree, key, kind = FIXED[name]
    write(tmp_path, tree)
    assert set(compare(puppet, tmp_path, NODES[:1], [(key, None)])) == {kind}


MERGE = """
require 'deep_merge/core'
output = input.map do |source, dest, options|
  begin
    ['value', DeepMerge.deep_merge!(source, dest, options.transform_keys(&:to_sym))]
  rescue StandardError
    ['error']
  end
end
"""


def _draw(rng: random.Random, depth: int) -> Any:
    kind = rng.choice("shhll") if depth else "s"
    if kind == "l":
        return [_draw(rng, rng.randrange(depth)) for _ in range(rng.randrange(5))]
    if kind == "h":
        return {rng.choice("xyz"): _draw(rng, depth - 1) for _ in range(rng.randrange(4))}
    return rng.choice([None, True, False, 0, 1, 1.0, "a", "b", "--", "--a", "--b", "--c", "a\n--b"])


def test_deep_merges_are_the_gems(ruby: Ruby) -> None:
    rng = random.Random(3)
    options = [
        {"knockout_prefix": prefix, "sort_merged_arrays": sort, "merge_hash_arrays": hashes}
        for prefix in (None, "--", "-+")
        for sort in (False, True)
        for hashes in (False, True)
    ]
    cases = [(_draw(rng, 4), _draw(rng, 4), rng.choice(options)) for _ in range(6000)]
    differing = []
    for case, answer in zip(cases, ruby(MERGE, cases), strict=True):
        source, dest, chosen = json.loads(json.dumps(case))
        try:
            own: list[Any] = ["value", deep_merge(source, dest, DeepOptions(**chosen))]
        except Problem:
            own = ["error"]
        if json.dumps(own) != json.dumps(answer):
            differing.append((case, own, answer))
    assert not differing[:3]


def test_values_in_texts_are_written_as_ruby_writes_them(ruby: Ruby) -> None:
    rng = random.Random(4)
    values = [_draw(rng, 3) for _ in range(200)]
    values += [['\u0085\u2028\u200b\x7f\x01\U0001f600\ue000 #{x} #x \\ "\t\x1b'], {"é": "#$x#@y"}]
    values += [1e15, -1e15, 1234567890123456.0, 1557860000771695.8, 1e16, 1e-4, 1e-5, 5e-324, -0.0, 10**18]
    values += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-10, 20) for _ in range(300)]
    assert [to_s(value) for value in values] == ruby("output = input.map(&:to_s)", values)


GLOB_FILES = ["a.yaml", "b.yaml", "b/c.yaml", "b/c/x.yaml", "b-1.yaml", "d/A.yaml", ".h.yaml", ".hid/q.yaml",
              "z.yaml", "é.yaml", "{odd}.yaml", "b/c/d/e.yaml", "[x].yaml"]  # fmt: skip
GLOB_PATTERNS = ["*.yaml", "**/*.yaml", "*/*.yaml", "**", "**/*", "**/c/*", "{z,a}.yaml", "{a,[az]}.yaml", "?.yaml",
                 "{a,}.yaml", "[!a].yaml", "[^a-c].yaml", ".*.yaml", "[.]h.yaml", "link/*", "l*/c*", "**/link/*",
                 "a.yam\\l", "{b/{c,c/x},z}.yaml", "**/**/x.yaml", "\\{odd\\}.yaml", "nothing/*", "b//c.yaml", "[[]x].yaml",
                 "b**.yaml", "b/../a.yaml", "*/", "{a.yaml", "[a"]  # fmt: skip


def test_globs_find_what_rubys_find_in_its_order(ruby: Ruby, tmp_path: Path) -> None:
    for name in GLOB_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / name).is_dir():
            (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to("b")
    script = "output = input.map { |base, glob| (Pathname.glob(Pathname(base) + glob)).reject(&:directory?).map(&:to_s) }"
    theirs = ruby(f"require 'pathname'\n{script}", [[str(tmp_path), pattern] for pattern in GLOB_PATTERNS])
    for pattern, found in zip(GLOB_PATTERNS, theirs, strict=True):
        assert [Path(path) for path in expand(str(tmp_path), pattern)] == [Path(path) for path in found], (
            pattern
        )
