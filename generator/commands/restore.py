"""``fleet restore``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.backups import settings
from generator.commands.options import examples
from generator.restore import restore as restore_server


@click.command(epilog=examples("fleet restore /var/backups/puppet/2026-11-27T02-40-00Z"))
@click.argument("folder", type=click.Path(resolve_path=True, path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Even where this machine's own authority has nodes: put it aside."
)
def restore(folder: Path, replace: bool) -> None:
    """Have this Puppet server (as root) go on where the backup FOLDER was made.

    It has been set up by `puppet apply`, by the name of the one that is lost. Agents go on with the
    certificates that they have. Neither Puppet Server nor PuppetDB runs before all is back; what breaks off
    is begun anew by another call.
    """
    found = restore_server(folder, settings(), replace=replace)
    counts = f"{found.nodes} nodes and {found.reports} reports"
    click.echo(f"restored: {found.certificates} certificates, {counts} in PuppetDB")
    click.echo("who left the fleet since that backup has to leave once more: fleet leave HOST")
    click.echo("of who joined since, leaving needs the certificate, too: fleet leave --help")
