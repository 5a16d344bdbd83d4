"""Make the fact sets: `python tests/facts/make.py debian-12=ROOT debian-13=ROOT` (as root).

ROOT is a folder with that system in it and puppet-agent installed. What is captured there is written without
the facts that are one machine's own; systems that nobody here can boot are derived by the table below.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: Facts of one machine, not of its system: nothing may depend on them.
OF_THE_MACHINE = frozenset(
    "disks dmi filesystems hypervisors kernelmajversion kernelrelease kernelversion load_averages memory"
    " mountpoints partitions path processors scope6 ssh system_uptime zfs zpool".split()
)
NETWORK = "ip link add host0 address 02:00:0a:4d:00:0b type veth peer name other0; ip link set host0 up; "
NETWORK += "ip link set other0 up; ip address add 10.77.0.11/24 dev host0; "
NETWORK += "echo 10.77.0.11 tts1.lab.test tts1 >>/etc/hosts; "

#: What the derived systems say of themselves in /etc/os-release, in Facter's terms.
DERIVED: dict[str, dict[str, Any]] = {
    "ubuntu-22.04": {
        "os": {
            "name": "Ubuntu",
            "family": "Debian",
            "release": {"full": "22.04", "major": "22.04"},
            "distro": {
                "id": "Ubuntu",
                "codename": "jammy",
                "description": "Ubuntu 22.04 LTS",
                "release": {"full": "22.04", "major": "22.04"},
            },
        },
    },
    "ubuntu-24.04": {
        "os": {
            "name": "Ubuntu",
            "family": "Debian",
            "release": {"full": "24.04", "major": "24.04"},
            "distro": {
                "id": "Ubuntu",
                "codename": "noble",
                "description": "Ubuntu 24.04 LTS",
                "release": {"full": "24.04", "major": "24.04"},
            },
        },
    },
    "rocky-9": {
        "os": {
            "name": "Rocky",
            "family": "RedHat",
            "architecture": "x86_64",
            "release": {"full": "9.4", "major": "9", "minor": "4"},
            "distro": {
                "id": "Rocky",
                "codename": "Blue Onyx",
                "description": "Rocky Linux release 9.4 (Blue Onyx)",
                "release": {"full": "9.4", "major": "9", "minor": "4"},
            },
            "selinux": {
                "enabled": True,
                "enforced": True,
                "current_mode": "enforcing",
                "config_mode": "enforcing",
                "config_policy": "targeted",
                "policy_version": "33",
            },
        },
    },
}


def capture(name: str, root: Path) -> dict[str, Any]:
    """Ask Facter in a throw-away copy of ``root``, with a network of its own."""
    nspawn = ["systemd-nspawn", "-q", "-D", str(root), "--volatile=overlay", "--private-network", "--as-pid2"]
    nspawn += ["--hostname=tts1", f"--machine=facts-{name}", "--register=no", "--keep-unit", "--pipe"]
    nspawn += ["--resolv-conf=off", "--timezone=off", "sh", "-c", f"{NETWORK} puppet facts show"]
    said = subprocess.run(
        nspawn, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ).stdout
    facts: dict[str, Any] = json.loads(said)
    facts = {key: facts[key] for key in sorted(facts) if key not in OF_THE_MACHINE}
    del facts["networking"]["interfaces"]["other0"]
    source = f"captured on a real {facts['os']['distro']['description']} by tests/facts/make.py"
    return {"_source": source, **facts}


def derive(name: str, base: dict[str, Any]) -> dict[str, Any]:
    """Change the captured ``base`` into what the table says of the system ``name``."""
    facts = {**base, **DERIVED[name]}
    facts["os"] = {
        "architecture": "amd64",
        "hardware": "x86_64",
        "selinux": {"enabled": False},
        **facts["os"],
    }
    facts["_source"] = "DERIVED from debian-12.json by the table in tests/facts/make.py, not captured"
    return facts


def main() -> None:
    """Write a file for each system named on the command line, then the derived ones."""
    for word in sys.argv[1:]:
        name, _, root = word.partition("=")
        write(name, capture(name, Path(root)))
    base = json.loads((HERE / "debian-12.json").read_text())
    for name in DERIVED:
        write(name, derive(name, base))


def write(name: str, facts: dict[str, Any]) -> None:
    """Write the facts of a system, in one order and shape for ever."""
    (HERE / f"{name}.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
