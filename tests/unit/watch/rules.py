"""The rules as a Prometheus gets them, and what promtool says of them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from generator.definition import REPOSITORY

TEMPLATE = REPOSITORY / "modules/profile/templates/rules.yml.epp"
RUNBOOK = "https://git.example.org/RUNBOOK.md"
#: An interval of half an hour; all else as profile::prometheus has it.
VALUES = {
    "interval": 1800,
    "own_intervals": True,
    "silent_runs": 3,
    "drift_threshold": 0.05,
    "webui_down": 300,
    "certificate_days": 21,
    "disk_free": 0.1,
    "backup_age": 7200,
    "runbook": RUNBOOK,
}


Rule = dict[str, Any]


def alerts(rules: dict[str, Any]) -> dict[str, list[Rule]]:
    """Return the rules by their alert's name: one alert may have several."""
    found: dict[str, list[Rule]] = {}
    for group in rules["groups"]:
        for rule in group["rules"]:
            found.setdefault(rule["alert"], []).append(rule)
    return found


def promtool_says(folder: Path, tries: dict[str, tuple[list[Rule], list[dict[str, Any]]]]) -> dict[str, str]:
    """Have one promtool try rules by tests, each under its own name; what it says of each, empty where all is well.

    Rules are evaluated as often as their tests have samples.
    """
    for number, (rules, tests) in enumerate(tries.values()):
        (folder / f"{number}.rules").write_text(json.dumps({"groups": [{"name": "tested", "rules": rules}]}))
        often = min(test["interval"] for test in tests)
        whole = {"rule_files": [f"{number}.rules"], "evaluation_interval": often, "tests": tests}
        (folder / f"{number}.test").write_text(json.dumps(whole))
    files = [f"{number}.test" for number in range(len(tries))]
    command = ["promtool", "test", "rules", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    said = re.split(r"^Unit Testing:  .*\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(said) == len(tries), done.stdout + done.stderr
    return {name: "" if text.strip() == "SUCCESS" else text for name, text in zip(tries, said, strict=True)}
