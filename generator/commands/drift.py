"""``fleet drift``."""

from __future__ import annotations

import json
from datetime import datetime

import click

from generator.commands.options import examples
from generator.record.ask import recorder
from generator.record.drift import drifts, with_values
from generator.record.drift_text import data, text
from generator.record.since import read_since

#: Rows of the answer: what is seldom put right is not what somebody keeps changing.
ROWS = 20


@click.command(
    epilog=examples("fleet drift", "fleet drift --since 12h", "fleet drift --since 2026-11-20 --json")
)
@click.option(
    "--since", callback=read_since, default="7d", show_default=True, help="12h, 7d, 2026-11-20, or a moment."
)
@click.option("--json", "as_json", is_flag=True, help="For machines: all, with the nodes of each.")
def drift(since: datetime, as_json: bool) -> None:
    """Say which resources were put right, on how many nodes, the most often first.

    It is what somebody keeps changing by hand: it was no more as Puppet had left it, and a run put it back.
    What a run changed because it is to be otherwise now is no drift, and what a noop run found is not put
    right.
    """
    puppetdb = recorder()
    found = drifts(puppetdb, since)
    valued = with_values(puppetdb, found.drifts if as_json else found.drifts[:ROWS])
    click.echo(
        json.dumps(data(found, valued), indent=2, ensure_ascii=False) if as_json else text(found, valued)
    )
