"""The node as a whole."""

from __future__ import annotations

from testinfra.host import Host


def test_no_unit_has_failed(host: Host) -> None:
    """No unit of systemd has failed."""
    failed = host.check_output("systemctl list-units --failed --plain --no-legend")
    assert not failed, f"failed: {failed}"
