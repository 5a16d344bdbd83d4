"""``fleet canary approve``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, root_option


@click.command(epilog=examples("fleet canary approve indextts2"))
@click.argument("service")
@root_option
def approve(service: str, root: Path) -> None:
    """Let the canary of SERVICE go on if it is held, or else approve the next step that is a gate.

    One thing at a time: what is held is looked at anew for all of its step, and only then a gate counts.
    """
    from generator import clock
    from generator.canary import moves
    from generator.commands.canary.moving import carry_out, under_way

    carry_out(root, moves.approve(root, under_way(root, service), clock.now()))
