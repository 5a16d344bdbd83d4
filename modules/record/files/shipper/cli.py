"""The program that rsyslog starts: transactions from its standard input, the endpoint behind it."""

from __future__ import annotations

import io
import sys
import syslog
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from shipper import bulk
from shipper.delivery import Delivery
from shipper.documents import Document, read
from shipper.endpoint import Endpoint, Settings
from shipper.errors import Unavailable, Unreadable
from shipper.installation import install
from shipper.rejected import RejectedFile
from shipper.transactions import follow


def main(arguments: Sequence[str]) -> int:
    """Ship with the settings of the file ARGUMENTS[0]; what nobody takes goes to the file ARGUMENTS[1]."""
    syslog.openlog("fleet-record")
    settings, rejected = arguments
    shipper = Shipper(Settings.read(Path(settings)), RejectedFile(Path(rejected)))
    # A line of rsyslog's ends with a line feed and with nothing else.
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
    follow(lines, _answer, shipper.ship)
    return 0


def _answer(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


#: Seconds before a transaction is tried again at first: rsyslog does not wait between its first tries.
FIRST = 1.0


class Shipper:
    """Between rsyslog's lines and the endpoint; says in the system's log when that goes and comes."""

    def __init__(self, settings: Settings, rejected: RejectedFile) -> None:
        """Ship to the endpoint of ``settings``, which is told of the indices before the first document."""
        self._settings = settings
        self._rejected = rejected
        self._endpoint = Endpoint(settings)
        self._delivery = Delivery(self._endpoint, self._reject)
        self._installed = not settings.setup
        self._away = ""
        self._pause = min(FIRST, settings.longest_pause)

    def ship(self, lines: Sequence[str]) -> None:
        """Deliver a transaction of rsyslog's; raises Unavailable."""
        try:
            if not self._installed:
                for path in install(self._endpoint, self._settings.retention_days):
                    syslog.syslog(syslog.LOG_NOTICE, f"put {path}")
                self._installed = True
            self._delivery.deliver(self._documents(lines))
        except Unavailable as error:
            if str(error) != self._away:
                self._away = str(error)
                syslog.syslog(syslog.LOG_WARNING, f"waiting, nothing is lost: {error}")
            time.sleep(self._pause)
            self._pause = min(2 * self._pause, self._settings.longest_pause)
            raise
        self._pause = min(FIRST, self._settings.longest_pause)
        if self._away:
            self._away = ""
            syslog.syslog(syslog.LOG_NOTICE, "the endpoint takes documents again")

    def _documents(self, lines: Sequence[str]) -> list[Document]:
        documents = []
        for line in lines:
            try:
                documents.append(read(line))
            except Unreadable as error:
                self._keep({"reason": str(error), "line": line})
        return documents

    def _reject(self, rejected: Sequence[bulk.Rejected]) -> None:
        for one in rejected:
            document = one.document
            self._keep(
                {
                    "status": one.status,
                    "reason": one.reason,
                    "index": document.index,
                    "id": document.id,
                    "document": document.text,
                }
            )

    def _keep(self, entry: dict[str, object]) -> None:
        told = self._rejected.add([{"time": datetime.now(timezone.utc).isoformat(), **entry}])
        if told:
            syslog.syslog(syslog.LOG_WARNING, told)
        syslog.syslog(syslog.LOG_ERR, f"not in the record, but among the rejected: {entry['reason']}")
