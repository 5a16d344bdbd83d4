"""What a line of rsyslog's becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipper.documents import read
from shipper.errors import Unreadable

#: As rsyslog 8.2504 handed over an entry of the journal of a Debian 13.
FIELDS = {
    "PRIORITY": "6",
    "_BOOT_ID": "6c2fd140a3294dbea6e33075ea174766",
    "_TRANSPORT": "stdout",
    "SYSLOG_IDENTIFIER": "python",
    "_PID": "1684",
    "_SYSTEMD_UNIT": "indextts2-webui@0-green.service",
    "MESSAGE": 'q " b \\ t\t 文字',
}


def journal(time: str = "2026-11-27T20:59:20.009315+00:00", **fields: str) -> str:
    handed = {"kind": "journal", "host": "tts1", "time": time, "fields": json.dumps({**FIELDS, **fields})}
    return json.dumps(handed)


def report(**more: object) -> str:
    line = {
        "transaction_uuid": "de740a86-256f-4e9b-b3e9-599b76c2410d",
        "end": "2026-11-27T23:59:59.999Z",
        **more,
    }
    return json.dumps({"kind": "report", "line": json.dumps(line)})


def server_log(text: str, offset: str = "0") -> str:
    return json.dumps({"kind": "puppetserver", "host": "puppet", "offset": offset, "line": text})


def test_an_entry_of_the_journal() -> None:
    document = read(journal())
    assert document.index == "fleet-journal-2026.11.27"
    assert json.loads(document.text) == {
        "@timestamp": "2026-11-27T20:59:20.009315Z",
        "node": "tts1",
        "unit": "indextts2-webui@0-green.service",
        "message": 'q " b \\ t\t 文字',
        "priority": "6",
        "identifier": "python",
        "pid": "1684",
        "boot_id": "6c2fd140a3294dbea6e33075ea174766",
    }


def test_what_systemd_says_of_a_unit_is_that_units() -> None:
    said = json.loads(read(journal(UNIT="indextts2-front.service", _SYSTEMD_UNIT="init.scope")).text)
    assert said["unit"] == "indextts2-front.service"


def test_other_entries_are_other_documents_and_the_same_is_the_same() -> None:
    lines = [
        journal(),
        journal(MESSAGE="other"),
        journal(_PID="7"),
        journal(_BOOT_ID="f" * 32),
        journal("2026-11-27T20:59:20.009316+00:00"),
        server_log("2026-11-27T20:59:20.009+00:00 INFO  [a] [b] c"),
        server_log("2026-11-27T20:59:20.009+00:00 INFO  [a] [b] c", "99"),
        report(),
    ]
    ids = [read(line).id for line in lines]
    assert len(set(ids)) == len(lines)
    assert ids == [read(line).id for line in lines]


def test_a_report_is_of_the_day_of_its_end_by_utc() -> None:
    assert read(report()).index == "fleet-reports-2026.11.27"
    assert read(report(end="2026-11-28T00:30:00.000+01:00")).index == "fleet-reports-2026.11.27"
    assert read(report(end=None, start="2026-11-26T00:00:00Z")).index == "fleet-reports-2026.11.26"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        '{"kind": "other"}',
        '{"kind": "report", "line": "{\\"half a line"}',
        report(transaction_uuid=None),
        report(transaction_uuid="../_cluster"),
        report(end="yesterday"),
        report(end=None),
        report(end="2026-13-41T00:00:00Z"),
        server_log("at a.b(C.java:1)"),
        journal("now"),
        json.dumps({"kind": "journal", "host": "tts1", "time": "2026-11-27T20:59:20Z", "fields": "{}"}),
    ],
)
def test_what_is_no_document_is_told_from_one(line: str) -> None:
    with pytest.raises(Unreadable):
        read(line)


@settings(max_examples=40)
@given(st.text(), st.recursive(st.none() | st.text() | st.floats(allow_nan=False), st.lists))
def test_a_text_is_one_line_of_utf8_whatever_was_said(message: str, value: Any) -> None:
    for line in (journal(MESSAGE=message), report(value=value, said=message)):
        text = read(line).text
        assert "\n" not in text
        json.loads(text.encode().decode())
