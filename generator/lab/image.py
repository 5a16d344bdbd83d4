"""Base images: what a bare cloud machine has, made by debootstrap once and kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from generator.errors import FleetError
from generator.lab.folders import Folders
from generator.lab.mounts import unmount_below
from generator.lab.processes import IMAGE, Processes
from generator.progress import step

HOST_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
SUITES = ("bookworm", "trixie")
PACKAGES = "systemd systemd-sysv dbus iproute2 procps openssh-server python3 git ca-certificates puppet-agent"

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """Everything an image depends on; ``apt`` is configuration, ``bundle`` this machine's authorities."""

    suite: str
    mirror: str
    packages: str
    apt: str
    bundle: str

    @property
    def name(self) -> str:
        """Name the image by the digest of its recipe."""
        text = json.dumps(asdict(self), sort_keys=True).encode()
        return f"{self.suite}-{hashlib.sha256(text).hexdigest()[:12]}"


def recipe(suite: str) -> Recipe:
    """Read from this machine what an image of ``suite`` depends on."""
    bundle = HOST_BUNDLE.read_text() if HOST_BUNDLE.exists() else ""
    return Recipe(suite, debian_mirror(), PACKAGES, apt_settings(_output("apt-config", "dump")), bundle)


@cache
def debian_mirror() -> str:
    """Find the mirror that this machine takes its own Debian packages from."""
    form = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    for line in _output("apt-get", "indextargets", "--format", form).splitlines():
        origin, label, address = line.split(" ", 2)
        if origin == label == "Debian":
            return address.rstrip("/")
    raise FleetError("apt knows no Debian mirror on this machine (apt-get indextargets): run apt-get update")


def apt_settings(dump: str) -> str:
    r"""Choose from ``apt-config dump`` how this machine reaches its mirrors: proxies and date checks.

    >>> apt_settings('Acquire::http::Proxy "http://p:3128";\nAPT::Architecture "amd64";\n')
    'Acquire::http::Proxy "http://p:3128";\n'
    """
    wanted = re.compile(r'Acquire::(http|https|Check-\S+|Retries)\S* ".+";$')
    return "".join(f"{line}\n" for line in dump.splitlines() if wanted.match(line))


def missing_certificates(host: str, image: str) -> list[str]:
    """List the authorities that bundle ``host`` has and bundle ``image`` lacks: a proxy's, most often."""

    def pem(text: str) -> str:
        return "".join(text.split())

    known = {pem(found) for found in _CERTIFICATE.findall(image)}
    return [found for found in _CERTIFICATE.findall(host) if pem(found) not in known]


def ensure(suite: str, folders: Folders, processes: Processes) -> Path:
    """Return the image of ``suite``, made now where it is missing."""
    with _alone(suite, folders):
        wanted = recipe(suite)
        image = folders.images / wanted.name
        if not image.exists():
            with step(f"make the base image {image.name}"):
                processes.kill(f"{IMAGE}/{suite}")
                _discard_others(suite, folders)
                _build(wanted, image, folders, processes)
        return image


def _build(wanted: Recipe, image: Path, folders: Folders, processes: Processes) -> None:
    partial = image.with_name(f"{image.name}.partial")
    part = f"{IMAGE}/{wanted.suite}"
    debs = folders.debs(wanted.suite)
    debs.mkdir(parents=True, exist_ok=True)
    include = ",".join(wanted.packages.split())
    settings = ["--variant=minbase", f"--include={include}", f"--cache-dir={debs}"]
    processes.run(["debootstrap", *settings, wanted.suite, partial, wanted.mirror], part=part)
    (partial / "etc/apt/apt.conf.d/90lab").write_text(wanted.apt)
    (partial / "etc/dpkg/dpkg.cfg.d/lab").write_text("force-unsafe-io\n")
    (partial / "etc/machine-id").write_text("")
    bundle = partial / HOST_BUNDLE.relative_to("/")
    for number, authority in enumerate(missing_certificates(wanted.bundle, bundle.read_text())):
        (partial / f"usr/local/share/ca-certificates/host-{number}.crt").write_text(authority)
    processes.run(["chroot", partial, "update-ca-certificates"], part=part)
    partial.rename(image)


def discard_partial(folders: Folders) -> None:
    """Remove what killed builds left."""
    for suite in SUITES:
        with _alone(suite, folders):
            for partial in folders.images.glob(f"{suite}-*.partial"):
                _remove(partial)


def _discard_others(suite: str, folders: Folders) -> None:
    """Remove what killed builds left, and the images of old recipes that no node stands on."""
    in_use = Path("/proc/self/mounts").read_text()
    for other in folders.images.glob(f"{suite}-*"):
        if other.suffix == ".partial" or str(other) not in in_use:
            _remove(other)


def _remove(image: Path) -> None:
    unmount_below(image)
    shutil.rmtree(image)


@contextmanager
def _alone(suite: str, folders: Folders) -> Iterator[None]:
    """Keep others, threads and processes, from the images of ``suite``."""
    folders.images.mkdir(parents=True, exist_ok=True)
    with (folders.images / f"{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _output(*command: str) -> str:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
