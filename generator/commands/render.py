"""``fleet render``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from generator.commands.options import examples
from generator.definition import REPOSITORY, SERVICES, load_services
from generator.errors import AnswerIsNo, FleetError
from generator.render import render as render_module
from generator.tree import Change, apply, plan, stale_modules


@click.command(epilog=examples("fleet render", "fleet render --check indextts2"))
@click.argument("names", nargs=-1, metavar="[SERVICE]...")
@click.option(
    "--check", is_flag=True, help="Write nothing; show what would change, and exit 1 if anything would."
)
@click.option(
    "--services",
    # a folder that is not there must not read as one in which every definition was removed
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SERVICES,
    help="Folder of the definitions.",
)
@click.option(
    "--modules",
    type=click.Path(path_type=Path),
    default=REPOSITORY / "modules",
    help="Folder of the modules.",
)
def render(names: tuple[str, ...], check: bool, services: Path, modules: Path) -> None:
    """Render service definitions into Puppet modules; all of them where none is named."""
    changes = plan_all(names, services, modules)
    if check:
        for change in changes:
            click.echo(change.diff(modules.parent), nl=False)
        if changes:
            raise AnswerIsNo(f"{len(changes)} files are not what their templates make: run fleet render")
        return
    apply(changes, modules)
    for change in changes:
        click.echo(f"{change.verb} {os.path.relpath(change.path)}")


def plan_all(names: tuple[str, ...], services: Path, modules: Path) -> list[Change]:
    """The changes to ``modules`` for the services ``names``, or for all, stale modules included.

    Every definition is read and checked before anything is planned, so that a wrong one changes nothing.
    """
    known = {service.name: service for service in load_services(services)}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        raise FleetError(
            f"{unknown[0]}: no service of this name in {services} (known: {', '.join(known) or 'none'})"
        )
    changes = []
    for name in dict.fromkeys(names or known):
        changes += plan(modules / name, render_module(known[name]))
    if not names:
        for module in stale_modules(modules, set(known)):
            changes += plan(module, {})
    return changes
