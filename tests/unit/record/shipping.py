"""A real rsyslogd with the rendered configuration, which follows files of a test and ships them to an endpoint of it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.bulk import Endpoint

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin")
MODULE = REPOSITORY / "modules" / "record"


def a_report(**more: object) -> dict[str, Any]:
    """A report as the processor writes it, as far as shipping is concerned."""
    end = "2026-11-27T20:29:05.606Z"
    return {"node": "tts1.example.org", "transaction_uuid": str(uuid.uuid4()), "end": end, **more}


class Shipping:
    """The shipper of a machine, in a folder."""

    def __init__(self, folder: Path, endpoint: Endpoint, config: str) -> None:
        """Write its configuration; it is not started."""
        if not RSYSLOGD:
            pytest.skip("rsyslog is not on this machine; installing it (`make setup`) takes root")
        self.folder, self.endpoint = folder, endpoint
        self.reports = folder / "log" / "reports.jsonl"
        self.server_log = folder / "log" / "puppetserver.log"
        self.queue = folder / "state" / "queue"
        self.rejected = folder / "state" / "rejected.jsonl"
        for name in ("log", "inputs", "state/queue"):
            (folder / name).mkdir(parents=True)
        self.config = config.replace("/FOLDER", str(folder))
        program = (MODULE / "files" / "launch.py").read_text()
        (folder / "ship").write_text(program.replace("/usr/local/lib/record", str(MODULE / "files")))
        (folder / "ship").chmod(0o755)
        for file in (MODULE / "files" / "inputs").iterdir():
            text = file.read_text().replace("/var/log/puppetserver", str(folder / "log"))
            (folder / "inputs" / file.name).write_text(text.replace('readTimeout="5"', 'readTimeout="1"'))
        self.settings: dict[str, Any] = {"url": endpoint.url, "longest_pause": 0.1, "timeout": 1}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it as the unit does."""
        (self.folder / "endpoint.json").write_text(json.dumps(self.settings))
        (self.folder / "rsyslog.conf").write_text(self.config)
        recover = MODULE / "files" / "recover.sh"
        subprocess.run([recover, self.queue], check=True, stdout=subprocess.DEVNULL)
        with (self.folder / "said").open("ab") as said:
            command = [RSYSLOGD or "", "-n", "-iNONE", "-f", str(self.folder / "rsyslog.conf")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and its program with it."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut does."""
        self.stop(signal.SIGKILL)

    def write(self, reports: Iterable[dict[str, Any]]) -> list[str]:
        """Append reports, each by one write as the processor does; their ids."""
        ids = []
        for report in reports:
            with self.reports.open("a") as stream:
                stream.write(json.dumps(report, ensure_ascii=False) + "\n")
            ids.append(report["transaction_uuid"])
        return ids

    def rotate(self) -> None:
        """What logrotate does, without its clock."""
        self.reports.replace(self.reports.with_name("reports.jsonl.1"))

    def arrives(self, ids: Iterable[str], seconds: float = 6) -> None:
        """Wait until the reports with these ids are there, and no other document of reports is."""
        wanted = sorted(ids)
        store = self.endpoint.store
        try:
            store.wait(
                lambda: len(store.kept("fleet-reports-")) >= len(wanted), seconds, f"{len(wanted)} reports"
            )
        finally:
            said = (self.folder / "said").read_text(errors="replace")
        assert sorted(store.kept("fleet-reports-")) == wanted, said

    def is_queued(self, count: int, seconds: float = 20) -> None:
        """Wait until rsyslog knows of at least so many messages in its queue on the disk."""
        end = time.monotonic() + seconds
        while self._queued() < count:
            assert time.monotonic() < end, (
                f"not within {seconds} s: {count} in the queue, {self._queued()} are"
            )
            time.sleep(0.02)

    def is_queueing(self, count: int, seconds: float = 20) -> None:
        """Wait until rsyslog has written at least so many messages to the files of its queue, whether it knows or not."""
        end = time.monotonic() + seconds
        while sum(file.read_bytes().count(b"\n<Obj:") for file in self.queue.glob("ship.0*")) < count:
            assert time.monotonic() < end, f"not within {seconds} s: {count} in the queue's files"
            time.sleep(0.005)

    def _queued(self) -> int:
        known = self.queue / "ship.qi"
        # "+iQueueSize:2:LENGTH:VALUE:"
        found = re.search(
            r"^\+iQueueSize:2:\d+:(\d+):", known.read_text() if known.exists() else "", re.MULTILINE
        )
        return int(found[1]) if found else 0
