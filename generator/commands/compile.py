"""``fleet compile``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option
from generator.errors import AnswerIsNo


@click.command(
    "compile",
    epilog=examples(
        "fleet compile", "fleet compile --at-most 50 --base /etc/puppet/code/environments/production"
    ),
)
@click.option("--at-most", type=click.IntRange(1), default=20, show_default=True, help="So many nodes.")
@click.option(
    "--base",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the code that serves now: a node that it does not compile either is only told.",
)
@click.option(
    "--nodes",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For these nodes, as `fleet sample` wrote them, and nobody is asked.",
)
@offline_option
@root_option
def compile_(at_most: int, base: Path | None, file: Path | None, offline: bool, root: Path) -> None:
    """Compile the catalogues of some nodes, one of each kind first; exit 1 where one does not compile.

    Nodes and facts are PuppetDB's, or the repository's where it does not answer. Secrets need no key: they
    have placeholders. A deploy asks this of new code, before any node gets it.
    """
    from generator.diff.alone import compile_alone
    from generator.progress import step
    from generator.sample import load, sample

    nodes = load(file) if file else sample(root, at_most, offline=offline)
    with step(f"compile {len(nodes)} nodes"):
        refused = compile_alone(root, nodes, base)
    for each in refused:
        if each.before:
            click.echo(f"  ! {each}, nor did it with the code before", err=True)
    if new := [str(each) for each in refused if not each.before]:
        raise AnswerIsNo("\n".join(new))
    compiled = len(nodes) - sum(len(each.nodes) for each in refused)
    click.echo(f"{compiled} of {len(nodes)} nodes compile")
