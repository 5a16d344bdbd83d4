"""``fleet validate``."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from generator.commands.options import root_option


@click.command(epilog="Example: fleet validate --json | jq -r '.[].file'")
@root_option
@click.option(
    "--json", "as_json", is_flag=True, help="Print a list of {file, line, column, severity, message}."
)
@click.pass_context
def validate(ctx: click.Context, root: Path, as_json: bool) -> None:
    """Hold all Hiera data against the code that looks it up.

    One line for each mistake. The exit code is 1 where a key or a value is wrong, 2 where a file cannot be
    read (in JSON: severity wrong, severity broken); a warning is no mistake.
    """
    import json

    from generator.validate import validate as run
    from generator.validate.finding import worst

    with _all_kept():
        report = run(root)
    if as_json:
        found = [finding.entry(root) for finding in report.findings]
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        ctx.exit(worst(report.findings))
    for finding in report.findings:
        click.echo(finding.show(root), err=True)
    if code := worst(report.findings):
        ctx.exit(code)
    said = "all known, all of their type"
    if warnings := len(report.findings):
        said = f"no mistake, {warnings} warning{'s' * (warnings > 1)}"
    click.echo(f"{report.files} files with {report.keys} keys: {said}")


@contextmanager
def _all_kept() -> Iterator[None]:
    """Look for no garbage: all that is read stays, and a quarter of the time would go into looking at it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # or it would all be looked at now
        if collecting:
            gc.enable()
