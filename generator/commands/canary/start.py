"""``fleet canary start``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.canary.rollout import Breach
from generator.commands.canary.options import interval as read_interval
from generator.commands.canary.options import percents
from generator.commands.options import examples, offline_option, root_option


@click.command(
    epilog=examples(
        "fleet canary start indextts2 v24-beta",
        "fleet canary start indextts2 v24-beta --steps 10,25,50,100 --interval 30m --gate 50",
        "fleet canary start indextts2 v24-beta --name 'tts-1?.example.org' --steps 20,100 --windows 2",
    )
)
@click.argument("service")
@click.argument("revision")
@click.option(
    "--steps",
    callback=percents,
    metavar="PERCENT,…",
    default="10,25,50,100",
    show_default=True,
    help="Percents of the nodes that are asked of.",
)
@click.option(
    "--interval",
    callback=read_interval,
    metavar="TIME",
    default="30m",
    show_default=True,
    help="How long a step is looked at.",
)
@click.option(
    "--windows",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How many intervals a step has to go well.",
)
@click.option("--name", "names", multiple=True, metavar="GLOB", help="Ask nodes of these names only.")
@click.option(
    "--gate",
    "gates",
    type=click.IntRange(1, 100),
    multiple=True,
    metavar="PERCENT",
    help="A step that somebody has to approve first.",
)
@click.option(
    "--on-breach",
    type=click.Choice([breach.value for breach in Breach]),
    default=Breach.ABORT.value,
    show_default=True,
    help="What happens where it is not well.",
)
@click.option(
    "--traffic",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="The share of a gateway's requests; that of the step if not said.",
)
@offline_option
@root_option
def start(
    service: str,
    revision: str,
    steps: tuple[int, ...],
    interval: int,
    windows: int,
    names: tuple[str, ...],
    gates: tuple[int, ...],
    on_breach: str,
    traffic: int | None,
    offline: bool,
    root: Path,
) -> None:
    """Give the release REVISION of SERVICE to the first step's nodes; fleet canary run takes the others.

    Which nodes they are is written into hieradata/cohorts/SERVICE.yaml, which is committed and nothing else.
    """
    from generator import clock
    from generator.bump import check_pinned
    from generator.canary import candidates, moves
    from generator.canary.rollout import Rollout
    from generator.commands.canary.moving import carry_out, listed_nodes

    if strange := sorted(set(gates) - set(steps)):
        raise click.BadParameter(
            f"{strange[0]} is none of the steps ({', '.join(map(str, steps))})", param_hint="'--gate'"
        )
    moves.refuse_another(root, service)
    check_pinned(root, service, revision)
    nodes = listed_nodes(root, offline=offline)
    wanted = Rollout(
        service=service,
        revision=revision,
        steps=steps,
        step=steps[0],
        since=clock.now().replace(microsecond=0),
        interval=interval,
        salt=revision,
        members=(),
        windows=windows,
        on_breach=Breach(on_breach),
        gates=tuple(sorted(set(gates))),
        only=names,
        traffic=traffic,
    )
    carry_out(root, moves.start(root, wanted, candidates.find(root, service, revision, names, nodes)))
