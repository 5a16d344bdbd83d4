"""The Puppet server of the lab: set up by this repository's own role, then kept by its own agent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from generator.errors import CommandFailed
from generator.lab import network
from generator.lab.node import Node
from generator.progress import step
from generator.tokens import make_token

ROLE = "puppet_server"
ENVIRONMENT = "staging"
_CHECKOUT = "/root/bootstrap/production"
#: What the repository's code needs before it can say what else it needs.
#: Tests ask with curl, which the server itself can do without.
PACKAGES = [
    "curl",
    "puppet-module-puppetlabs-stdlib",
    "puppet-module-puppetlabs-inifile",
    "puppet-module-puppetlabs-vcsrepo",
]


def set_up(server: Node) -> None:
    """Turn a bare node into the Puppet server: an operator would type the same commands."""
    server.invite(None, ROLE, ENVIRONMENT)
    with step("fetch the control repository to the server"):
        server.run(["apt-get", "-qq", "update"])
        server.run(["apt-get", "-qq", "install", "--yes", *PACKAGES])
        server.run(["rm", "-rf", _CHECKOUT])
        server.run(["git", "clone", "--quiet", f"git://{network.HOST}/control.git", _CHECKOUT])
    with step("puppet apply role::puppet_server"):
        apply = ["puppet", "apply", "--environmentpath", "/root/bootstrap", "--detailed-exitcodes"]
        server.run(["sh", "-c", '"$@"; test $? -eq 2', "sh", *apply, "--execute", f"include role::{ROLE}"])
    deploy(server)
    with step("wait for PuppetDB"):
        server.run(["systemctl", "start", "puppetdb.service"])
    server.run(["rm", "-rf", "/root/bootstrap"])


def deploy(server: Node) -> None:
    """Have r10k deploy what is committed."""
    with step("deploy with r10k"):
        deployed = server.run(["systemctl", "start", "code-deploy.service"], check=False)
        if deployed.returncode:
            log = server.run(["journalctl", "--no-pager", "--output=cat", "--unit=code-deploy", "--lines=16"])
            raise CommandFailed(f"{server.name}: code-deploy.service failed\n{log.stdout.rstrip()}")


def invitation(server: Node, node: Node, role: str) -> str:
    """Make the token by which ``node`` gets its certificate within the next hour."""
    key = server.run(["cat", "/etc/puppet/autosign.key"]).stdout.strip().encode()
    return make_token(key, node.certname, role, ENVIRONMENT, datetime.now(UTC) + timedelta(hours=1))


def forget(server: Node, node: Node) -> None:
    """Clean the certificate of a node that is made anew, or gone."""
    server.run(["puppetserver", "ca", "clean", "--certname", node.certname], check=False)
