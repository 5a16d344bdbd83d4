"""The key and the configuration by which ssh reaches the nodes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from generator.lab import network


def write_config(config: Path, nodes: list[str]) -> None:
    """Write an ssh configuration that knows ``nodes`` by their short and full names; make its key once."""
    config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = config.with_name("id_ed25519")
    if not key.with_suffix(".pub").exists():
        key.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet-lab", "-f", str(key)]
        subprocess.run(command, check=True, capture_output=True)
    config.write_text("".join(_host(node, key) for node in nodes))


def public_key(config: Path) -> str:
    """Read the key that nodes let in."""
    return config.with_name("id_ed25519.pub").read_text()


def _host(node: str, key: Path) -> str:
    """Describe one host. A node made anew has a new host key, and nobody else is on the bridge."""
    return f"""\
Host {node} {network.certname(node)}
  HostName {network.address(node)}
  User root
  IdentityFile {key}
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
"""
