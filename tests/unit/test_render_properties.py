"""What is accepted renders to what Puppet accepts, and every text comes out as it went in.

Definitions are drawn by hypothesis and tried all at once, since it is Puppet that takes the time: each becomes a
module, and one node has them all. PROPERTY_EXAMPLES=500 draws more; PROPERTY_SEED=x draws others.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from generator.definition import REPOSITORY, load_service
from generator.definition_schema import INIT_VARIABLES, RESERVED_PARAMETERS
from generator.puppet_text import literal
from generator.render import render
from generator.service import RoomPath, Service
from generator.tree import apply, plan
from tests.unit.systemd import command_line, environment_of, read_unit, specifiers

pytestmark = pytest.mark.puppet

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "40"))
SEED = os.environ.get("PROPERTY_SEED", "")

PIECES = (
    "' \" \\ $ ${ } ${x} $$ $HOME #{x} # % %% %h %{x} <% %> <%= <%# -%> ` {{ }} {% ; | & && ! * ~ \\n \\u{41} \\x41 @param"
    " true false undef 0 1e3 0x10 -- = == : , // /* */ 喜悦 回声 é 😀 \u200b \u00a0 \ufeff"
).split(" ")
#: Not controls and surrogates, and none of what Unicode keeps for itself: those are refused.
ANY = st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda letter: not is_reserved(letter))
LINES = st.lists(st.sampled_from([*PIECES, " "]) | ANY, max_size=8).map("".join)
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "\n", "\t", "\\\n"]) | ANY, max_size=8).map("".join)
TITLES = LINES.map(lambda text: re.sub(r"[\u2028\u2029]", "", text)[:100].strip(" ").rstrip(" \\")).filter(
    bool
)
SHOWN = TEXTS.filter(lambda text: text.replace("\n", "").replace("\t", "").isprintable())
WORDS = st.from_regex(r"\A[a-z][a-z0-9_]{0,9}\Z").filter(
    lambda word: word not in RESERVED_PARAMETERS | INIT_VARIABLES
)
FOLDERS = st.from_regex(r"\A[a-z0-9_][A-Za-z0-9_.-]{0,6}(/[a-z0-9_][A-Za-z0-9_.-]{0,6}){0,2}\Z")
PACKAGES = st.lists(
    st.from_regex(r"\A[a-z0-9][a-z0-9.+-]{1,8}\Z") | st.sampled_from(["null", "1e3", "0x10", "12"])
)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def is_reserved(letter: str) -> bool:
    """Whether ``letter`` is one of Unicode's noncharacters."""
    return 0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE


def odd_enums() -> st.SearchStrategy[tuple[str, Any]]:
    choices = st.lists(SHOWN, min_size=1, max_size=3, unique=True)
    return choices.map(lambda texts: (f"Enum [ {' ,'.join(map(literal, texts))} ]", texts[-1]))


#: A type, and a value of it.
TYPED: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.sampled_from(["String", "Optional[String]", "Scalar", "NotUndef[String]"]), TEXTS),
    st.tuples(st.just("String[1]"), TEXTS.filter(bool)),
    st.tuples(
        st.sampled_from(["Integer", "Numeric", "Optional[ Integer ]", "Variant[Boolean, Integer]"]), WHOLE
    ),
    st.tuples(st.just("Integer[-3, 10]"), st.integers(-3, 10)),
    st.tuples(st.sampled_from(["Float", "Optional[Float]", "Variant[Float,Boolean]"]), FLOATS),
    st.tuples(st.sampled_from(["Boolean", "Optional[Boolean]", "Variant[Boolean, Enum[a]]"]), st.booleans()),
    st.tuples(st.sampled_from(["Optional[String[1]]", "Optional[Stdlib::Port]", "Undef"]), st.none()),
    st.tuples(st.just("Stdlib::Port"), st.integers(0, 65535)),
    st.tuples(st.just(r"Pattern[/\A[a-z\/$]+\z/, '^x$']"), st.just("a/$")),
    odd_enums(),
)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a definition without what has to differ between the services of a node."""
    parameters = {}
    for number, name in enumerate(draw(st.lists(WORDS, max_size=5, unique=True))):
        kind, value = draw(TYPED)
        carrier, shape = draw(st.sampled_from([("flag", "--p-{}"), ("env", "P_{}")]))
        parameters[f"p_{name}"] = {
            "type": kind,
            "doc": draw(TITLES.filter(str.strip)),
            carrier: shape.format(number),
            "default": value,
        }
        if value is not None and draw(st.booleans()):
            parameters[f"p_{name}"]["required"] = value
    room = st.fixed_dictionaries({"state": FOLDERS}) | st.fixed_dictionaries({"cache_hub": FOLDERS})
    systems = st.sampled_from(["all", "Debian", "RedHat", "Debian-12", "Ubuntu-24.04", "RedHat-9"])
    drawn: dict[str, Any] = {
        "title": draw(TITLES),
        "summary": draw(TITLES),
        "source": draw(TITLES),
        "port": draw(st.integers(1, 65535)),
        "entry_point": draw(FOLDERS),
        "listen": {"address_flag": "--address", "port_flag": "--port"},
        "ready": draw(st.sampled_from(["/", "/config", "/a/b.html"])),
        "environment": draw(
            st.dictionaries(st.from_regex(r"\AE_[A-Z0-9_]{0,9}\Z"), TEXTS | room, max_size=4)
        ),
        "parameters": parameters,
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "gpu": st.booleans(),
        "extras": st.lists(st.from_regex(r"\A[a-z0-9][A-Za-z0-9._-]{0,5}\Z"), max_size=3),
        "writable": st.lists(FOLDERS, max_size=3, unique=True),
        "weights": st.fixed_dictionaries(
            {"flag": st.just("--weights")}, optional={"writable": st.lists(FOLDERS, max_size=3, unique=True)}
        ),
        "packages": st.dictionaries(systems, PACKAGES, max_size=3),
    }
    return drawn | draw(st.fixed_dictionaries({}, optional=optional))


@dataclass(frozen=True)
class Example:
    """A service, and what an operator gives it."""

    service: Service
    given: dict[str, Any]


def draw_definitions() -> list[dict[str, Any]]:
    """Draw definitions: the same ones every time, unless a seed is given."""
    drawn: list[dict[str, Any]] = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=not SEED,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(definitions())
    def collect(definition: dict[str, Any]) -> None:
        drawn.append(definition)

    (seed(SEED)(collect) if SEED else collect)()
    return drawn


def as_yaml(value: Any) -> str:
    """``value`` in YAML that leaves nothing to a dumper's choice: like JSON, with what YAML does not take escaped."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    return "".join(
        character if character.isprintable() and character != "\ufeff" else f"\\U{ord(character):08x}"
        for character in json.dumps(value, ensure_ascii=False)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@pytest.fixture(scope="module")
def examples(folder: Path) -> list[Example]:
    """Render what was drawn below ``folder``: every definition has to be accepted."""
    made = []
    for number, definition in enumerate(draw_definitions()):
        name = f"s{number}"
        operator = {
            "environment": {"O_TEXT": f"{definition['source']}\n", "O_ECHO": definition["title"]},
            "extra_args": ["", definition["summary"], f"\\{definition['title']}\n\t\\"],
        }
        if not made:
            operator["extra_args"] += [
                text for piece in PIECES for text in (piece, f"a{piece}", f"{piece}\\", f"\\{piece}")
            ]
        for parameter, entry in definition["parameters"].items():
            if "required" in entry:
                del entry["default"]
                operator[parameter] = entry.pop("required")
        path = folder / f"{name}.yaml"
        path.write_text(as_yaml({"name": name, "accounts": {"run": name, "build": f"{name}b"}, **definition}))
        service = load_service(path)
        apply(plan(folder / "modules" / name, render(service)), folder / "modules")
        made.append(Example(service, operator))
    assert len(made) >= EXAMPLES // 2
    return made


def accepts(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_puppet_and_its_linter_accept_every_module(folder: Path, examples: list[Example]) -> None:
    accepts("puppet", "parser", "validate", folder / "modules")
    accepts("puppet-lint", folder / "modules")
    accepts("puppet", "epp", "validate", *(folder / "modules").glob("*/templates/*.epp"))


METADATA = """
require 'metadata_json_lint'
output = input.to_h { |path| [path, Dir.chdir(File.dirname(path)) { MetadataJsonLint.parse('metadata.json') }] }
"""


def test_other_linters_accept_every_module(
    folder: Path, examples: list[Example], ruby: Callable[[str, Any], Any]
) -> None:
    accepts(REPOSITORY / ".venv" / "bin" / "yamllint", "--strict", folder / "modules")
    paths = [str(path) for path in (folder / "modules").glob("*/metadata.json")]
    assert all(ruby(METADATA, paths).values())
    accepts("shellcheck", *(folder / "modules").glob("*/files/*.sh"))


COMPILE = """
require 'puppet'
require 'tmpdir'

# Puppet takes a class of this name for a destination
module Puppet::Test
  LogCollector = Struct.new(:logs) { def <<(log) = logs << log.to_s }
end
logs = []
Dir.mktmpdir do |folder|
  Puppet.initialize_settings(['--confdir', folder, '--vardir', folder])
  Puppet[:strict] = :error
  Puppet[:strict_variables] = true
  Puppet::Util::Log.newdestination(Puppet::Test::LogCollector.new(logs))
  node = { modulepath: input['modulepath'], facts: input['facts'], variables: { 'services' => input['services'] } }
  Puppet::Pal.in_tmp_environment('drawn', **node) do |pal|
    pal.with_catalog_compiler do |compiler|
      compiler.evaluate_string('$services.each |$name, $given| { class { $name: * => $given } }')
      compiler.compile_additions
      $catalogue = compiler.with_json_encoding(&:encode)
    end
  end
end
raise logs.join("\n") unless logs.empty?

wanted = JSON.parse($catalogue)['resources'].select do |resource|
  resource['type'] == 'Class' || resource['title'].end_with?('.service')
end
output = wanted.to_h { |resource| ["#{resource['type']}[#{resource['title']}]", resource['parameters'] || {}] }
"""


@pytest.fixture(scope="module")
def catalogue(
    folder: Path, examples: list[Example], ruby: Callable[[str, Any], Any]
) -> dict[str, dict[str, Any]]:
    """Compile one node that has all services."""
    facts = json.loads((REPOSITORY / "tests" / "facts" / "debian-12.json").read_text())
    pin = {"commit": "a" * 40, "install": "project", "python": "3.11"}
    served = {"revision": "v1", "releases": {"v1": pin}}
    data = {
        "modulepath": [str(folder / "modules"), str(REPOSITORY / "vendor_modules")],
        "facts": {name: value for name, value in facts.items() if not name.startswith("_")},
        "services": {example.service.name: served | example.given for example in examples},
    }
    compiled = ruby(COMPILE, data)
    assert isinstance(compiled, dict)
    return compiled


def test_every_default_is_in_the_catalogue_as_it_was_written(
    examples: list[Example], catalogue: dict[str, dict[str, Any]]
) -> None:
    for example in examples:
        found = catalogue[f"Class[{example.service.name.capitalize()}]"]
        wanted = {entry.name: entry.default for entry in example.service.parameters if not entry.required}
        wanted |= example.given
        for name, value in wanted.items():
            if name not in ("releases", "revision"):
                assert json.dumps(found.get(name)) == json.dumps(_lists(value)), (example.service, name)


def _lists(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_every_text_is_in_the_unit_as_the_process_shall_get_it(
    examples: list[Example], catalogue: dict[str, dict[str, Any]]
) -> None:
    for example in examples:
        service = example.service
        unit = read_unit(catalogue[f"File[/etc/systemd/system/{service.unit}]"]["content"])
        assert specifiers(unit["Description"][0]) == f"{service.title}, release v1-aaaaaaa"
        program, script, *arguments = command_line(unit["ExecStart"][0])
        assert program == f"{service.root}/releases/v1-aaaaaaa/.venv/bin/python"
        assert script == service.entry_point
        assert arguments == expected_arguments(example)
        environment = dict(environment_of(line) for line in unit["Environment"])
        assert len(environment) == len(unit["Environment"])
        assert environment == expected_environment(example)


def expected_arguments(example: Example) -> list[str]:
    service = example.service
    found = ["--address", "0.0.0.0", "--port", str(service.port)]
    for entry in service.parameters:
        value = example.given.get(entry.name, entry.default)
        if entry.flag and value is not None and value is not False:
            found += [entry.flag] if value is True else [entry.flag, said(value)]
    return [*found, *example.given["extra_args"]]


def expected_environment(example: Example) -> dict[str, str]:
    service = example.service
    found = {
        name: f"{service.root}/{value.room}/{value.path}" if isinstance(value, RoomPath) else value
        for name, value in service.environment.items()
    }
    for entry in service.parameters:
        value = example.given.get(entry.name, entry.default)
        if entry.env and value is not None:
            found[entry.env] = said(value)
    given_environment: dict[str, str] = example.given["environment"]
    return found | given_environment


def said(value: Any) -> str:
    """A value as Puppet says it; numbers with a point as Ruby does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # from 1e16 on and below 1e-4 with an exponent of two digits and more, and always with a point
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    return str(value)
