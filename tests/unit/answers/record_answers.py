"""Record what a real PuppetDB answers: tests/golden/record/answers.json.

python -m tests.unit.answers.record_answers, as root: a PuppetDB is told of a small fleet of tests.bench.record_data, and
asked what each verb asks.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import clock, fleet_nodes
from generator.commands.audit import audit
from generator.commands.drift import drift
from generator.commands.status import status
from generator.puppetdb import PuppetDB
from tests.bench import puppetdb_machine, record_data, record_fill
from tests.unit.fake_puppetdb import write_settings

GOLDEN = Path(__file__).parents[2] / "golden" / "record"
NODES, RUNS = 12, range(8)
NOW = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
#: What is asked: the name of the golden file, the verb and its words.
CASES = {
    "status": (status, []),
    "status_json": (status, ["--json"]),
    "drift": (drift, ["--since", "1d"]),
    "drift_json": (drift, ["--since", "1d", "--json"]),
    "audit_failed": (audit, ["--node", "tts-0004.example.org", "--since", "1h"]),
    "audit_no_catalogue": (audit, ["--node", "tts-0003.example.org", "--since", "1h"]),
    "audit_switch": (audit, ["--node", "tts-0002.example.org", "--since", "1h"]),
    "audit_json": (audit, ["--node", "tts-0002.example.org", "--since", "1h", "--json"]),
    "audit_commit": (audit, ["--commit", record_data.COMMITS[-1][:7]]),
    "audit_transaction": (audit, ["--transaction", record_data.transaction("tts-0000.example.org", 0)]),
}


def fill(host: str, port: int) -> None:
    """Tell an empty PuppetDB of the fleet."""
    record_fill.fill(host, port, record_data.described(NODES, NOW), 2 * NODES)
    total = 2 * NODES + record_data.count(NODES, RUNS)
    record_fill.fill(host, port, record_data.reports(NODES, RUNS, NOW), total)


def record(host: str, port: int) -> dict[str, list[dict[str, Any]]]:
    """Ask PuppetDB what each verb asks, and return its answers by query."""
    recorded: dict[str, list[dict[str, Any]]] = {}
    queries = PuppetDB.queries

    def remember(puppetdb: PuppetDB, *pql: str) -> list[list[dict[str, Any]]]:
        answers = queries(puppetdb, *pql)
        recorded.update(zip(pql, answers, strict=True))
        return answers

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = write_settings(Path(folder), f"http://{host}:{port}")
        patch.setattr(fleet_nodes, "SETTINGS", (str(path),))
        patch.setattr(PuppetDB, "queries", remember)
        patch.setattr(clock, "now", lambda: NOW)
        for verb, words in CASES.values():
            CliRunner().invoke(verb, words, catch_exceptions=False)
    return recorded


if __name__ == "__main__":
    with puppetdb_machine.running() as machine:
        fill("127.0.0.1", machine.port)
        text = json.dumps(record("127.0.0.1", machine.port), indent=1, ensure_ascii=False, sort_keys=True)
    (GOLDEN / "answers.json").write_text(text + "\n", encoding="utf-8")
