"""``fleet canary status``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from generator.commands.options import examples, root_option

#: Columns and rows where there is no terminal that says its own.
ELSEWHERE = (160, 40)


@click.command(epilog=examples("fleet canary status", "fleet canary status indextts2 --json"))
@click.argument("service", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines: every node.")
@root_option
def status(service: str | None, as_json: bool, root: Path) -> None:
    """Say how the canaries stand, or that of SERVICE: what each waits for, and which nodes have arrived.

    It is read from this clone (git pull first) and, where there are settings of PuppetDB's clients, from the
    record; no node is asked.
    """
    from generator import clock
    from generator.canary import rollout_file
    from generator.canary.status import status as look
    from generator.canary.status_text import data, lines
    from generator.commands.canary.moving import known_service
    from generator.errors import FleetError
    from generator.fleet_nodes import settings_file
    from generator.record.ask import recorder
    from generator.record.nodes import node_states

    if service is not None:
        known_service(root, service)
    states, unknown = None, None
    if rollout_file.read(root, service) if service else rollout_file.read_all(root):
        unknown = None if settings_file() else "this machine has no settings of PuppetDB's clients"
        try:
            states = node_states(recorder()) if unknown is None else None
        except FleetError as error:
            unknown = str(error)  # the rest is worth saying, most of all then
    found = look(root, service, states, clock.now(), unknown)
    if as_json:
        click.echo(json.dumps(data(found), indent=2, ensure_ascii=False))
        return
    size = shutil.get_terminal_size(ELSEWHERE)
    for line in lines(found, size.lines, size.columns):
        click.echo(line)
