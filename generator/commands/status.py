"""``fleet status``."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import click

from generator import clock
from generator.commands.options import examples, root_option
from generator.errors import AnswerIsNo, FleetError
from generator.fleet_nodes import invited_nodes
from generator.record.ask import recorder
from generator.record.first_error import first_errors
from generator.record.nodes import node_states
from generator.record.status import Assessed, Status, assess, pick, with_invited
from generator.record.status_text import counts, data, room, rows
from generator.record.trouble import SILENT_RUNS

#: Seconds between two looks of ``--watch``.
PAUSE = 5.0
#: Columns and rows where there is no terminal that says its own.
ELSEWHERE = (160, 40)
#: Home, and clear to the end of the line or of the screen (ECMA-48): what is redrawn does not flicker.
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"


@click.command(epilog=examples("fleet status", "fleet status --watch", "fleet status --json"))
@click.option("--watch", is_flag=True, help=f"Look again every {PAUSE:g} s, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="For machines: every node.")
@click.option(
    "--silent-runs",
    type=click.IntRange(1),
    default=SILENT_RUNS,
    show_default=True,
    help="How many runs a node may miss before it counts as silent.",
)
@root_option
def status(watch: bool, as_json: bool, silent_runs: int, root: Path) -> None:
    """Say how many nodes serve which release, who is behind, and who is in trouble and why.

    PuppetDB's record is asked, and no node. The exit code is 1 where a node is in trouble: it got no
    catalogue, its run failed, it is silent or never reported, it serves another release than it is told to,
    runs a cached catalogue, or is in noop mode. With --watch it is 0.
    """
    if watch and as_json:
        raise click.UsageError("--watch is for eyes, --json for machines: take one")
    if watch:
        _watch(root, silent_runs)
        return
    size = shutil.get_terminal_size(ELSEWHERE)
    found, text = _look(root, silent_runs, size.lines, size.columns, as_json)
    click.echo(text)
    if found.in_trouble:
        click.get_current_context().exit(AnswerIsNo.exit_code)  # which has been said


def _look(root: Path, silent_runs: int, height: int, width: int, as_json: bool) -> tuple[Status, str]:
    puppetdb = recorder()
    states = with_invited(node_states(puppetdb), invited_nodes(root))
    if not states:
        raise FleetError(f"{puppetdb.path}: PuppetDB at {puppetdb.address} knows no node")
    found = assess(states, clock.now(), silent_runs)
    if as_json:
        errors = first_errors(puppetdb, _failed(found.in_trouble))
        return found, json.dumps(data(found, errors), indent=2, ensure_ascii=False)
    lines = counts(found)
    named = pick(found.in_trouble, room(lines, height))
    errors = first_errors(puppetdb, _failed(named))
    return found, "\n".join([*lines, *rows(named, len(found.in_trouble), errors, width)])


def _failed(nodes: list[Assessed]) -> list[str]:
    return [one.node.run.hash for one in nodes if one.node.run and one.node.run.status == "failed"]


def _watch(root: Path, silent_runs: int) -> None:
    try:
        while True:
            size = shutil.get_terminal_size()
            try:
                _, text = _look(root, silent_runs, size.lines, size.columns, as_json=False)
            except FleetError as error:
                text = str(error)  # a PuppetDB that is started anew comes back
            lines = [f"{line}{_CLEAR_LINE}" for line in text.split("\n")[: size.lines - 1]]
            click.echo(_HOME + "\n".join(lines) + "\n" + _CLEAR_BELOW, nl=False)
            time.sleep(PAUSE)
    except KeyboardInterrupt:
        click.echo()
