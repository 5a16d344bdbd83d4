"""``fleet verify``: is a node what it should be?"""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples
from generator.errors import AnswerIsNo
from generator.verify import Check
from generator.verify import verify as verify_hosts


@click.command(
    epilog=examples(
        "fleet verify tts1.example.org tts2.example.org",
        "fleet verify tts1.lab.test --ssh-config /var/lib/fleet-lab/ssh/config",
    )
)
@click.argument("hosts", metavar="HOST…", nargs=-1, required=True)
@click.option(
    "--service", "services", metavar="NAME", multiple=True, help="Check this service; else those it has."
)
@click.option(
    "--ssh-config",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="The configuration file of ssh, where it is not your own.",
)
@click.option(
    "--user", default="root", show_default=True, help="The account to log in as; it has to be root's."
)
def verify(hosts: tuple[str, ...], services: tuple[str, ...], ssh_config: Path | None, user: str) -> None:
    """Check what HOST… serve, over ssh: accounts, files, release, unit, sandbox, page.

    Changes nothing. Exits with 1 where a check fails or a node cannot be reached.
    """
    checks = verify_hosts(hosts, services, user, ssh_config, _show)
    failed = [check for check in checks if check.problem]
    nodes = "1 node" if len(hosts) == 1 else f"{len(hosts)} nodes"
    if failed:
        raise AnswerIsNo(f"{len(failed)} of {len(checks)} checks on {nodes} failed")
    click.echo(f"all {len(checks)} checks on {nodes} hold")


def _show(check: Check) -> None:
    """Print a line for ``check``, with what was found instead."""
    title = check.title.rstrip(".")
    if check.problem:
        first, *more = check.problem.splitlines()
        title = "\n      ".join([f"{title}: {first}", *more])
    words = ("✗" if check.problem else "✓", check.host, check.service, title)
    click.echo("  ".join(word for word in words if word))
