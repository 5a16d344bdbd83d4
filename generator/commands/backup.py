"""``fleet backup``."""

from __future__ import annotations

import click

from generator.backups import back_up
from generator.commands.options import examples
from generator.progress import step


@click.command(epilog=examples("fleet backup"))
def backup() -> None:
    """Back up the Puppet server that this is run on (as root), now; print the backup's folder.

    The certificate authority, the keys of invitations and secrets, and PuppetDB's database;
    puppet-backup.timer does it each night. The folder holds the fleet's secrets: encrypt what is copied
    elsewhere.
    """
    with step("back up the Puppet server"):
        folder = back_up()
    click.echo(folder)
