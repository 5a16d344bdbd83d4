"""The document that a line of rsyslog's becomes: its index, its id, its text.

Both follow from what the line says alone, so that a line that comes twice makes the same document twice: the
endpoint keeps one. So an index is that of the day when something happened, and not when it was shipped.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from shipper.errors import Unreadable

#: What Debian's logback.xml of Puppet Server writes: time, level, thread, logger, message.
_SERVER_LOG = re.compile(r"(\S+) +([A-Z]+) +\[([^\]]*)\] \[([^\]]*)\] (.*)", re.DOTALL)
_UUID = re.compile(r"[0-9a-fA-F-]{8,64}")
#: What is recorded of a journal's entry, and by which name.
_JOURNAL = {
    "PRIORITY": "priority",
    "SYSLOG_IDENTIFIER": "identifier",
    "_PID": "pid",
    "_BOOT_ID": "boot_id",
}
#: Characters of a message.
_MESSAGE = 32768


@dataclass(frozen=True)
class Document:
    """What is sent: ``text`` is JSON without a line feed."""

    index: str
    id: str
    text: str


def read(line: str) -> Document:
    """Make a document of what the templates of rsyslog.conf write; raises Unreadable."""
    try:
        handed = json.loads(line)
        return _KINDS[handed["kind"]](handed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"no document of the record: {type(error).__name__}: {error}") from None


def _report(handed: dict[str, Any]) -> Document:
    report = json.loads(handed["line"])
    uuid = report["transaction_uuid"]
    if not _UUID.fullmatch(uuid):
        raise Unreadable(f"no transaction_uuid: {uuid!r}")
    return _document("reports", uuid.lower(), _time(report["end"] or report["start"]), report)


def _server_log(handed: dict[str, Any]) -> Document:
    found = _SERVER_LOG.fullmatch(handed["line"].rstrip("\n"))
    if not found:
        raise Unreadable(
            "no entry of Puppet Server's log: it does not begin with a time, a level and a logger"
        )
    time, level, thread, logger, message = found.groups()
    entry = {
        "node": handed["host"],
        "level": level,
        "thread": thread,
        "logger": logger,
        "message": _cut(message),
    }
    # Two threads may say the same in one millisecond; a place in the file is one entry's.
    id_ = _digest(handed["host"], handed["offset"], handed["line"])
    return _document("puppetserver", id_, _time(time), entry)


def _journal(handed: dict[str, Any]) -> Document:
    fields = json.loads(handed["fields"])
    message = _text(fields["MESSAGE"])
    # What systemd itself says of a unit has the unit's name in another field.
    unit = fields.get("UNIT") or fields["_SYSTEMD_UNIT"]
    entry = {"node": handed["host"], "unit": unit, "message": _cut(message)}
    entry.update({name: fields[field] for field, name in _JOURNAL.items() if field in fields})
    # rsyslog has no cursor of an entry; its time has microseconds.
    parts = (fields.get("_BOOT_ID", ""), handed["time"], fields.get("_PID", ""), unit, message)
    return _document("journal", _digest(handed["host"], *parts), _time(handed["time"]), entry)


_KINDS = {"report": _report, "puppetserver": _server_log, "journal": _journal}


def _document(kind: str, id_: str, time: datetime, body: dict[str, Any]) -> Document:
    index = f"fleet-{kind}-{time:%Y.%m.%d}"
    text = json.dumps({"@timestamp": _iso(time), **body}, ensure_ascii=False, separators=(",", ":"))
    # half a character outside the basic plane is JSON, but no UTF-8
    return Document(index, id_, text.encode("utf-8", "replace").decode())


def _time(text: str) -> datetime:
    # Python 3.9 and 3.10 know neither Z nor fractions of other than 3 or 6 digits.
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)", text)
    if not found:
        raise Unreadable(f"no time: {text!r}")
    seconds, fraction, zone = found.groups()
    micro = (fraction or "0").ljust(6, "0")[:6]
    zone = "+0000" if zone == "Z" else zone.replace(":", "")
    return datetime.strptime(f"{seconds}.{micro}{zone}", "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(timezone.utc)


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}Z"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]}… (cut: it has {len(text)} characters)"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:40]
