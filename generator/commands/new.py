"""``fleet new``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from generator.commands.options import examples, root_option


@click.command(
    epilog=examples(
        "fleet new speech --source https://git.example.org/speech.git",
        "fleet new speech --source https://git.example.org/speech.git --revision v1.2.0 --entry api.py",
    )
)
@click.argument("name")
@click.option("--source", required=True, metavar="URL", help="The service's git repository.")
@click.option("--revision", metavar="TAG", help="The release to read.  [the newest tag]")
@click.option("--entry", metavar="FILE", help="The file that starts it, where that cannot be seen.")
@click.option(
    "--limit", type=click.IntRange(1, 3600), default=60, show_default=True, help="Seconds that git may take."
)
@root_option
def new(name: str, source: str, revision: str | None, entry: str | None, limit: int, root: Path) -> None:
    """Write the definition of a service NAME from its git repository, and render its module.

    Nothing of the repository is run: packages, flags, Python, port and folders are read from its files. What
    is guessed has a comment, and what a person must decide is listed at the top. Where something is wrong,
    the exit code is 2, and nothing is written.
    """
    from generator.new_service.new import new as make

    done = make(root, name, source, revision, entry, limit)
    for path in done.paths:
        click.echo(f"write {os.path.relpath(path)}")
    click.echo(f"{name} is read from {done.tag} ({done.commit[:12]}). What a person must decide:")
    for number, decision in enumerate(done.decisions, 1):
        click.echo(f"  {number}. {decision}")
