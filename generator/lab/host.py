"""What a machine needs to carry a lab."""

from __future__ import annotations

import os
import shutil

from generator.errors import FleetError

_TOOLS = ("systemd-nspawn", "debootstrap", "nft", "ip", "git", "nsenter", "ssh-keygen", "chroot", "setsid")


def require_host() -> None:
    """Raise FleetError with one sentence where this machine cannot carry a lab."""
    if os.geteuid() != 0:
        raise FleetError(
            "the lab needs root, because it boots systems and makes a network: run this as root "
            "(`make test-unit` needs neither root nor a lab)"
        )
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing:
        raise FleetError(
            f"the lab needs {', '.join(missing)}, which this system lacks: run `make setup` as root on "
            "Debian 12 (`make test-unit` works without)"
        )
