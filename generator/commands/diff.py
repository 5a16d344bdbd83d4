"""``fleet diff``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option
from generator.errors import AnswerIsNo


@click.command(
    epilog=examples(
        "fleet diff --base HEAD",
        "fleet diff tts-01.example.org tts-02.example.org",
        "fleet diff --base origin/production --markdown",
    )
)
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option(
    "--base",
    help="The commit that the working tree is compared with; without it, the first that is there of "
    "origin/HEAD, origin/production and origin/main.",
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@click.option("--markdown", is_flag=True, help="For a comment on a pull request.")
@offline_option
@root_option
def diff(
    nodes: tuple[str, ...], base: str | None, as_json: bool, markdown: bool, offline: bool, root: Path
) -> None:
    """Show what the working tree would do to each node, or to each NODE, that BASE does not.

    Compiles the catalogue of every known node at both. Differences are no failure: the exit code is 1 only
    where a node does not compile. Secrets never show, and no key is needed.
    """
    if as_json and markdown:
        raise click.UsageError("give --json or --markdown, not both")
    from generator.diff import diff as compare_trees
    from generator.diff.markdown import as_markdown
    from generator.diff.report import as_data
    from generator.diff.text import as_text
    from generator.diff.trees import default_base
    from generator.fleet_nodes import fleet_nodes

    base = default_base(root) if base is None else base
    report = compare_trees(root, base, nodes, fleet_nodes(root, offline=offline))
    if as_json:
        click.echo(json.dumps(as_data(report), indent=2, ensure_ascii=False))
    else:
        click.echo(as_markdown(report) if markdown else as_text(report), nl=False)
    if report.failed:
        raise AnswerIsNo(f"{report.failed} of {report.total} nodes do not compile")
