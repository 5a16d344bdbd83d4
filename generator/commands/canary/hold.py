"""``fleet canary hold``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, root_option


@click.command(epilog=examples("fleet canary hold indextts2 --because 'the night shift looks at it first'"))
@click.argument("service")
@click.option("--because", metavar="REASON", help="Why; who said so, if not said.")
@root_option
def hold(service: str, because: str | None, root: Path) -> None:
    """Keep the canary of SERVICE as it is: its nodes keep the release, and no others get it.

    It goes on by: fleet canary approve SERVICE.
    """
    from generator import clock
    from generator.canary import moves
    from generator.commands.canary.moving import carry_out, under_way, who

    rollout = under_way(root, service)
    carry_out(root, moves.hold(root, rollout, who(root) if because is None else because, clock.now()))
