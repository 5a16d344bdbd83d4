"""``fleet schema``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.definition import REPOSITORY
from generator.errors import AnswerIsNo


@click.command(epilog="Example: fleet schema --check")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the schema is not that of the code.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=REPOSITORY,
    help="The control repository.",
)
def schema(check: bool, root: Path) -> None:
    """Write the JSON Schema of Hiera data, by which an editor underlines a typo while it is typed.

    VS Code's YAML extension takes it by .vscode/settings.json; others by this first line of a file:

    # yaml-language-server: $schema=../../hieradata.schema.json
    """
    from generator.data_schema import FILE, data_schema
    from generator.validate.vocabulary import read_vocabulary
    from generator.yaml_edit import write_beside

    made = json.dumps(data_schema(read_vocabulary(root, [])), indent=2, ensure_ascii=False) + "\n"
    path = root / FILE
    if path.is_file() and path.read_text(encoding="utf-8") == made:
        return
    if check:
        raise AnswerIsNo(f"{FILE} is not the schema of this code: run fleet schema")
    write_beside(path, made)
    click.echo(f"write {FILE}")
