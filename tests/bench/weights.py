"""Weights: a bundle of 2 GB from a server of this machine, beside plain curl and the hub's own client."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.bench.measure import Spent, in_turn, median, spent
from tests.unit.weights.server import MEGA
from tests.unit.weights.wire import Wire, wire
from weights.bundle import dump
from weights.measure import measure as measure_file

RUNS = 3
#: Files of the bundle, in MiB.
SIZES = {"gpt.pth": 1300, "s2mel.pth": 500, "codec.pth": 200}
#: Bytes that a connection of the throttled server gets in a second.
RATE = 40 * MEGA
#: How often, and after how many bytes, a wire breaks that leads to the server.
BREAKS, BREAKS_AFTER = 10, 3 * MEGA
REPOSITORY_ROOT = Path(__file__).parents[2]
REPOSITORY, REVISION = "bench/weights", "c" * 40
FOLDER = f"weights-{REVISION[:7]}"
#: What modules/weights/files/launch.py does, from where the program is here.
PROGRAM = (
    f"import sys; sys.path.insert(0, {str(REPOSITORY_ROOT / 'modules/weights/files')!r});"
    "from weights.cli import main; sys.exit(main(sys.argv[2:], sys.argv[1]))"
)


def measure() -> dict[str, float]:
    """Time of a fetch to that of others, what breaks cost, the check of each run, and memory."""
    with tempfile.TemporaryDirectory(prefix="bench-weights-") as scratch:
        bench = Bench(Path(scratch), SIZES)
        found: dict[str, float] = {}
        for name, rate in (("", None), ("throttled_", RATE)):
            with bench.server(rate) as address:
                takers = (bench.ours, bench.curl, bench.hub)
                ours, curl, hub = in_turn(RUNS, *(partial(_seconds, taker, address) for taker in takers))
                found |= {
                    f"weights.{name}fetch_s": median(ours),
                    f"weights.{name}curl_ratio": median(ours) / median(curl),
                    f"weights.{name}hub_ratio": median(ours) / median(hub),
                }
                found["weights.peak_mb"] = bench.ours(address).peak_mb
        checks = [bench.check() * 1000 for _ in range(11)]
        return {**found, "weights.check_ms": median(checks), **_wire_ratios(Path(scratch, "broken"))}


def _seconds(taker: Callable[[str], Spent], address: str) -> float:
    return taker(address).seconds


class Bench:
    """The bundle, and those who fetch it."""

    def __init__(self, scratch: Path, sizes: Mapping[str, int]) -> None:
        """Make the bundle below ``scratch``, of files of ``sizes``, in MiB."""
        self._scratch, self._sizes = scratch, sizes
        snapshot = scratch / "hub" / REPOSITORY / REVISION
        snapshot.mkdir(parents=True)
        block = random.Random(0).randbytes(MEGA)
        for path, size in sizes.items():
            with (snapshot / path).open("wb") as file:
                for number in range(size):
                    file.write(number.to_bytes(8, "big") + block[8:])
        text = dump([measure_file(str(snapshot), path) for path in sizes])
        self._digest = hashlib.sha256(text.encode()).hexdigest()
        self._told, self._cache = scratch / "etc", scratch / "cache_hub"
        (self._told / "lists").mkdir(parents=True)
        (self._told / "lists" / f"{self._digest}.json").write_text(text)

    @contextmanager
    def server(self, rate: int | None) -> Iterator[str]:
        """Serve the bundle as the hub does."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            place = f"127.0.0.1:{free.getsockname()[1]}"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "generator.lab.hub",
            "--root",
            self._scratch / "hub",
            "--listen",
            place,
        ]
        with subprocess.Popen(
            [*command, *(["--rate", str(rate)] if rate else [])], stderr=subprocess.DEVNULL
        ) as hub:
            try:
                _wait_for(f"http://{place}")
                yield f"http://{place}"
            finally:
                hub.kill()

    def ours(self, address: str) -> Spent:
        """Fetch it as a node does: verified, stored by digest, and laid out."""
        shutil.rmtree(self._cache, ignore_errors=True)
        self._cache.mkdir()
        bundle = {"repository": REPOSITORY, "revision": REVISION, "files_sha256": self._digest}
        told = {
            "cache_hub": str(self._cache),
            "sources": ["hub"],
            "hub": address,
            "bundles": {FOLDER: bundle},
            "wanted": FOLDER,
            "units": [],
            "s3": {},
        }
        (self._told / "indextts2.json").write_text(json.dumps(told))
        return spent(self._command("fetch"))

    def check(self) -> float:
        """Look whether it is whole, as each run of the agent does."""
        return spent(self._command("check")).seconds

    def _command(self, verb: str) -> list[str]:
        return ["/usr/bin/python3", "-IS", "-c", PROGRAM, str(self._told), "indextts2", verb, FOLDER]

    def curl(self, address: str) -> Spent:
        """Fetch the same bytes, one file after another, and hold them against nothing."""
        target = self._empty("curl")
        files = [
            word
            for path in self._sizes
            for word in ("--output", f"{target}/{path}", f"{address}/{REPOSITORY}/resolve/{REVISION}/{path}")
        ]
        return spent(["curl", "--silent", "--fail", *files])

    def hub(self, address: str) -> Spent:
        """Fetch it by the hub's own client."""
        return spent(self.hub_command(address, self._empty("hf")))

    def hub_command(self, address: str, target: Path) -> list[str | Path]:
        """Make the command by which the hub's own client brings it to ``target``."""
        settings = [f"HF_ENDPOINT={address}", f"HOME={target}", "HF_HUB_DISABLE_TELEMETRY=1"]
        options = ["--revision", REVISION, "--local-dir", f"{target}/weights", "--quiet"]
        return ["env", *settings, Path(sys.executable).with_name("hf"), "download", REPOSITORY, *options]

    def _empty(self, name: str) -> Path:
        target = self._scratch / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        os.sync()
        return target


def _wire_ratios(scratch: Path) -> dict[str, float]:
    """Bytes on a wire that breaks ten times to those of a file: ours, and the hub's own client's.

    Ours asks again by itself; the hub's client ends at a break, and is called again.
    """
    bench = Bench(scratch, {"gpt.pth": 40})
    with bench.server(None) as address, wire(int(address.rpartition(":")[2])) as line:
        bench.ours(_breaking(line))
        ours = line.sent
        command = bench.hub_command(_breaking(line), scratch)
        while subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode:
            pass
        return {
            "weights.wire_ratio": ours / (40 * MEGA),
            "weights.hub_wire_ratio": (line.sent - ours) / (40 * MEGA),
        }


def _breaking(line: Wire) -> str:
    """Have ``line`` break from now on as often as is measured; give its address."""
    line.breaks, line.left = BREAKS_AFTER, BREAKS
    return line.url


def _wait_for(address: str) -> None:
    while True:
        try:
            urlopen(address).close()
        except HTTPError:
            return  # it answers
        except OSError:
            continue
