"""``fleet join``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from generator.commands.options import examples
from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.names import alike
from generator.puppet_conf import CA, certname
from generator.tokens import CERTNAME, NAME, csr_attributes, make_token

KEY = Path("/etc/puppet/autosign.key")


@click.command(
    epilog=examples(
        "fleet join tts-01.example.org --role tts_node --env prod",
        "fleet join tts-01.example.org --role tts_node --env prod --server puppet.example.org",
    )
)
@click.argument("host")
@click.option("--role", required=True, help="What the node will be: a class role::ROLE.")
@click.option("--env", "environment", required=True, help="Whose data it gets: hieradata/env/ENV.yaml.")
@click.option("--server", help="The Puppet server, as its certificate names it; else this machine.")
@click.option(
    "--hours", type=click.IntRange(1, 24 * 30), default=24, show_default=True, help="How long it holds."
)
@click.option(
    "--key", type=click.Path(path_type=Path), default=KEY, show_default=True, help="The server's key."
)
def join(host: str, role: str, environment: str, server: str | None, hours: int, key: Path) -> None:
    """Print the commands that make the bare machine HOST a node: an invitation, good once.

    Run it as root on the Puppet server, whose key signs the invitation.
    """
    secret = read_key(key)
    check_exists("role", role, REPOSITORY / "modules" / "role" / "manifests", ".pp")
    check_exists("environment", environment, REPOSITORY / "hieradata" / "env", ".yaml")
    check_free(host)
    expires = datetime.now(UTC) + timedelta(hours=hours)
    click.echo(invitation(secret, host, role, environment, server or certname(), expires))


def check_free(host: str) -> None:
    """Refuse a name that has a certificate, or has asked for one: the server would sign no second."""
    for folder, what in (("signed", "a certificate"), ("requests", "asked for a certificate")):
        if CERTNAME.fullmatch(host) and (CA / folder / f"{host}.pem").exists():
            raise FleetError(f"{host} has {what} already: fleet leave {host} --yes takes it out first")


def check_exists(what: str, name: str, folder: Path, suffix: str) -> None:
    """Refuse a role or environment that the repository has not: it would give no catalogue, or no data."""
    known = sorted(path.stem for path in folder.glob(f"*{suffix}"))
    if NAME.fullmatch(name) and name not in known:
        raise FleetError(f"{folder} has no {what} {name} ({alike(name, known)})")


def read_key(path: Path) -> bytes:
    """Read the key that the server makes for itself (profile::autosign)."""
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise FleetError(f"{path}: {error.strerror}; run this as root on the Puppet server") from None
    if len(content) < 32:
        raise FleetError(f"{path} holds no key; the server's agent makes one where the file is missing")
    return content


def invitation(key: bytes, host: str, role: str, environment: str, server: str, expires: datetime) -> str:
    """Give what is to be typed, as root, on ``host``: a Debian 12 machine without a certificate."""
    import yaml

    if not CERTNAME.fullmatch(server):
        raise FleetError(f"server {server!r} is no host name in lower case")
    token = make_token(key, host, role, environment, expires)
    attributes = yaml.safe_dump(csr_attributes(token, role, environment), default_flow_style=False)
    # all is said before the package comes: its agent starts by itself, and asks for a certificate once
    return f"""\
# as root on {host}, before {expires:%Y-%m-%d %H:%M} UTC
(
set -e
umask 022
apt-get update
install -d /etc/puppet
install -m 600 /dev/null /etc/puppet/csr_attributes.yaml
cat >/etc/puppet/csr_attributes.yaml <<'END'
{attributes}END
printf '[main]\\nserver = {server}\\ncertname = {host}\\n' >/etc/puppet/puppet.conf
apt-get install --yes --option Dpkg::Options::=--force-confold puppet-agent
puppet agent --test --waitforlock=600 || [ $? = 2 ]
rm /etc/puppet/csr_attributes.yaml
)"""
