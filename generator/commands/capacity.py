"""``fleet capacity``."""

from __future__ import annotations

import json

import click

from generator.commands.options import examples


@click.command(
    epilog=examples(
        "fleet capacity", "fleet capacity --interval 15m --compile-time 3.5", "fleet capacity --json"
    )
)
@click.option(
    "--interval",
    help="Time between two runs of an agent; without it, what the nodes' catalogues say, or 30m.",
)
@click.option(
    "--compile-time",
    type=click.FloatRange(0, min_open=True),
    help="Seconds of a compile; without it, what PuppetDB has of the last runs.",
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
def capacity(interval: str | None, compile_time: float | None, as_json: bool) -> None:
    """Say how many agents this machine carries as a Puppet Server, and by which rule.

    agents = JRuby instances x interval / compile time; the instances are those that the server is given, or
    that the rule gives it where it is none yet.
    """
    from generator.capacity import seconds
    from generator.capacity_answer import answer, data, text

    found = answer(None if interval is None else seconds(interval), compile_time)
    click.echo(json.dumps(data(found), indent=2) if as_json else text(found))
