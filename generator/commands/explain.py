"""``fleet explain``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option
from generator.errors import AnswerIsNo


@click.command(
    epilog=examples(
        "fleet explain tts-01.example.org indextts2::revision",
        "fleet explain tts-01.example.org indextts2::packages.0 --json",
        "fleet explain --file hieradata/env/prod.yaml",
    )
)
@click.argument("node", required=False)
@click.argument("key", required=False)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="Explain a data file instead: which known nodes each of its keys reaches.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@offline_option
@root_option
def explain(
    node: str | None, key: str | None, path: Path | None, as_json: bool, offline: bool, root: Path
) -> None:
    """Say which value NODE gets for KEY, from which file and line, and who shares it.

    The exit code is 1 where data has no value (the class's own default holds then, if it has one), or where
    no known node reads the file.
    """
    from generator import explain as lookups
    from generator import explain_text, reach
    from generator.fleet_nodes import fleet_nodes

    if path is not None and node is None:
        found = reach.reach(root, path, nodes=fleet_nodes(root, offline=offline))
        if as_json or found.level:
            _print(explain_text.file_data(found) if as_json else explain_text.file_text(found))
        if found.level is None:
            raise AnswerIsNo(f"{path}: no known node reads this file")
        return
    if path is not None or node is None or key is None:
        raise click.UsageError("give NODE and KEY, or --file alone")
    explanation = lookups.explain(root, node, key, fleet_nodes(root, offline=offline))
    _print(explain_text.data(explanation) if as_json else explain_text.text(explanation))
    if not explanation.result.found:
        raise AnswerIsNo(f"{node} has no value for {key}")


def _print(said: object) -> None:
    click.echo(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, indent=2, default=str))
