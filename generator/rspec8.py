"""Run the modules' examples on Puppet 8: in the lab's Debian 13 image, with rspec-puppet laid over it.

Everything is mounted in a namespace of its own, so that nothing is left behind, however this ends.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from generator import REPOSITORY
from generator.errors import FleetError
from generator.lab import image
from generator.lab.folders import Folders
from generator.lab.processes import Processes, minimal
from generator.progress import step

#: With the programs that configurations are held against: of the system that watches, Debian 13.
PACKAGES = (
    "ruby-rspec-puppet",
    "hiera-eyaml",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-blackbox-exporter",
)

#: IMAGE LAYER REPOSITORY COMMAND…: run it inside the image, in the repository, which it cannot write.
_ENTER = """
image=$1 layer=$2 repository=$3; shift 3
mkdir -p "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=$image,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
mkdir -p "$layer/root/srv/repository"
mount -t proc proc "$layer/root/proc"
mount --rbind /dev "$layer/root/dev"
cat /etc/resolv.conf >"$layer/root/etc/resolv.conf"
mount --bind "$repository" "$layer/root/srv/repository"
mount -o remount,bind,ro "$layer/root/srv/repository"
exec chroot "$layer/root" "$@"
"""


def layer(base: Path, folders: Folders) -> Path:
    """Return the folder of what is laid over the image ``base``, made now where it is missing."""
    wanted = folders.cache / "layers" / f"{'+'.join(PACKAGES)}-{base.name}"
    if not (wanted / "complete").exists():
        with step(f"install {' '.join(PACKAGES)} in {base.name}"):
            shutil.rmtree(wanted.parent, ignore_errors=True)
            wanted.mkdir(parents=True)
            # their packages would start daemons in this machine's network
            policy = wanted / "upper" / "usr" / "sbin" / "policy-rc.d"
            policy.parent.mkdir(parents=True)
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
            install = ["apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES]
            for command in (["apt-get", "-q", "update"], install):
                done = enter(base, wanted, command, stdout=subprocess.PIPE)
                if done.returncode:
                    raise FleetError(f"{' '.join(command)} in {base}:\n{done.stdout}")
            (wanted / "complete").touch()
    return wanted


def enter(
    base: Path, above: Path, command: list[str], stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in the image ``base`` with the layer ``above`` over it, in the repository."""
    words = [
        "unshare",
        "--mount",
        "sh",
        "-euc",
        _ENTER,
        "enter",
        base,
        above,
        REPOSITORY,
        *minimal({}),
        *command,
    ]
    return subprocess.run(
        [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stdout, text=True
    )


def main() -> int:
    """Run rspec with the arguments of the command line; the exit code is rspec's."""
    folders = Folders.from_environment()
    base = image.ensure("trixie", folders, Processes(folders.state))
    rspec = ["sh", "-c", 'cd /srv/repository && exec rspec "$@"', "rspec", *sys.argv[1:]]
    return enter(base, layer(base, folders), rspec).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FleetError as error:
        sys.exit(str(error))
