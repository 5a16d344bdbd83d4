"""Puppet on this machine: its configuration, and where the server's authority is."""

from __future__ import annotations

import configparser
import socket
from pathlib import Path

from generator.errors import FleetError

FILE = Path("/etc/puppet/puppet.conf")
#: The certificate authority, on the server (Debian's packages).
CA = Path("/etc/puppet/puppetserver/ca")


def watch_certname(server: str) -> str:
    """Name the second certificate by which a Puppet server watches, and no node (profile::watch_certificate).

    >>> watch_certname("puppet.example.org")
    'watch.puppet.example.org'
    """
    return f"watch.{server}"


def certname(path: Path = FILE) -> str:
    """Tell by which name this machine's certificate is; without a word of it, Puppet takes the host's.

    Raises:
        FleetError: the file is no configuration of Puppet's.
    """
    settings = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        settings.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise FleetError(
            f"{path}: is no configuration of Puppet's ({' '.join(str(error).split())})"
        ) from None
    for section in ("server", "master", "agent", "main"):
        if name := settings.get(section, "certname", fallback=None):
            return name.strip()
    return socket.getfqdn().lower()
