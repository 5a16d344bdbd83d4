"""One node: an overlay on a base image, and a real systemd in it."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.errors import CommandFailed, FleetError
from generator.lab import cgroups, network
from generator.lab.folders import Folders
from generator.lab.mounts import below, unmount_below
from generator.lab.processes import VARIABLE, WORK, Processes, failure, minimal
from generator.tokens import csr_attributes

ARCHIVES = "var/cache/apt/archives"
# A node that was set up before starts its services too; Debian's unit gives Puppet Server five minutes.
_BOOT_SECONDS = 300
_NETWORK = """\
[Match]
Name=host0
[Network]
Address={address}/24
Gateway={gateway}
LinkLocalAddressing=no
"""


@dataclass(frozen=True)
class Node:
    """A machine of the lab. Its folder holds upper, work and root of the overlay, and its log."""

    name: str
    folders: Folders
    processes: Processes

    @property
    def address(self) -> str:
        """Its address on the bridge."""
        return network.address(self.name)

    @property
    def certname(self) -> str:
        """Its full name."""
        return network.certname(self.name)

    @property
    def suite(self) -> str:
        """The Debian it runs: servers Puppet 8's, the others Puppet 7's."""
        return "trixie" if self.name in (network.SERVER, network.COMPILE_SERVER) else "bookworm"

    @property
    def folder(self) -> Path:
        """Everything of this node."""
        return self.folders.nodes / self.name

    @property
    def root(self) -> Path:
        """Its root file system, as seen from here."""
        return self.folder / "root"

    @property
    def _stamp(self) -> Path:
        return self.folder / "finished"

    def is_finished(self) -> bool:
        """Tell whether it once converged, and its file system is still there."""
        return self._stamp.exists() and self.root in below(self.folder)

    def finish(self) -> None:
        """Remember that it converged, and keep the packages that it fetched for the next one."""
        kept = self.folders.debs(self.suite)
        for deb in (self.folder / "upper" / ARCHIVES).glob("*.deb"):
            _link(deb, kept / deb.name)
        self._stamp.touch()

    def pid(self) -> int | None:
        """Find its first process, as numbered here; None where it is down."""
        return cgroups.first_process(self.name)

    def create(self, image: Path, hosts: dict[str, str], ssh_key: str) -> None:
        """Make it anew on ``image``; ``hosts`` is what it knows by name."""
        self.remove()
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        archives = self.folder / "upper" / ARCHIVES
        archives.mkdir(parents=True)
        for deb in self.folders.debs(self.suite).glob("*.deb"):
            _link(deb, archives / deb.name)
        # volatile: no sync ever waits for the disk. A node does not outlive a power cut.
        layers = f"lowerdir={image},upperdir={self.folder}/upper,workdir={self.folder}/work,volatile"
        self.processes.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root])
        names = "".join(f"{address} {name}\n" for name, address in hosts.items())
        self.write("etc/hosts", f"127.0.0.1 localhost\n{names}")
        self.write("etc/hostname", f"{self.certname}\n")
        self.write("etc/resolv.conf", _resolv_conf())
        # The name has to come before that of the stock 80-container-host0.network.
        settings = _NETWORK.format(address=self.address, gateway=network.HOST)
        self.write("etc/systemd/network/10-host0.network", settings)
        self.write("root/.ssh/authorized_keys", ssh_key)
        wants = self.root / "etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
        wants.symlink_to("/lib/systemd/system/systemd-networkd.service")

    def boot(self) -> None:
        """Start it where it is down, and wait until its systemd is up."""
        if self.pid() is None:
            self._start()
        deadline = time.monotonic() + _BOOT_SECONDS
        state = ""
        while state not in ("running", "degraded"):
            if time.monotonic() > deadline:
                raise FleetError(
                    f"{self.name} does not boot ({state or 'no systemd'}): see {self.folder}/log"
                )
            time.sleep(0.2)
            if self.pid() is not None:
                state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()

    def command(self, command: list[str], mark: str | None = None) -> list[str]:
        """Make the command that runs ``command`` on this node."""
        pid = self.pid()
        if pid is None:
            raise FleetError(f"{self.name} is not up: run `fleet lab up`")
        extra = {VARIABLE: mark} if mark else {}
        return ["nsenter", "--target", str(pid), "--all", "--", *minimal(extra), *command]

    def run(self, command: list[str], check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a step of `up` on this node."""
        done = self.processes.run(self.command(command, self.processes.mark(WORK)), check=False)
        if check and done.returncode:
            done.args = command
            raise CommandFailed(f"{self.name}: {failure(done)}")
        return done

    def write(self, path: str, text: str) -> None:
        """Write a file of the node from outside."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)

    def invite(self, token: str | None, role: str, environment: str) -> None:
        """Write what the node says of itself when it asks for its certificate."""
        server = network.certname(network.SERVER)
        self.write("etc/puppet/puppet.conf", f"[main]\nserver = {server}\ncertname = {self.certname}\n")
        wish = csr_attributes(token or "", role, environment)
        if token is None:
            del wish["custom_attributes"]
        self.write("etc/puppet/csr_attributes.yaml", yaml.safe_dump(wish))

    def stop(self) -> None:
        """Pull its plug: every process of it ends at once, and its disk stays as it is."""
        cgroups.remove(self.name)
        self.processes.kill(f"node/{self.name}")

    def remove(self) -> None:
        """Pull its plug and remove all of it."""
        self.stop()
        unmount_below(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        groups = [str(group / "cgroup.procs") for group in cgroups.create(self.name)]
        nspawn = [
            "systemd-nspawn",
            "--quiet",
            f"--directory={self.root}",
            "--boot",
            f"--machine=lab-{self.name}",
            f"--network-bridge={network.BRIDGE}",
            "--keep-unit",
            "--register=no",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=pipe",
        ]
        join = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"'
        self.processes.start(
            f"node/{self.name}", ["sh", "-c", join, "join", *groups, "--", *nspawn], self.folder / "log"
        )


def _resolv_conf() -> str:
    """Read this machine's resolvers; one on its loopback is out of a node's reach."""
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        if Path(path).exists() and "nameserver 127." not in (text := Path(path).read_text()):
            return text
    raise FleetError("/etc/resolv.conf names only a resolver on loopback, which no node of the lab can reach")


def _link(source: Path, target: Path) -> None:
    """Have ``source`` at ``target`` too, without a copy where one disk holds both."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        target.hardlink_to(source)
    except OSError:
        partial = target.with_name(f"{target.name}.new")
        shutil.copyfile(source, partial)
        partial.rename(target)
