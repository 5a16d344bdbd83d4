"""``fleet canary abort``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, root_option


@click.command(epilog=examples("fleet canary abort indextts2 --because 'it mispronounces numbers'"))
@click.argument("service")
@click.option("--because", metavar="REASON", help="Why; who said so, if not said.")
@root_option
def abort(service: str, because: str | None, root: Path) -> None:
    """Take the canary of SERVICE back at once: its nodes go back to the release that they had.

    They still hold that, so that nothing is fetched. The rollout is over when all are back.
    """
    from generator import clock
    from generator.canary import moves
    from generator.commands.canary.moving import carry_out, under_way, who

    rollout = under_way(root, service)
    carry_out(root, moves.abort(root, rollout, who(root) if because is None else because, clock.now()))
