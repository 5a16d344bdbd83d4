"""``fleet canary``: a new revision on a few nodes first, and onward only if it is well there."""

from __future__ import annotations

import click

from generator.commands.lazy import LazyGroup
from generator.commands.options import examples

#: verb -> where its click command lives, as in :mod:`generator.cli`.
VERBS: dict[str, str] = {
    "plan": "generator.commands.canary.plan:plan",
    "start": "generator.commands.canary.start:start",
    "status": "generator.commands.canary.status:status",
    "approve": "generator.commands.canary.approve:approve",
    "hold": "generator.commands.canary.hold:hold",
    "abort": "generator.commands.canary.abort:abort",
    "promote": "generator.commands.canary.promote:promote",
    "run": "generator.commands.canary.run:run",
}


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    epilog=examples(
        "fleet canary plan indextts2 v24-beta",
        "fleet canary start indextts2 v24-beta",
        "fleet canary status",
    ),
)
def canary() -> None:
    """Give a new revision to a few nodes first, and go on only if it is well there."""
