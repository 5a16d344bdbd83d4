"""``fleet canary promote``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, offline_option, root_option


@click.command(epilog=examples("fleet canary promote indextts2", "fleet canary promote indextts2 --now"))
@click.argument("service")
@click.option("--now", is_flag=True, help="Before the last step, or from a hold: take all that is left.")
@offline_option
@root_option
def promote(service: str, now: bool, offline: bool, root: Path) -> None:
    """Give the nodes of the canary of SERVICE its release for good, which ends it.

    It is written where they got theirs from before (an environment, a role), if all nodes that do are of the
    canary; else into a file for each of them. The driver does this when the last step has gone well.
    """
    from generator.canary import candidates, moves
    from generator.commands.canary.moving import carry_out, listed_nodes, under_way

    rollout = under_way(root, service)
    moves.refuse_early(rollout, now=now)
    nodes = listed_nodes(root, offline=offline)
    asked = candidates.find(root, service, rollout.revision, rollout.only, nodes)
    carry_out(root, moves.promote(root, rollout, asked, nodes, now=now))
