"""``fleet schema``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import root_option


@click.command(epilog="Example: fleet schema --check")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the schema is not that of the code.")
@root_option
def schema(check: bool, root: Path) -> None:
    """Write the JSON Schema of Hiera data, by which an editor underlines a typo while it is typed.

    VS Code's YAML extension takes it by .vscode/settings.json; others by this first line of a file:

    # yaml-language-server: $schema=../../hieradata.schema.json
    """
    from generator.data_schema import FILE, write

    if write(root, check):
        click.echo(f"write {FILE}")
