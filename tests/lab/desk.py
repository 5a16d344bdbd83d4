"""An operator's desk: a machine that is no node, and may ask the fleet's PuppetDB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.lab import Lab

FLEET = Path(sys.executable).with_name("fleet")
NAME = "desk.lab.test"
SSL = "/var/lib/puppet/ssl"


class Desk:
    """A home with the settings of Puppet's client tools, and a view of the machine that knows the server's name."""

    def __init__(self, home: Path, lab: Lab) -> None:
        """Fetch from the server what its operator would be handed."""
        self.root = lab.folders.control
        self.home = home
        self.hosts = home / "hosts"
        self.hosts.write_text(f"127.0.0.1 localhost\n{lab.address('puppet')} puppet.lab.test\n")
        lab.exec("puppet", ["puppet-client-certificate", "make", NAME])
        files = {"cacert": "certs/ca", "cert": f"certs/{NAME}", "key": f"private_keys/{NAME}"}
        for name, file in files.items():
            (home / name).write_text(lab.exec("puppet", ["cat", f"{SSL}/{file}.pem"]).stdout)
        self.settings = home / ".puppetlabs" / "client-tools" / "puppetdb.conf"
        self.settings.parent.mkdir(parents=True)
        self.write_settings({name: str(home / name) for name in files})

    def write_settings(self, identity: dict[str, str]) -> None:
        """Write the settings of Puppet's client tools."""
        server = {"server_urls": "https://puppet.lab.test:8081"}
        self.settings.write_text(json.dumps({"puppetdb": server | identity}))

    def fleet(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``fleet`` there."""
        see = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(self.hosts)]
        return subprocess.run(
            [*see, "env", f"HOME={self.home}", str(FLEET), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
