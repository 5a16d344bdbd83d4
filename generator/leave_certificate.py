"""The certificate of a node that the authority has no copy of, and so could not revoke.

A server that was restored from a backup knows none of the certificates that were signed after it, and Puppet
Server revokes what is in its folder alone: the node's own copy is put there, and revoked as any other.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from generator.errors import FleetError


def check(host: str, file: Path, ca: Path) -> None:
    """Refuse what is no certificate of ``host`` by the authority at ``ca``: another's would be revoked.

    Raises:
        FleetError: it is none, or cannot be read.
    """
    try:
        file.read_bytes()
    except OSError as error:
        raise FleetError(f"{file}: {error.strerror} ({how_to_get(host)})") from None
    subject = _openssl("x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253")
    if subject is None or subject.strip() != f"subject=CN={host}":
        found = "no certificate" if subject is None else f"a certificate of {subject.strip()[8:]!r}"
        raise FleetError(f"{file}: is {found}, and not {host}'s ({how_to_get(host)})")
    # one that has ended may be revoked too
    if _openssl("verify", "-no_check_time", "-CAfile", ca / "ca_crt.pem", file) is None:
        raise FleetError(
            f"{file}: another authority than {ca / 'ca_crt.pem'} has signed it, so it lets nobody in here"
        )


def adopt(host: str, file: Path, ca: Path) -> None:
    """Put the certificate in ``file``, which is checked, to those that the authority at ``ca`` has signed."""
    text = _openssl("x509", "-in", file)
    listed = _openssl(
        "x509", "-in", file, "-noout", "-serial", "-startdate", "-enddate", "-dateopt", "iso_8601"
    )
    if text is None or listed is None:
        raise FleetError(f"{file}: openssl cannot read it any more: call this again")
    serial, begin, end = (line.partition("=")[2].strip() for line in listed.splitlines())
    dates = " ".join(f"{date.removesuffix('Z').replace(' ', 'T')}UTC" for date in (begin, end))
    inventory = ca / "inventory.txt"
    known = inventory.read_text(encoding="utf-8", errors="replace")
    entry = f"0x{serial.rjust(4, '0')} {dates} /CN={host}\n"
    if entry.strip() not in known.splitlines():
        with inventory.open("a", encoding="utf-8") as stream:
            stream.write(entry if known.endswith("\n") or not known else f"\n{entry}")
    place = ca / "signed" / f"{host}.pem"
    beside = place.with_name(f"{place.name}.new")
    beside.write_text(text, encoding="ascii")
    owner = place.parent.stat()
    os.chown(beside, owner.st_uid, owner.st_gid)
    beside.chmod(0o640)
    beside.rename(place)


def how_to_get(host: str) -> str:
    """Tell where the certificate of ``host`` is."""
    return (
        f"/var/lib/puppet/ssl/certs/{host}.pem on the node is its certificate, and its exporter shows it: "
        f"openssl s_client -connect {host}:9100 </dev/null | openssl x509 >{host}.pem"
    )


def _openssl(*words: str | Path) -> str | None:
    """Return what openssl prints; None where it refuses."""
    command = ["openssl", *(str(word) for word in words)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None
