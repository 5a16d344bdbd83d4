"""What is accepted renders to what Puppet accepts, and every text comes out as it went in.

Definitions are drawn by hypothesis and tried all at once, since it is Puppet that takes the time: each becomes a
module, and one node has them all. PROPERTY_EXAMPLES=500 draws more; PROPERTY_SEED=x draws others.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY, load_service
from generator.render import render
from generator.service import RoomPath, Service
from generator.tree import apply, plan
from tests.unit.drawn import EXAMPLES, PIECES, as_yaml, draw_definitions
from tests.unit.systemd import command_line, environment_of, read_unit, specifiers

pytestmark = pytest.mark.puppet

#: Names of modules that Puppet knows as something else.
NAMES = "file exec user service package notify cron facts lookup include contain epp a__b_ x".split()


@dataclass(frozen=True)
class Example:
    """A service, and what an operator gives it."""

    service: Service
    given: dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@pytest.fixture(scope="module")
def examples(folder: Path) -> list[Example]:
    """Render what was drawn below ``folder``: every definition has to be accepted."""
    made: list[Example] = []
    for number, definition in enumerate(draw_definitions()):
        name = NAMES[number] if number < len(NAMES) else f"s{number}"
        operator: dict[str, Any] = {
            "environment": {"O_TEXT": f"{definition['source']}\n", "O_ECHO": definition["title"]},
            "extra_args": ["", definition["summary"], f"\\{definition['title']}\n\t\\"],
            # one node has them all, and no two may listen at one place
            "port": 1000 + 10 * number,
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
        path.write_text(
            as_yaml({"name": name, "accounts": {"run": f"u-{name}", "build": f"b-{name}"}, **definition})
        )
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
        "modulepath": [
            str(folder / "modules"),
            *(str(REPOSITORY / name) for name in ("modules", "vendor_modules")),
        ],
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
        folder = f"File[/etc/{service.name}/deployments/"
        (title,) = (title for title in catalogue if title.startswith(folder))
        unit = read_unit(catalogue[title]["content"])
        release = title.removeprefix(folder).partition(".")[0]
        assert re.fullmatch("v1-aaaaaaa-[0-9a-f]{7}", release)
        said, instance = unit["Description"][0].rsplit(", ", 1)
        assert (specifiers(said), instance) == (f"{service.title}, release {release}", "instance %i")
        program, *words = command_line(unit["ExecStart"][0].replace("${PORT}", "PORT"))
        assert program == f"{service.root}/releases/{release}/.venv/bin/python"
        start, arguments = words[: len(service.command)], words[len(service.command) :]
        assert tuple(start) == service.command
        assert arguments == expected_arguments(example)
        environment = dict(environment_of(line) for line in unit["Environment"])
        assert len(environment) == len(unit["Environment"])
        assert environment == expected_environment(example)


class Number:
    """Equal to every text that says this number, however it spells it."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and repr(float(other)) == repr(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


def expected_arguments(example: Example) -> list[str | Number]:
    service = example.service
    found: list[str | Number] = ["--address", "127.0.0.1", "--port", "PORT"]
    for entry in service.parameters:
        value = example.given.get(entry.name, entry.default)
        if entry.flag and value is not None and value is not False:
            found += [entry.flag] if value is True else [entry.flag, said(value)]
    return [*found, *example.given["extra_args"]]


def expected_environment(example: Example) -> dict[str, str | Number]:
    service = example.service
    found: dict[str, str | Number] = {
        name: f"{service.root}/{value.room}/{value.path}" if isinstance(value, RoomPath) else value
        for name, value in service.environment.items()
        # no release here has weights
        if not (isinstance(value, RoomPath) and value.room == "weights")
    }
    for entry in service.parameters:
        value = example.given.get(entry.name, entry.default)
        if entry.env and value is not None:
            found[entry.env] = said(value)
    given_environment: dict[str, str] = example.given["environment"]
    return found | given_environment


def said(value: Any) -> str | Number:
    """A value as Puppet says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return Number(value) if isinstance(value, float) else str(value)
