"""What audit says of the canaries that a node was in, by the commit of its code."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from generator.record.audit import Link
from generator.record.audit_text import data, text
from generator.record.commits import commits
from tests.unit.answers.record_answers import NOW
from tests.unit.control_files import write
from tests.unit.watch.record import report


def test_a_commit_says_which_nodes_had_a_revision_before_the_others(tmp_path: Path) -> None:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    write(
        tmp_path,
        {
            "hieradata/cohorts/indextts2.yaml": "revision: v24-beta\nmembers: [tts-1.example.org, 3]\n",
            "hieradata/cohorts/whisper.yaml": "revision: v2\nmembers: [tts-1.example.org, tts-2.example.org]\n",
            "hieradata/cohorts/broken.yaml": "[",
            "hieradata/cohorts/none.yaml": "revision: v3\n",
        },
    )
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "Start"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    (tmp_path / "hieradata/cohorts/indextts2.yaml").unlink()
    head = subprocess.run(
        ["git", "-C", tmp_path, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    [commit] = commits([tmp_path], [head.stdout.strip()]).values()
    assert commit.cohort("tts-1.example.org") == {"indextts2": "v24-beta", "whisper": "v2"}
    assert commit.cohort("tts-2.example.org") == {"whisper": "v2"}
    assert commit.cohort("tts-3.example.org") == {}
    row = report("tts-1.example.org") | {"code_id": None, "puppet_version": "8.10.0"}
    link = Link(row, NOW, NOW, commit, None, None, ())
    assert "  canary     indextts2 v24-beta\n  canary     whisper v2\n" in text([link], 1, [])
    assert data([link], 1, [])["chain"][0]["cohort"] == {"indextts2": "v24-beta", "whisper": "v2"}
    assert data([replace(link, commit=None)], 1, [])["chain"][0]["cohort"] is None, "not known"
