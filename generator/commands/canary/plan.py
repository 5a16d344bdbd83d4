"""``fleet canary plan``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.commands.canary.options import percents
from generator.commands.options import examples, offline_option, root_option
from generator.errors import AnswerIsNo


@click.command(
    epilog=examples(
        "fleet canary plan indextts2 v24-beta",
        "fleet canary plan indextts2 v24-beta --steps 20,100 --name 'tts-1?.example.org'",
        "fleet canary plan indextts2 v24-beta --json",
    )
)
@click.argument("service")
@click.argument("revision")
@click.option(
    "--steps",
    callback=lambda context, option, value: None if value is None else percents(context, option, value),
    metavar="PERCENT,…",
    help="Percents of the nodes that are asked of.  [10,25,50,100, or those of the rollout under way]",
)
@click.option("--name", "names", multiple=True, metavar="GLOB", help="Ask nodes of these names only.")
@click.option("--json", "as_json", is_flag=True, help="For machines, with all names.")
@offline_option
@root_option
def plan(
    service: str,
    revision: str,
    steps: tuple[int, ...] | None,
    names: tuple[str, ...],
    as_json: bool,
    offline: bool,
    root: Path,
) -> None:
    """Show which nodes would get the release REVISION of SERVICE, step by step; nothing is written.

    The exit code is 1 where no node can be asked.
    """
    from generator.canary import plan as plans
    from generator.commands.canary.moving import listed_nodes

    made = plans.make(root, service, revision, steps, names, listed_nodes(root, offline=offline))
    said = json.dumps(plans.data(made), ensure_ascii=False, indent=2) if as_json else plans.text(made)
    click.echo(said)
    if not made.candidates.asked:
        raise AnswerIsNo(f"no node can be asked of {service} {revision}")
