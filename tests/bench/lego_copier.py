"""copier rendering what ``fleet render`` does, of the same templates: a folder for each service, all in one run.

Its templates are ours with a line in front that says of which service a file is, and an extension of Jinja gives
them our filters and reads the same definitions. What comes out is held against ours, byte by byte.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from generator.definition import REPOSITORY
from generator.puppet_text import literal
from generator.reference import entries
from generator.render import EACH_SYSTEM, EACH_TYPE, REFERENCE, TEMPLATES, render
from generator.service import Service
from generator.tree import DIGESTS
from tests.bench.measure import spent

INSTALLED = REPOSITORY / "build" / "copier"
#: copier, and what our definitions are read with.
PACKAGES = ["copier==9.*", "fastjsonschema", "packaging", "pyyaml"]
ENTRIES = "entries.json"
EXTENSION = """\
import json, os
from pathlib import Path
from jinja2.ext import Extension
from generator import render
from generator.definition import load_services

class Ours(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters.update(render._environment(render.TEMPLATES).filters)
        services = load_services(Path(os.environ["DEFINITIONS"]))
        environment.globals["services"] = {service.name: service for service in services}
        environment.globals["entries_of"] = json.loads(Path(os.environ["ENTRIES"]).read_text())
"""
SETTINGS = {
    "_templates_suffix": ".j2",
    "_envops": {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True},
    "_jinja_extensions": ["lego_extension.Ours"],
    "_exclude": ["copier.yml"],
}


def installed() -> Path | None:
    """Have copier in an environment of its own below build/; None where it cannot be had."""
    program = INSTALLED / "bin" / "copier"
    if not program.exists():
        uv = Path(sys.executable).with_name("uv")
        python = str(INSTALLED / "bin" / "python")
        commands: list[list[str | Path]] = [
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, INSTALLED],
            [uv, "pip", "install", "--quiet", "--python", python, *PACKAGES],
        ]
        for command in commands:
            if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode:
                return None
    return program


def write_template(to: Path, services: Sequence[Service]) -> None:
    """Write a template for copier to the folder ``to`` that makes the modules of ``services``."""
    to.mkdir()
    (to / "copier.yml").write_text(yaml.safe_dump(SETTINGS))
    beside = _beside(to)
    beside.mkdir()
    (beside / "lego_extension.py").write_text(EXTENSION)
    listed = {service.name: _entries(service) for service in services}
    (beside / ENTRIES).write_text(json.dumps(listed))
    for service in services:
        for source in TEMPLATES.rglob("*.j2"):
            for path, line in _files(service, source.relative_to(TEMPLATES).as_posix()):
                target = to / service.name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(f"{line}\n{source.read_text()}")


def _beside(template: Path) -> Path:
    """The folder of what copier is to import and read, and not to render."""
    return template.with_name(f"{template.name}-beside")


def _entries(service: Service) -> list[dict[str, Any]]:
    files = {path: text for path, text in render(service).items() if path != REFERENCE}
    return [{**dataclasses.asdict(entry), "anchor": entry.anchor} for entry in entries(files)]


def _files(service: Service, template: str) -> Iterator[tuple[str, str]]:
    """Yield each file that a template makes of a service, and the line that tells it what of."""
    own = f"services['{service.name}']"
    banner = f"Rendered by fleet render from templates/module/{template}: edit that, not this file."
    line = f"{{% set service = {own} %}}{{% set banner = {literal(banner)} %}}"
    if EACH_TYPE in template:
        for number, entry in enumerate(service.types):
            yield (
                template.replace(EACH_TYPE, entry.name.lower()),
                f"{line}{{% set type = {own}.types[{number}] %}}",
            )
    elif EACH_SYSTEM in template:
        for system in service.packages:
            yield (
                template.replace(EACH_SYSTEM, system),
                f"{line}{{% set packages = {own}.packages['{system}'] %}}",
            )
    else:
        yield template, f"{line}{{% set entries = entries_of['{service.name}'] %}}"


def seconds(copier: Path, template: Path, definitions: Path, target: Path) -> float:
    """Seconds in which copier makes ``target`` of ``template``, whole process."""
    beside = _beside(template)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{beside}:{REPOSITORY}",
        "DEFINITIONS": str(definitions),
        "ENTRIES": str(beside / ENTRIES),
    }
    command: list[str | Path] = [copier, "copy", "--quiet", "--defaults", "--trust", template, target]
    return spent(command, environment).seconds


def check_same(ours: Path, theirs: Path) -> None:
    """See that both made the same files, but for ours of digests; one that comes out empty is none of ours.

    Raises AssertionError where they did not.
    """
    first, second = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != DIGESTS
        }
        for folder in (ours, theirs)
    )
    made = {path: text for path, text in second.items() if text.strip()}
    assert first == made, sorted(str(path) for path in {*first, *made} if first.get(path) != made.get(path))[
        :5
    ]
