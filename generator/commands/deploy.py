"""``fleet deploy``."""

from __future__ import annotations

import click

from generator.commands.options import examples


@click.command(
    epilog=examples("fleet deploy", "fleet deploy --environment production", "fleet deploy --check")
)
@click.option("--environment", default="", help="Only this one.")
@click.option("--check", is_flag=True, help="Fetch, parse and compile; let nothing of it serve.")
def deploy(environment: str, check: bool) -> None:
    """Have the Puppet server's code follow the repository, now, as its timer does (as root there).

    Each of profile::code_deploy::branches is fetched beside what serves, parsed, its data validated, and
    compiled for some nodes; then it serves, all at once. One that fails any of it changes nothing, and the
    exit code is 1. What serves is taken back by a commit: git revert.
    """
    from generator.code_deploy import run, unit_of

    run(unit_of(environment, check))
