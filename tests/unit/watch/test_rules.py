"""Each alert: it comes, it goes, it has a runbook, and its test notices what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.definition import REPOSITORY
from tests.unit.front.front import RENDER
from tests.unit.watch.rules import RUNBOOK, TEMPLATE, VALUES, Rule, alerts, promtool_says

Rules = dict[str, list[Rule]]

CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text())
#: By the template's text, so that tests have their names before anything is rendered.
ALERTS = sorted(set(re.findall(r"- alert: (\w+)$", TEMPLATE.read_text(), re.MULTILINE)))
#: The number by which an expression compares.
THRESHOLD = re.compile(r"(?:[<>]=?|==) [\d.]+(?=$| (?:or|unless)\b|\))")

pytestmark = pytest.mark.puppet


@pytest.fixture(scope="module")
def rules(ruby: Callable[[str, Any], Any]) -> Rules:
    """Return the rules of each alert, with the values of the tests."""
    (text,) = ruby(RENDER, [[TEMPLATE.read_text(), VALUES]])
    return alerts(yaml.safe_load(text))


def test_every_alert_has_a_test() -> None:
    assert sorted(CASES) == ALERTS


def test_every_alert_comes_and_goes(rules: Rules, tmp_path: Path) -> None:
    said = promtool_says(tmp_path, {alert: (rules[alert], CASES[alert]) for alert in ALERTS})
    assert "".join(said.values()) == ""


def test_the_test_of_an_alert_notices_what_breaks_it(rules: Rules, tmp_path: Path) -> None:
    tries = {}
    for alert, whole in rules.items():
        for number, rule in enumerate(whole):
            for what, broken in breakages(rule).items():
                others = [broken if index == number else each for index, each in enumerate(whole)]
                tries[f"{alert} {number}: {what}"] = (others, CASES[alert])
    assert len(tries) > 5 * len(ALERTS)
    assert [name for name, said in promtool_says(tmp_path, tries).items() if not said] == []


def breakages(rule: Rule) -> dict[str, Rule]:
    """Break a rule: it never fires, always, too early, too late, or at another value."""
    expr = rule["expr"]
    broken = {
        "never": {**rule, "expr": f"({expr}) and on () vector(1) == 0"},
        "always": {**rule, "expr": "vector(1)"},
        "no severity": {**rule, "labels": {}},
    }
    if expr == broken["always"]["expr"]:
        del broken["always"]  # that is what it is
    if "interval_seconds" in expr:
        for what, runs in (("early", 1), ("late", 20)):
            broken[f"too {what}"] = {**rule, "expr": re.sub(r"\* [\d.]+", f"* {runs}", expr)}
        broken["the interval of others"] = {
            **rule,
            "expr": re.sub(r"fleet_\w+_interval_seconds", "1800", expr),
        }
    if "for" in rule:
        broken["at once"] = {key: value for key, value in rule.items() if key != "for"}
        broken["late"] = {**rule, "for": f"{20 * int(rule['for'][:-1].replace('m', ''))}{rule['for'][-1]}"}
    for match in THRESHOLD.finditer(expr):
        sign, number = match[0].split()
        other = {"==": "!=", ">": "<", "<": ">"}[sign]
        turned = f"{expr[: match.start()]}{other} {number}{expr[match.end() :]}"
        broken[f"{match[0]} turned"] = {**rule, "expr": turned}
    return broken


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_links_to_its_paragraph_in_the_runbook(rules: Rules, alert: str) -> None:
    links = {rule["annotations"]["runbook_url"] for rule in rules[alert]}
    assert links == {f"{RUNBOOK}#{alert.lower()}"}
    runbook = (REPOSITORY / "docs" / "RUNBOOK.md").read_text()
    paragraph = re.search(rf"^## {alert}\n\n(.+?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL)
    assert paragraph, f"docs/RUNBOOK.md has no paragraph '## {alert}'"
    assert "```console" in paragraph[1], "it says what to type"


def test_the_runbook_has_no_paragraph_of_an_alert_that_is_gone() -> None:
    runbook = (REPOSITORY / "docs" / "RUNBOOK.md").read_text()
    assert sorted(re.findall(r"^## (\w+)$", runbook, re.MULTILINE)) == ALERTS
