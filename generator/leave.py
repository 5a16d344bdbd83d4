"""A node leaves the fleet: nothing that it was given lets it in any more, and nobody expects it any more."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from generator import leave_certificate
from generator.errors import AnswerIsNo, CommandFailed, FleetError
from generator.fleet_nodes import settings_file
from generator.inventory import FILE as INVENTORY
from generator.puppet_conf import CA, watch_certname
from generator.puppetdb import PuppetDB
from generator.tokens import CERTNAME

#: Who has a turn to reboot (nvidia::reboot_turn): one that never comes back would keep others from theirs.
TURNS = Path("/var/lib/puppetserver/nvidia-reboots")
#: Seconds for PuppetDB to carry a command out.
PATIENCE = 10.0


@dataclass(frozen=True)
class Standing:
    """What the server has of a node.

    ``record`` is what PuppetDB knows: "active", "deactivated", or None where it never reported. ``signed``
    and ``asked`` say whether there is a certificate, or a request for one; ``known`` whether there ever was
    a certificate.
    """

    host: str
    signed: bool
    asked: bool
    known: bool
    record: str | None
    turn: bool
    data: tuple[str, ...]

    @property
    def is_gone(self) -> bool:
        """Whether there is nothing left to be done here."""
        return not (self.signed or self.asked or self.record == "active" or self.turn or self.is_stray)

    @property
    def is_stray(self) -> bool:
        """Whether it has a certificate that this authority never signed, or has forgotten: it stays good."""
        return self.record is not None and not (self.signed or self.known)


def check_host(host: str, server: str) -> None:
    """Refuse what is no name of a node, the server itself, and what it watches by."""
    if not CERTNAME.fullmatch(host):
        raise FleetError(f"{host!r} is no certname (a host name in lower case)")
    if host == server:
        raise FleetError(f"{host} is this Puppet server itself: the fleet cannot do without it")
    if host == watch_certname(server):
        raise FleetError(
            f"{host} is no node: this Puppet server watches by that certificate "
            f"(puppet-client-certificate make {host} makes it anew)"
        )


def certificate(host: str) -> tuple[bool, bool, bool]:
    """Tell whether a certificate of ``host`` is signed, asked for, or ever was signed.

    Raises:
        FleetError: this is not the Puppet server, or not root.
    """
    try:
        inventory = (CA / "inventory.txt").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FleetError(
            f"{CA / 'inventory.txt'}: {error.strerror}; run this as root on the Puppet server"
        ) from None
    known = any(line.split()[-1] == f"/CN={host}" for line in inventory.splitlines() if line.split())
    return (CA / "signed" / f"{host}.pem").exists(), (CA / "requests" / f"{host}.pem").exists(), known


def record(host: str, puppetdb: PuppetDB) -> str | None:
    """Tell what PuppetDB knows of ``host``: "active", "deactivated", or None."""
    found = puppetdb.query(f'nodes[deactivated, expired] {{ certname = "{host}" and node_state = "any" }}')
    if not found:
        return None
    return "deactivated" if found[0]["deactivated"] or found[0]["expired"] else "active"


def own_data(host: str, root: Path) -> tuple[str, ...]:
    """List the files of the repository that are about this node, or name it."""
    data = f"hieradata/nodes/{host}.yaml"
    found = [data] if (root / data).exists() else []
    inventory = root / INVENTORY
    if inventory.exists():
        # by words, not by YAML: a file that is wrong elsewhere names it all the same
        words = re.findall(r"[\w.-]+", inventory.read_text(encoding="utf-8", errors="replace"))
        if host in {word.strip(".") for word in words}:
            found.append(str(INVENTORY))
    return tuple(found)


def standing(host: str, root: Path) -> Standing:
    """Look at all that the server has of ``host``; nothing is changed.

    Raises:
        AnswerIsNo: nobody here ever heard of it: it may be mistyped.
        FleetError: this is not the Puppet server, or PuppetDB does not answer.
    """
    signed, asked, known = certificate(host)
    found = Standing(
        host, signed, asked, known, record(host, _puppetdb()), (TURNS / host).exists(), own_data(host, root)
    )
    if found.is_gone and not known and found.record is None:
        raise AnswerIsNo(f"{host} was never a node: it has had no certificate, and PuppetDB does not know it")
    return found


def check_certificate(host: str, file: Path) -> None:
    """Refuse a ``file`` that is no certificate of ``host`` by this server's authority."""
    certificate(host)  # says where to run this
    leave_certificate.check(host, file, CA)


def shut_out(host: str, own: Path | None = None) -> bool:
    """Revoke and clean the certificate of ``host``, and a request for one; False where there is neither.

    ``own`` is a copy of its certificate, checked, where the authority may have none: it is revoked as well.

    Puppet Server reads its list of revoked certificates anew by itself, so the node is refused from then on.
    """
    if own:
        shut_out(host)
        leave_certificate.adopt(host, own, CA)
    if not any(certificate(host)[:2]):
        return False
    command = ["puppetserver", "ca", "clean", "--certname", host]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if any(certificate(host)[:2]):
        raise CommandFailed(f"{' '.join(command)}: {' '.join((done.stderr or done.stdout).split())}")
    return True


def deactivate(host: str) -> bool:
    """Have PuppetDB name ``host`` among the fleet's nodes no more; False where it does not."""
    puppetdb = _puppetdb()
    if record(host, puppetdb) != "active":
        return False
    puppetdb.deactivate(host)
    deadline = time.monotonic() + PATIENCE
    while record(host, puppetdb) == "active":
        if time.monotonic() > deadline:
            raise FleetError(
                f"PuppetDB at {puppetdb.address} took the command to deactivate {host}, "
                f"and has not carried it out in {PATIENCE:g} s: call this again"
            )
        time.sleep(0.2)
    return True


def check_shut_out(host: str) -> None:
    """Say so where the authority could not revoke the certificate of ``host``, having none.

    Raises:
        AnswerIsNo: PuppetDB knows the node, and the authority does not.
    """
    if not any(certificate(host)) and record(host, _puppetdb()):
        raise AnswerIsNo(stays_good(host))


def stays_good(host: str) -> str:
    """Say that a certificate could not be revoked, and what helps."""
    return (
        f"{host} is not shut out: its certificate stays good. The authority has no copy of it, as of one "
        f"that was signed after the backup that was restored here, and revokes none without "
        f"({leave_certificate.how_to_get(host)}). Then: fleet leave {host} --yes --certificate {host}.pem"
    )


def give_back_turn(host: str) -> bool:
    """Give back the turn to reboot that ``host`` has; False where it has none."""
    try:
        (TURNS / host).unlink()
    except FileNotFoundError:
        return False
    return True


def _puppetdb() -> PuppetDB:
    path = settings_file()
    if path is None:
        raise FleetError(
            "/etc/puppetlabs/client-tools/puppetdb.conf: there is none; run this as root on the Puppet "
            "server, whose agent writes it (profile::fleet)"
        )
    return PuppetDB.load(path)
