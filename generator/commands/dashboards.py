"""``fleet dashboards``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from generator.commands.options import examples, root_option
from generator.errors import FleetError


@click.command(epilog=examples("fleet dashboards", "fleet dashboards --check"))
@root_option
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit with 1 where something would be."
)
def dashboards(root: Path, only_check: bool) -> None:
    """Write Grafana's dashboards of generator/dashboards into the module profile."""
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise FleetError("grafana_foundation_sdk is not installed here (make setup brings it, for a desk)")
    from generator.dashboards import files

    if only_check:
        files.check(root)
        return
    for name in files.write(root):
        click.echo(f"{root / files.FOLDER / name}: written")
