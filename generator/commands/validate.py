"""``fleet validate``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.definition import REPOSITORY


@click.command(epilog="Example: fleet validate")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=REPOSITORY,
    help="The control repository.",
)
@click.pass_context
def validate(ctx: click.Context, root: Path) -> None:
    """Hold all Hiera data against the code that looks it up.

    One line for each mistake. The exit code is 1 where a key or a value is wrong, 2 where a file cannot be
    read; a warning is no mistake.
    """
    from generator.validate import validate as run
    from generator.validate.finding import worst

    report = run(root)
    for finding in report.findings:
        click.echo(finding.show(root), err=True)
    if code := worst(report.findings):
        ctx.exit(code)
    click.echo(f"{report.files} files with {report.keys} keys: all known, all of their type")
