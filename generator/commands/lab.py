"""``fleet lab``: a Puppet server and TTS nodes on this machine."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict

import click

from generator.lab import Lab


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog="Example: fleet lab up")
def lab() -> None:
    """A Puppet server and TTS nodes on this machine (as root)."""


@lab.command(epilog="Example: fleet lab up --nodes 1")
@click.option("--nodes", type=click.IntRange(0), default=2, show_default=True, help="How many TTS nodes.")
def up(nodes: int) -> None:
    """Bring the lab up, or repair it; every node converges."""
    Lab().up(nodes)


@lab.command(epilog="Example: fleet lab down")
def down() -> None:
    """Remove the lab: processes, mounts, network. Its cache stays."""
    Lab().down()


@lab.command(epilog="Example: fleet lab status --json")
@click.option("--json", "as_json", is_flag=True, help="For a machine to read.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """List the nodes; the exit code is 1 where one is down or never converged."""
    nodes = Lab().status()
    if as_json:
        click.echo(json.dumps([asdict(node) for node in nodes], indent=2))
    else:
        for node in nodes:
            state = ("up" if node.up else "down") + ("" if node.finished else ", never converged")
            click.echo(f"{node.name:8} {node.address:12} {state}")
        if not nodes:
            click.echo("there is no lab: `fleet lab up` makes one")
    ctx.exit(0 if nodes and all(node.up and node.finished for node in nodes) else 1)


@lab.command(
    name="exec",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: fleet lab exec tts1 -- systemctl --failed",
)
@click.argument("node")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec_(ctx: click.Context, node: str, command: tuple[str, ...]) -> None:
    """Run COMMAND on NODE as root; its exit code is passed on."""
    ctx.exit(subprocess.run(Lab().command(node, list(command))).returncode)


@lab.command(epilog="Example: fleet lab agent tts1 --noop")
@click.argument("node")
@click.option("--noop", is_flag=True, help="Only say what would change.")
@click.pass_context
def agent(ctx: click.Context, node: str, noop: bool) -> None:
    """Run NODE's Puppet agent once.

    The exit code is Puppet's: 0 nothing to change, 2 changed, 4 and 6 failures, 1 no catalogue.
    """
    ctx.exit(subprocess.run(Lab().agent_command(node, noop)).returncode)


@lab.command(epilog="Example: fleet lab deploy && fleet lab agent tts1")
def deploy() -> None:
    """Bring the lab's server to the code of this working tree."""
    click.echo(Lab().deploy())
