"""``fleet leave``."""

from __future__ import annotations

from pathlib import Path

import click

from generator import leave as leaving
from generator.commands.options import examples, root_option
from generator.puppet_conf import certname

_EXAMPLES = examples(
    "fleet leave tts-01.example.org",
    "fleet leave tts-01.example.org --yes",
    "fleet leave tts-01.example.org --yes --certificate tts-01.example.org.pem",
)


@click.command(epilog=_EXAMPLES)
@click.argument("host")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A copy of its certificate, which the authority lacks after a restore from an older backup.",
)
@root_option
def leave(host: str, yes: bool, certificate: Path | None, root: Path) -> None:
    """Take the node HOST out of the fleet: certificate, PuppetDB, and so gateway and monitoring.

    Run it as root on the Puppet server. What breaks off is gone on with by another call; of a node that has
    left, it says so. The node itself is not touched: what to do there is printed.
    """
    leaving.check_host(host, certname())
    if certificate:
        leaving.check_certificate(host, certificate)
    if not yes:
        _show(leaving.standing(host, root), certificate)
        return
    # the door first: a PuppetDB that is away must not keep it open
    done = [
        (
            "its certificate is revoked and cleaned: Puppet Server refuses it",
            leaving.shut_out(host, certificate),
        ),
        ("PuppetDB has it no more, and gateway and monitoring ask there", leaving.deactivate(host)),
        ("its turn to reboot is another's", leaving.give_back_turn(host)),
    ]
    for what, was_needed in done:
        if was_needed:
            click.echo(what)
    if any(was_needed for _, was_needed in done):
        _remind(host, leaving.own_data(host, root))
        leaving.check_shut_out(host)
    else:
        found = leaving.standing(host, root)
        leaving.check_shut_out(host)
        _show(found, None)


def _show(found: leaving.Standing, certificate: Path | None) -> None:
    """Say what a call with ``--yes`` would do."""
    if found.is_gone and not certificate:
        click.echo(f"{found.host} has left already: it has no certificate, and PuppetDB has it no more")
        _remind(found.host, found.data)
        return
    if found.signed or found.asked or certificate:
        revoked = bool(found.signed or certificate)
        what = "certificate" if revoked else "request for a certificate"
        click.echo(f"its {what} would be {'revoked and ' if revoked else ''}cleaned")
    if found.is_stray and not certificate:
        click.echo(leaving.stays_good(found.host))
    if found.record == "active":
        click.echo("PuppetDB would have it no more, and gateway and monitoring ask there")
    if found.turn:
        click.echo("its turn to reboot would be another's")
    _remind(found.host, found.data)
    click.echo(f"nothing is done yet: fleet leave {found.host} --yes")


def _remind(host: str, data: tuple[str, ...]) -> None:
    """Say what stays to be done by hand, and where."""
    for path in data:
        verb = "git rm" if path.startswith("hieradata/") else "take it out of"
        click.echo(f"in the control repository, then commit: {verb} {path}")
    click.echo(
        f"on {host}, which serves on until it is switched off: systemctl disable --now puppet-agent.timer"
    )
