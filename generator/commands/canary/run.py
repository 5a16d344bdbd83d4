"""``fleet canary run``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples


@click.command(epilog=examples("fleet canary run --settings /etc/fleet-canary/settings.json"))
@click.option(
    "--settings",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="Its settings, as profile::canary writes them.",
)
def run(path: Path) -> None:
    """Look once at each canary, and make the move that is due as one pushed commit: the timer's work.

    It works in a clone of its own, of what the remote has, and keeps nothing from one pass to the next. Exit
    code 1: something could not be done, which the next pass tries again.
    """
    from generator.canary.clone import Busy
    from generator.canary.driver import run as one_pass
    from generator.canary.settings import Settings

    try:
        done = one_pass(Settings.load(path))
    except Busy:
        click.echo("another driver is at work: nothing to do")
        return
    for story in done.stories:
        click.echo(story.line)
    for failure in done.failures:
        click.echo(failure, err=True)
    if done.failures:
        click.get_current_context().exit(1)
