"""``fleet explain``: the value, the way to it, and who shares it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from generator.commands.explain import explain as command
from generator.errors import AnswerIsNo, FleetError, InputError
from generator.explain import explain
from generator.hiera import Data, Hierarchy, Lookup, Scope
from generator.hiera.values import identity
from generator.inventory import known_nodes
from generator.reach import reach
from tests.bench.fleet_data import make

HIERA = """\
version: 5
defaults: {datadir: hieradata, data_hash: yaml_data}
hierarchy:
  - {name: this node, path: "nodes/%{trusted.certname}.yaml"}
  - {name: this environment, path: "env/%{trusted.extensions.pp_environment}.yaml"}
  - {name: places, mapped_paths: [facts.places, place, "place/%{place}.yaml"]}
  - {name: the whole fleet, path: common.yaml}
"""
COMMON = """\
lookup_options:
  '^tts::flags': {merge: unique}
  tts::secret: {convert_to: Sensitive}
tts::revision: v1
tts::flags: [c]
tts::greeting: I am %{trusted.certname}
tts::kernel: on %{facts.kernel}
tts::secret: ENC[PKCS7,MII]
tts::ports: {http: 80}
"""
FILES = {
    "hiera.yaml": HIERA,
    "inventory.yaml": """\
nodes:
  n1.example: {role: tts, env: prod}
  n2.example: {role: tts, env: prod}
  n3.example: {role: tts, env: staging}
  n4.example: {role: web, env: staging}
""",
    "tests/facts/debian-12.json": '{"kernel": "Linux"}',
    "hieradata/common.yaml": COMMON,
    "hieradata/env/prod.yaml": "tts::revision: v2\ntts::flags: [b]\n",
    "hieradata/env/staging.yaml": "# nothing but a revision\ntts::revision: v3\n",
    "hieradata/nodes/n2.example.yaml": "tts::flags:\n  - a\ntts::revision: v2\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a small control repository, and go there."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return Path()


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["--root", str(root), *arguments])


def said(root: Path, *arguments: str) -> str:
    done = run(root, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_first_value_found_wins(root: Path) -> None:
    assert said(root, "n1.example", "tts::revision") == """\
v2

tts::revision on n1.example (role tts, environment prod):
  this node         hieradata/nodes/n1.example.yaml  no such file
  this environment  hieradata/env/prod.yaml:1        v2 (wins)
  places            -                                no file for this node
  the whole fleet   hieradata/common.yaml:4          v1 (not seen)
merge: first (no lookup_options say otherwise)
the same from the same place: 1 of 4 known nodes (n1.example)
"""  # fmt: skip


def test_values_are_merged_where_lookup_options_say_so(root: Path) -> None:
    assert said(root, "n2.example", "tts::flags") == """\
- a
- b
- c

tts::flags on n2.example (role tts, environment prod):
  this node         hieradata/nodes/n2.example.yaml:1  ["a"] (merged)
  this environment  hieradata/env/prod.yaml:2          ["b"] (merged)
  places            -                                  no file for this node
  the whole fleet   hieradata/common.yaml:5            ["c"] (merged)
merge: unique, as lookup_options say of ^tts::flags (hieradata/common.yaml:2)
the same from the same place: 1 of 4 known nodes (n2.example)
"""  # fmt: skip


def test_a_secret_is_not_shown(root: Path) -> None:
    (root / "hieradata/env/prod.yaml").write_text("tts::secret: {user: hush}\n")
    lines = said(root, "n1.example", "tts::secret").splitlines()
    assert lines[0] == "Sensitive [value redacted]"
    assert lines[-4].endswith("hieradata/common.yaml:8          Sensitive [value redacted] (not seen)"), lines
    assert 'convert_to: "Sensitive", applied' in lines
    (root / "hieradata/env/staging.yaml").write_text("tts::alias: ['%{alias(\"tts::secret\")}']\n")
    for node, key in (("n1.example", "tts::secret"), ("n3.example", "tts::alias")):
        for form in ([], ["--json"]):
            whole = said(root, node, key, *form)
            assert "redacted" in whole
            assert "hush" not in whole and "ENC" not in whole
    assert explain(root, "n1.example", "tts::secret").sharing == ["n1.example", "n2.example"]


@pytest.mark.parametrize("to", ["Sensitive", "'Sensitive[Hash]'", "[Sensitive]"])
def test_a_secret_is_not_shown_whatever_part_of_it_is_asked(root: Path, to: str) -> None:
    text = f"lookup_options: {{tts::env: {{convert_to: {to}, merge: hash}}}}\ntts::env: {{TOKEN: hush}}\n"
    (root / "hieradata/common.yaml").write_text(text)
    for key in ("tts::env", "tts::env.TOKEN", "tts::env.NOPE"):
        for form in ([], ["--json"]):
            whole = run(root, "n1.example", key, *form).output
            assert "hush" not in whole and "redacted" in whole


MANIFEST = """\
# @summary One.
# @param env E
# @param inner I
# @param port P
class tts (
  Tts::Env $env,
  Optional[Array[Sensitive[String]]] $inner,
  Tts::Port $port,
) {
}
"""


@pytest.mark.puppet
def test_a_secret_that_only_its_class_says_is_not_shown(root: Path) -> None:
    for name, text in {
        "manifests/init.pp": MANIFEST,
        "types/env.pp": "type Tts::Env = Hash[String, Tts::Secret]\n",
        "types/secret.pp": "type Tts::Secret = Variant[Sensitive[String], Tts::Env]\n",
        "types/port.pp": "type Tts::Port = Variant[Integer, Hash[String, Tts::Port]]\n",
    }.items():
        (root / "modules/tts" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "modules/tts" / name).write_text(text)
    text = "tts::env: {TOKEN: hush}\ntts::inner: [hush]\ntts::port: {http: 80}\n"
    (root / "hieradata/common.yaml").write_text(text)
    for key in ("tts::env", "tts::env.TOKEN", "tts::env.NOPE", "tts::inner", "tts::inner.0", "tts::inner.1"):
        for form in ([], ["--json"]):
            whole = run(root, "n1.example", key, *form).output
            assert "hush" not in whole and "redacted" in whole, key
    assert said(root, "n1.example", "tts::port").startswith("http: 80\n")


def test_what_is_encrypted_is_said_to_be(root: Path) -> None:
    words = "encrypted: data has what eyaml made of it (ENC[…]); nodes get what that stands for\n"
    (root / "hieradata/common.yaml").write_text("tts::token: ENC[PKCS7,MII]\ntts::port: 80\n")
    assert words not in said(root, "n1.example", "tts::token")
    keys = "options: {pkcs7_private_key: /k, pkcs7_public_key: /p}"
    hiera = HIERA.replace("path: common.yaml", f"path: common.yaml, lookup_key: eyaml_lookup_key, {keys}")
    (root / "hiera.yaml").write_text(hiera)
    assert words in said(root, "n1.example", "tts::token")
    assert words not in said(root, "n1.example", "tts::port")
    assert json.loads(said(root, "n1.example", "tts::token", "--json"))["encrypted"] is True


def test_what_is_not_converted_is_said(root: Path) -> None:
    text = "lookup_options: {a: {convert_to: 'Integer[0, 9]'}, c: {convert_to: Integer}}\na: '7'\nb: '%{alias(\"a\")}'\nc: '7'\n"
    (root / "hieradata/common.yaml").write_text(text)
    assert said(root, "n1.example", "c").startswith("7\n")
    assert 'convert_to: "Integer", applied\n' in said(root, "n1.example", "c")
    assert 'convert_to: "Integer[0, 9]", not applied, only Puppet can: the value is as' in said(
        root, "n1.example", "a"
    )
    assert "a value that is looked up in this one is as before its own" in said(root, "n1.example", "b")
    assert [json.loads(said(root, "n1.example", key, "--json"))["converted"] for key in "abc"] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("key", "node", "sharing"),
    [
        ("tts::revision", "n2.example", ["n2.example"]),
        ("tts::revision", "n3.example", ["n3.example", "n4.example"]),
        ("tts::flags", "n1.example", ["n1.example"]),
        ("tts::flags", "n4.example", ["n3.example", "n4.example"]),
        ("tts::greeting", "n1.example", ["n1.example"]),
        ("tts::kernel", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
        ("tts::ports.http", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
        ("tts::none", "n1.example", ["n1.example", "n2.example", "n3.example", "n4.example"]),
    ],
)
def test_who_shares_it(root: Path, key: str, node: str, sharing: list[str]) -> None:
    assert explain(root, node, key).sharing == sharing


def test_what_is_merged_is_shared_where_every_part_is(root: Path) -> None:
    (root / "hieradata/nodes/n2.example.yaml").unlink()
    assert explain(root, "n1.example", "tts::flags").sharing == ["n1.example", "n2.example"]


def test_a_node_with_other_lookup_options_shares_what_they_do_not_change(root: Path) -> None:
    others = ["n1.example", "n2.example", "n4.example"]
    for merge, sharing in (("hash", [*others, "n3.example"]), ("unique", others)):
        options = f"lookup_options: {{tts::secret: {{merge: {merge}, convert_to: Sensitive}}}}\n"
        (root / "hieradata/nodes/n3.example.yaml").write_text(options)
        assert explain(root, "n1.example", "tts::secret").sharing == sorted(sharing)


def test_lookup_options_may_depend_on_the_node(root: Path) -> None:
    text = "lookup_options: {'tts::%{trusted.extensions.pp_role}': {merge: unique}}\ntts::web: x\n"
    (root / "hieradata/common.yaml").write_text(text)
    assert explain(root, "n1.example", "tts::web").sharing == ["n1.example", "n2.example", "n3.example"]
    (root / "hieradata/env/staging.yaml").write_text("tts::web: y\n")
    found = {key.key: key.nodes for key in reach(root, root / "hieradata/common.yaml").keys}
    assert found == {"tts::web": ["n1.example", "n2.example", "n4.example"]}


def test_no_value_is_a_no(root: Path) -> None:
    done = run(root, "n1.example", "tts::none")
    assert isinstance(done.exception, AnswerIsNo)
    assert str(done.exception) == "n1.example has no value for tts::none"
    assert done.stdout.startswith("no value: there is no module tts\n")
    done = run(root, "n1.example", "tts::ports.https")
    assert '{"http": 80} (nothing there by the rest of the key)' in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["n1.exampel", "tts::revision"],
            "n1.exampel: no node of this name is known (did you mean n1.example or n4.example or n3.example?)",
        ),
        (
            ["zzz", "tts::revision"],
            "zzz: no node of this name is known (there are: n1.example, n2.example, n3.example, n4.example)",
        ),
        (["n1.example", "lookup_options"], "lookup_options is no data (name a key that it speaks of)"),
        (["n1.example", ""], "the key is empty (name one, such as indextts2::revision)"),
        (["n1.example", " "], "the key is empty (name one, such as indextts2::revision)"),
        (["n1.example", "tts..x"], "tts..x is no key (a dot or a quote is left over)"),
    ],
)
def test_what_cannot_be_asked_is_said(root: Path, arguments: list[str], message: str) -> None:
    done = run(root, *arguments)
    assert isinstance(done.exception, FleetError)
    assert (str(done.exception), done.exception.exit_code, done.output) == (message, 2, "")


@pytest.mark.parametrize(
    "arguments", [[], ["n1.example"], ["n1.example", "tts::x", "--file", "x"], ["n", "--file", "x"]]
)
def test_half_a_question_shows_how_to_ask(root: Path, arguments: list[str]) -> None:
    done = run(root, *arguments)
    assert done.exit_code == 2
    assert "give NODE and KEY, or --file alone" in done.output


def test_a_broken_file_that_is_asked_is_named(root: Path) -> None:
    (root / "hieradata/env/prod.yaml").write_text("tts::revision: [\n")
    done = run(root, "n1.example", "tts::revision")
    assert isinstance(done.exception, InputError)
    assert done.exception.path == root / "hieradata/env/prod.yaml"
    assert run(root, "n3.example", "tts::revision").exit_code == 0, "nobody else asks that file"


def test_json_says_all_of_it(root: Path) -> None:
    found = json.loads(said(root, "n1.example", "tts::revision", "--json"))
    trail = found.pop("trail")
    assert found == {
        "node": "n1.example", "key": "tts::revision", "found": True, "value": "v2", "merge": "first",
        "otherwise": None, "encrypted": False, "convert_to": None, "converted": True, "lookup_options": None, "known": 4, "sharing": ["n1.example"],
    }  # fmt: skip
    assert [(step["path"], step["line"], step["used"]) for step in trail] == [
        ("hieradata/nodes/n1.example.yaml", None, False), ("hieradata/env/prod.yaml", 1, True), (None, None, False),
        ("hieradata/common.yaml", 4, False),
    ]  # fmt: skip
    merged = json.loads(said(root, "n1.example", "tts::flags", "--json"))
    assert merged["lookup_options"] == {"path": "hieradata/common.yaml", "line": 2, "column": 3}
    assert (merged["merge"], merged["value"]) == ("unique", ["b", "c"])


def test_each_key_of_a_file_and_whom_it_reaches(root: Path) -> None:
    path = str(root / "hieradata/common.yaml")
    (root / "hieradata/nodes/n1.example.yaml").write_text("tts::ports: {}\n")
    assert said(root, "--file", path) == """\
hieradata/common.yaml (the whole fleet): read by 4 of 4 known nodes (n1.example, n2.example, n3.example, n4.example)
  4  tts::revision  no node sees it: hieradata/env/staging.yaml, hieradata/env/prod.yaml and 1 more always win
  5  tts::flags     all of them, merged
  6  tts::greeting  all of them
  7  tts::kernel    all of them
  8  tts::secret    all of them
  9  tts::ports     3 nodes (n2.example, n3.example, n4.example); 1 more has its own
"""  # fmt: skip


def test_a_file_of_the_middle(root: Path) -> None:
    assert said(root, "--file", str(root / "hieradata/env/prod.yaml")).splitlines()[1:] == [
        "  1  tts::revision  1 node (n1.example); 1 more has its own",
        "  2  tts::flags     all of them, merged",
    ]
    found = json.loads(said(root, "--file", str(root / "hieradata/env/prod.yaml"), "--json"))
    assert found["readers"] == ["n1.example", "n2.example"]
    assert found["keys"][0]["hidden_by"] == {"hieradata/nodes/n2.example.yaml": 1}


def test_a_file_that_no_known_node_reads(root: Path) -> None:
    (root / "hieradata/env/qa.yaml").write_text("tts::revision: v9\n")
    (root / "README.md").write_text("no: [data\n")
    for name, exit_code, message in (
        ("hieradata/env/qa.yaml", 1, "no known node reads this file"),
        ("hieradata/env/qa.yml", 2, "there is no such file"),
        ("README.md", 1, "no layer of hiera.yaml reads this file"),
        ("tests/facts/debian-12.json", 1, "no layer of hiera.yaml reads this file"),
    ):
        done = run(root, "--file", str(root / name))
        assert isinstance(done.exception, FleetError)
        assert (done.exception.exit_code, str(done.exception), done.output) == (
            exit_code,
            f"{name}: {message}",
            "",
        )
    assert json.loads(run(root, "--file", "hieradata/env/qa.yaml", "--json").output)["level"] is None


def test_a_modules_own_file(root: Path) -> None:
    module = root / "modules/tts"
    (module / "data").mkdir(parents=True)
    (module / "hiera.yaml").write_text("version: 5\n")
    (module / "data/common.yaml").write_text("tts::revision: v0\ntts::packages: [ffmpeg]\n")
    lines = said(root, "--file", str(module / "data/common.yaml")).splitlines()
    assert lines[0].startswith("modules/tts/data/common.yaml (module tts): read by 4 of 4")
    assert lines[1].startswith("  1  tts::revision  no node sees it: ")
    assert lines[2] == "  2  tts::packages  all of them"
    assert "module tts        modules/tts/data/common.yaml:1" in said(root, "n1.example", "tts::revision")


def test_a_file_that_two_levels_read_is_listed_once(root: Path) -> None:
    again = HIERA + '  - {name: once more, glob: "common.*"}\n'
    (root / "hiera.yaml").write_text(again)
    whole = said(root, "n1.example", "tts::revision")
    assert whole.count("hieradata/common.yaml") == 1
    assert whole.count("no file for this node") == 1


class Fleet:
    """A made fleet, and what looking a key up says for every node of it."""

    def __init__(self, root: Path) -> None:
        """Make it at ``root``."""
        self.root = root
        make(root, 24, 6, 20)
        hierarchy, data = Hierarchy.load(root), Data()
        self.lookups = {node.certname: Lookup(hierarchy, data, Scope.of(node)) for node in known_nodes(root)}

    def outcome(self, node: str, key: str) -> object:
        """Return a value and where it is from."""
        result = self.lookups[node].find(key)
        return result.found, identity(result.value), [(entry.path, entry.line) for entry in result.used]

    def users(self, path: Path, key: str) -> list[str]:
        """Name the nodes whose value of ``key`` is from ``path``, wholly or in part."""
        found = {node: lookup.find(key).used for node, lookup in self.lookups.items()}
        return [node for node, used in found.items() if path in [entry.path for entry in used]]


def test_a_made_fleet_shares_what_lookups_of_every_node_say(tmp_path: Path) -> None:
    """What is worked out from files alone agrees with looking every key up for every node."""
    fleet = Fleet(tmp_path)
    sizes = set()
    for key in ["load::none", *(f"load::key_{number:03}" for number in range(20))]:
        for node in list(fleet.lookups)[::7]:
            mine = fleet.outcome(node, key)
            expected = [other for other in fleet.lookups if fleet.outcome(other, key) == mine]
            assert explain(tmp_path, node, key).sharing == expected
            sizes.add(len(expected))
    assert {1, 24} < sizes


def test_a_made_fleets_file_reaches_what_lookups_of_every_node_say(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    for name in ("common.yaml", "env/prod.yaml", "roles/role_03.yaml"):
        path = tmp_path / "hieradata" / name
        for found in reach(tmp_path, path).keys:
            assert found.nodes == fleet.users(path, found.key), found.key


def test_a_fleet_is_made_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(tmp_path / name, 30, 12, 20)
    one, two = (
        {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert one == two
    assert len(Hierarchy.load(tmp_path / "one").levels) == 12
