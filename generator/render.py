"""Rendering: a service and the templates in, the files of its Puppet module out. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from generator.definition import REPOSITORY
from generator.puppet_text import cell, comment, epp, gecos, literal, specifier, with_parents
from generator.reference import entries
from generator.service import Service

TEMPLATES = REPOSITORY / "templates" / "module"
#: A template whose name has one of these is rendered once for each entry.
EACH_TYPE, EACH_SYSTEM = "@type@", "@system@"
REFERENCE = "REFERENCE.md"


@dataclass(frozen=True)
class Job:
    """One file to render: its path in the module, its template, and what it is for."""

    path: str
    template: str
    extra: dict[str, Any]


@cache
def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # Puppet, YAML and shell, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        literal=literal,
        comment=comment,
        cell=cell,
        epp=epp,
        gecos=gecos,
        specifier=specifier,
        with_parents=with_parents,
        json=lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    )
    return environment


def render(service: Service, templates: Path = TEMPLATES) -> dict[str, bytes]:
    """The files of the module of ``service``, by their paths in it.

    The same service and templates give the same bytes. A template that comes out empty makes no file.
    """
    environment = _environment(templates)
    files: dict[str, bytes] = {}
    # the reference last, since it lists what the manifests say of themselves
    for job in sorted(_jobs(service, templates), key=lambda job: (job.path == REFERENCE, job.path)):
        extra = {"entries": entries(files)} if job.path == REFERENCE else job.extra
        banner = f"Rendered by fleet render from templates/module/{job.template}: edit that, not this file."
        text = environment.get_template(job.template).render(service=service, banner=banner, **extra)
        if text.strip():
            files[job.path] = text.encode()
    return dict(sorted(files.items()))


def _jobs(service: Service, templates: Path) -> Iterator[Job]:
    for source in templates.rglob("*.j2"):
        template = source.relative_to(templates).as_posix()
        path = template.removesuffix(".j2")
        if EACH_TYPE in path:
            for entry in service.types:
                yield Job(path.replace(EACH_TYPE, entry.name.lower()), template, {"type": entry})
        elif EACH_SYSTEM in path:
            for system, packages in service.packages.items():
                extra = {"system": system, "packages": packages}
                yield Job(path.replace(EACH_SYSTEM, system), template, extra)
        else:
            yield Job(path, template, {})
