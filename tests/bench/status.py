"""``fleet status``, ``fleet drift``, one scrape of the exporter and Puppetboard's overview, over one and the same record.

The record is of 5,000 nodes, first with 10,000 reports and then with 100,000: what an answer costs has to follow the
nodes, and not the reports.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from generator.cli import VERBS
from generator.lab.folders import Folders
from generator.progress import say, step
from generator.puppetdb import PuppetDB
from tests.bench import puppetdb_machine, record_data, record_fill
from tests.bench.measure import Spent, median, spent
from tests.bench.puppetdb_machine import Machine

FLEET = Path(sys.executable).with_name("fleet")
NODES = 5000
#: Runs of each node that are on record, in the smaller record and in the larger.
SMALL, LARGE = range(2), range(20)
RUNS = 5
#: The first answers of a server that has just started are of code that Java has not compiled.
WARM_UP = 10


def measure() -> dict[str, float]:
    """Times and memory over the larger record; what the exporter costs over both."""
    with recorded(LARGE) as machine, _desk(machine) as home:
        numbers = _numbers("status", _runs(home, "status"))
        numbers |= _numbers("drift", _runs(home, "drift", "--since", _before(machine)))
        numbers |= _numbers("puppetboard", _puppetboard(machine), name="overview_s")
        large = _scrapes(home)
    if large:
        with recorded(SMALL) as machine, _desk(machine) as home:
            small = _scrapes(home)
        numbers |= _numbers("exporter", large, name="scrape_s")
        numbers["exporter.reports_ratio"] = median([one.seconds for one in large]) / median(
            [one.seconds for one in small]
        )
    return numbers


@contextmanager
def recorded(runs: range) -> Iterator[Machine]:
    """Start a PuppetDB that has ``runs`` of the fleet on record: of the cached dump, or filled now, which takes long."""
    dump = dump_of(runs)
    if dump.exists():
        with puppetdb_machine.running(dump) as machine:
            yield machine
        return
    with puppetdb_machine.running() as machine:
        fill(machine)
        if runs == LARGE:
            yield machine
            return
    with puppetdb_machine.running(dump) as machine:
        yield machine


def fill(machine: Machine) -> None:
    """Fill an empty PuppetDB with the smaller record and then the larger, and keep a dump of each."""
    now = datetime.now(UTC)
    with step(f"tell PuppetDB of {NODES} nodes"):
        record_fill.fill("127.0.0.1", machine.port, record_data.described(NODES, now), 2 * NODES)
    for first, runs in ((0, SMALL), (len(SMALL), LARGE)):
        total = record_data.count(NODES, runs)
        with step(f"tell PuppetDB of {total} reports"):
            more = record_data.reports(NODES, runs[first:], now)
            record_fill.fill("127.0.0.1", machine.port, more, 2 * NODES + total)
        machine.sql("analyze")
        machine.dump(dump_of(runs))


def dump_of(runs: range) -> Path:
    """Name the dump by a digest of what is in it: of the made-up commands, and of the packages."""
    some = record_data.NODES_OF_DIGEST, datetime(2026, 1, 1, tzinfo=UTC)
    commands = [*record_data.described(*some), *record_data.reports(some[0], runs, some[1])]
    text = json.dumps([NODES, puppetdb_machine.RECIPE, [command.payload for command in commands]])
    name = f"{NODES}x{len(runs)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.dump"
    return Folders.from_environment().cache / "puppetdb" / name


@contextmanager
def _desk(machine: Machine) -> Iterator[Path]:
    """Make a home in which Puppet's client tools know the machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ".puppetlabs", "client-tools", "puppetdb.conf")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"puppetdb": {"server_urls": f"http://127.0.0.1:{machine.port}"}}))
        yield Path(folder)


def _before(machine: Machine) -> str:
    """Return a moment that all of the record is after: a cached one is not of today."""
    puppetdb = PuppetDB(Path("none"), f"http://127.0.0.1:{machine.port}")
    [first] = puppetdb.query("reports[min(start_time)]{}")
    return str(first["min"])


def _runs(home: Path, *words: str) -> list[Spent]:
    """Run ``fleet`` a few times for the caches, and then a few times; its answer may be no."""
    environment = os.environ | {"HOME": str(home)}
    return [spent([FLEET, *words], environment, (0, 1)) for _ in range(WARM_UP + RUNS)][WARM_UP:]


def _scrapes(home: Path) -> list[Spent]:
    """Scrape the exporter, where this repository has one: each time it asks PuppetDB anew."""
    if "exporter" not in VERBS:
        say("    there is no fleet exporter: not measured")
        return []
    port = _free_port()
    exporter: list[str | Path] = [FLEET, "exporter", "--listen", f"127.0.0.1:{port}"]
    return _served(exporter, os.environ | {"HOME": str(home)}, f"http://127.0.0.1:{port}/metrics")


def _puppetboard(machine: Machine) -> list[Spent]:
    """Open the overview of Puppetboard, which is started as its manual says."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "settings.py")
        settings.write_text(
            f"PUPPETDB_HOST = '127.0.0.1'\nPUPPETDB_PORT = {machine.port}\nSECRET_KEY = '{'0' * 64}'\n"
        )
        flask = [sys.executable, "-m", "flask", "--app", "puppetboard.app:app", "run", "--port", str(port)]
        environment = os.environ | {"PUPPETBOARD_SETTINGS": str(settings)}
        return _served(flask, environment, f"http://127.0.0.1:{port}/")


def _served(command: Sequence[str | Path], environment: dict[str, str], url: str) -> list[Spent]:
    """Start a server, and ask it a few times for the caches and then a few times more."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until(lambda: _get(url) > 0, process)
        seconds = [_get(url) for _ in range(WARM_UP + RUNS)][WARM_UP:]
        peak = next(
            int(line.split()[1]) / 1024
            for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
            if line.startswith("VmHWM:")
        )
        return [Spent(one, peak) for one in seconds]
    finally:
        process.terminate()
        process.wait()


def _get(url: str) -> float:
    began = time.monotonic()
    with urlopen(url, timeout=120) as answer:
        assert answer.read()
    return time.monotonic() - began


def _until(works: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, f"{process.args!r} ended"
        try:
            works()
        except (URLError, OSError):
            assert time.monotonic() < end, f"{process.args!r} does not answer"
            time.sleep(0.2)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _numbers(prefix: str, costs: list[Spent], name: str = "fleet_s") -> dict[str, float]:
    return {
        f"{prefix}.{name}": median([cost.seconds for cost in costs]),
        f"{prefix}.peak_mb": max(cost.peak_mb for cost in costs),
    }
