"""``fleet lint``."""

from __future__ import annotations

import click

from generator.commands.options import examples
from generator.errors import AnswerIsNo
from generator.jobs import complaints, table
from generator.lint import LINTERS, repository
from generator.lint import lint as lint_repository


@click.command(epilog=examples("fleet lint", "fleet lint --only puppet-lint --only yamllint"))
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    type=click.Choice([linter.name for linter in LINTERS]),
    help="Run only this linter; may be given several times.",
)
def lint(only: tuple[str, ...]) -> None:
    """Run every linter over everything, side by side, with one summary."""
    results = lint_repository(repository(), only)
    click.echo(table(results, "files"))
    if said := complaints(results):
        raise AnswerIsNo(f"\n{said}")
