"""``fleet sample``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option


@click.command(epilog=examples("fleet sample --at-most 5"))
@click.option("--at-most", type=click.IntRange(1), default=20, show_default=True, help="So many nodes.")
@offline_option
@root_option
def sample(at_most: int, offline: bool, root: Path) -> None:
    """Write a few nodes that stand for all, with their facts, as JSON for `fleet compile --nodes`.

    Of each role, environment and system one comes before the second of any. They are PuppetDB's, or the
    repository's where it does not answer.
    """
    from generator import sample as nodes

    click.echo(nodes.dump(nodes.sample(root, at_most, offline=offline)))
