"""A real PuppetDB on a real PostgreSQL, on loopback: Debian 13's packages, over the lab's base image.

The packages are installed once, into a layer in the lab's cache. Each machine has a layer of its own over that, and a
namespace of mounts and of processes, so that nothing is left of it, however this ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from generator.errors import FleetError
from generator.lab import image
from generator.lab.folders import Folders
from generator.lab.processes import Processes, minimal
from generator.progress import step

#: Seconds for PuppetDB's start: it makes its tables at the first.
START = 900

#: LAYER IMAGES SCRIPT WORDS…: run a script in the images (the topmost first) with a layer above them.
_ENTER = """
layer=$1 images=$2 script=$3; shift 3
mkdir -p "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=$images,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
mount -t proc proc "$layer/root/proc"
mount --rbind /dev "$layer/root/dev"
cat /etc/resolv.conf >"$layer/root/etc/resolv.conf"
exec chroot "$layer/root" sh -euc "$script" "$@"
"""
#: PuppetDB's package makes its database where a PostgreSQL runs. What is lost when this machine is, is made again: so
#: nothing is synced to the disk. Nothing is old: a record that is kept for a month is measured as it was.
_INSTALL = """
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get -q update
apt-get install -qy --no-install-recommends postgresql
pg_ctlcluster 17 main start
apt-get install -qy --no-install-recommends puppetdb
pg_ctlcluster 17 main stop -m fast
cat >>/etc/postgresql/17/main/postgresql.conf <<END
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 512MB
max_wal_size = 4GB
END
sed -i 's/^# threads = .*/threads = 2/; s/^# concurrent-writes = .*/concurrent-writes = 2/' /etc/puppetdb/conf.d/config.ini
sed -i '/^.read-database/i gc-interval = 0\\nreport-ttl = 3650d\\nnode-ttl = 0s\\nnode-purge-ttl = 0s\\nresource-events-ttl = 3650d\\n' \
  /etc/puppetdb/conf.d/database.ini
"""
#: HTTP-PORT POSTGRESQL-PORT: both on loopback.
_START = """
sed -i "s/^port = .*/port = $2/" /etc/postgresql/17/main/postgresql.conf
sed -i "s|^subname = .*|subname = //127.0.0.1:$2/puppetdb|" /etc/puppetdb/conf.d/database.ini
sed -i "s/^# *host = <host>/host = 127.0.0.1/; s/^#* *port = .*/port = $1/" /etc/puppetdb/conf.d/jetty.ini
pg_ctlcluster 17 main start
if [ -e /var/lib/postgresql/dump ]; then
  setpriv --reuid=postgres --regid=postgres --clear-groups \
    pg_restore -p "$2" --clean --if-exists --jobs=2 --dbname=puppetdb /var/lib/postgresql/dump
  setpriv --reuid=postgres --regid=postgres --clear-groups psql -p "$2" -q puppetdb -c 'analyze'
fi
mkdir -p /run/puppetdb
chown puppetdb /run/puppetdb
setpriv --reuid=puppetdb --regid=puppetdb --init-groups java -Xmx1g -XX:+UseSerialGC \
  -Djava.security.egd=/dev/urandom -cp /usr/share/puppetdb/puppetdb.jar clojure.main -m puppetlabs.puppetdb.core \
  services --config /etc/puppetdb/conf.d --bootstrap-config /etc/puppetdb/bootstrap.cfg \
  --restart-file /run/puppetdb/restart
"""
RECIPE = hashlib.sha256(_INSTALL.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Machine:
    """One that runs: ``process`` holds its namespaces, ``port`` is PuppetDB's on loopback, without TLS."""

    process: subprocess.Popen[bytes]
    port: int
    database_port: int

    def dump(self, to: Path) -> None:
        """Write PostgreSQL's dump of the record, at once or not at all."""
        beside = to.with_suffix(".new")
        command = ["pg_dump", "-p", str(self.database_port), "--format=custom", "puppetdb"]
        with beside.open("wb") as file:
            subprocess.run([*self._inside("postgres"), *command], stdout=file, check=True)
        beside.rename(to)

    def sql(self, statement: str) -> None:
        """Run a statement of SQL."""
        psql = ["psql", "-q", "-p", str(self.database_port), "puppetdb", "-c", statement]
        subprocess.run([*self._inside("postgres"), *psql], check=True, stdout=subprocess.DEVNULL)

    def _inside(self, account: str) -> list[str]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(
            encoding="ascii"
        )
        enter = ["nsenter", "--target", children.split()[0], "--mount", "--pid", "--root", "--wdns=/"]
        return [*enter, "setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups"]


@contextmanager
def running(dump: Path | None = None) -> Iterator[Machine]:
    """Start one, with the record of ``dump`` or an empty one, and take it away after the body."""
    folders = Folders.from_environment()
    base = image.ensure("trixie", folders, Processes(folders.state))
    installed = _layer(base, folders)
    _remove_left(installed.parent)
    place = Path(tempfile.mkdtemp(prefix="run-", dir=installed.parent))
    ports = _free_ports()
    held = _lock(place)
    assert held
    with held:
        try:
            process = _start(place, f"{installed / 'upper'}:{base}", dump, ports)
            try:
                machine = Machine(process, *ports)
                with step("start PuppetDB" + (" from the cached dump" if dump else "")):
                    _wait(machine, place / "log")
                yield machine
            finally:
                process.kill()  # and with it all of its namespace
                process.wait()
        finally:
            _remove(place)


def _start(place: Path, images: str, dump: Path | None, ports: tuple[int, int]) -> subprocess.Popen[bytes]:
    if dump:
        above = place / "upper" / "var" / "lib" / "postgresql"
        above.mkdir(parents=True)
        shutil.copy(dump, above / "dump")
    words = _command(place, images, _START, *map(str, ports))
    with (place / "log").open("wb") as log:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def _layer(base: Path, folders: Folders) -> Path:
    """Return the folder of what is laid over the image ``base``, made now where it is missing."""
    wanted = folders.cache / "puppetdb" / f"{base.name}-{RECIPE}"
    if not (wanted / "complete").exists():
        with step(f"install PuppetDB in {base.name}"):
            _remove(wanted)
            wanted.mkdir(parents=True)
            done = subprocess.run(
                _command(wanted, str(base), _INSTALL),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise FleetError(
                    f"PuppetDB cannot be installed in {base}:\n{(done.stdout + done.stderr)[-2000:]}"
                )
            (wanted / "complete").touch()
    return wanted


def _command(layer: Path, images: str, script: str, *words: str) -> list[str]:
    # whatever ends this process, all of the machine ends with it
    unshare = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    environment = [str(word) for word in minimal({"DEBIAN_FRONTEND": "noninteractive"})]
    inside = ["sh", "-euc", _ENTER, "enter", str(layer), images, script, "inside", *words]
    return [*unshare, *environment, *inside]


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _wait(machine: Machine, log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and machine.process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{machine.port}/pdb/meta/v1/version", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise FleetError(f"PuppetDB does not start:\n{log.read_text(errors='replace')[-2000:]}")


def _lock(place: Path) -> IO[bytes] | None:
    """Hold a machine's folder, as long as the file is open; None where somebody else does."""
    file = (place / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _remove_left(folder: Path) -> None:
    """Remove the machines of processes that were killed."""
    for place in folder.glob("run-*"):
        if held := _lock(place):
            with held:
                _remove(place)


def _remove(folder: Path) -> None:
    # what an overlay leaves has folders that not even root may enter, but nothing that is mounted
    shutil.rmtree(folder, ignore_errors=True)
