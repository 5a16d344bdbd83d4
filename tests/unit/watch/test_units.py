"""The units of the watch: each is closed as far as what it does lets it be."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.front.front import RENDER
from tests.unit.systemd import read_unit

TEMPLATES = REPOSITORY / "modules/profile/templates"
CERTNAME = "puppet.example.org"
PACKAGE = "[Service]\nUser=prometheus\nExecStart=/usr/bin/x $ARGS\n"

#: unit: template, its values, and what `systemd-analyze security` may say at most.
UNITS: dict[str, tuple[str, dict[str, Any], float]] = {
    "fleet-exporter": (
        "fleet-exporter.service.epp",
        {"arguments": ["--listen x"], "certname": CERTNAME},
        1.5,
    ),
    "fleet-canary": (
        "fleet-canary.service.epp",
        {
            "account": "fleet-canary",
            "settings": "/etc/fleet-canary/settings.json",
            "certname": CERTNAME,
            "ssh_key": "/etc/ssh/fleet-canary",
            "writes": "/srv/git/control.git",
        },
        1.5,
    ),
    "fleet-web": ("fleet-web.service.epp", {"certificate": "/x.pem", "key": "/x.key"}, 1.5),
    "puppetboard": ("puppetboard.service.epp", {"certname": CERTNAME}, 1.5),
    "prometheus": (
        "prometheus.service.conf.epp",
        {"command": ["/x"], "certname": CERTNAME, "state": "/var/lib/x"},
        1.5,
    ),
    # it tells of the machine's mounts and processes, so it has to see them
    "node-exporter": (
        "prometheus.service.conf.epp",
        {"command": ["/x"], "certname": CERTNAME, "sees_machine": True},
        2.5,
    ),
}

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="module")
def units(ruby: Callable[[str, Any], Any]) -> dict[str, str]:
    """Return the text of each unit."""
    texts = ruby(
        RENDER, [[typed((TEMPLATES / name).read_text()), values] for name, values, _ in UNITS.values()]
    )
    return dict(zip(UNITS, texts, strict=True))


def typed(template: str) -> str:
    """Have a template ask for Puppet's own types alone: those of stdlib are not here."""
    return re.sub(r"Stdlib::\w+", "String", template)


@pytest.mark.parametrize("name", UNITS)
def test_the_sandbox_is_closed(units: dict[str, str], name: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / f"{name}.service"
    dropped_in = UNITS[name][0].endswith(".conf.epp")
    unit.write_text((PACKAGE if dropped_in else "") + units[name])
    command = ["systemd-analyze", "security", "--offline=true", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (score := re.search(rf"exposure level for {name}.service: ([0-9.]+)", done.stdout)), done.stdout
    assert float(score[1]) <= UNITS[name][2]


@pytest.mark.parametrize("name", UNITS)
def test_a_key_is_handed_over_and_no_account_reads_puppets_folder(units: dict[str, str], name: str) -> None:
    unit = read_unit(units[name])
    assert any(
        word.split(":")[0].endswith("key.pem") or ".pem.key" in word for word in unit["LoadCredential"]
    )
    assert "User" not in unit or unit["User"] != ["root"]
    assert unit["NoNewPrivileges"] == ["yes"]
    assert unit["CapabilityBoundingSet"] == [""]
