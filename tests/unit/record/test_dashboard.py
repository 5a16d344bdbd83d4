"""The saved dashboard, by what Kibana and OpenSearch Dashboards ask of a file that they import; neither is here to ask."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shipper.template import MAPPINGS, PATTERNS
from tests.unit.record.shipping import MODULE

OBJECTS: list[dict[str, Any]] = [
    json.loads(line) for line in (MODULE / "files" / "dashboard.ndjson").read_text().splitlines()
]
BY_NAME = {(one["type"], one["id"]): one for one in OBJECTS}


def fields(mapping: dict[str, Any], prefix: str = "") -> set[str]:
    """Every field of a mapping that can be searched, by its whole name."""
    found: set[str] = set()
    for name, of in mapping["properties"].items():
        found |= fields(of, f"{prefix}{name}.") if "properties" in of else {prefix + name}
    return found


def inner(one: dict[str, Any], name: str) -> Any:
    return json.loads(one["attributes"].get(name, "{}"))


def test_the_patterns_are_those_of_the_indices() -> None:
    assert [one["attributes"]["title"] for one in OBJECTS if one["type"] == "index-pattern"] == PATTERNS


def test_every_reference_leads_to_an_object_of_the_file_and_every_name_has_one() -> None:
    for one in OBJECTS:
        names = re.findall(
            r'(?:indexRefName|panelRefName)[\\"]+: [\\"]+([\w.]+)', json.dumps(one["attributes"])
        )
        assert sorted(names) == sorted(reference["name"] for reference in one["references"]), one["id"]
        assert all((reference["type"], reference["id"]) in BY_NAME for reference in one["references"]), one[
            "id"
        ]


@pytest.mark.parametrize(
    "one", [one for one in OBJECTS if one["type"] != "index-pattern"], ids=lambda one: one["id"]
)
def test_it_asks_for_fields_that_the_template_has(one: dict[str, Any]) -> None:
    known = fields(MAPPINGS)
    asked = {
        agg["params"]["field"] for agg in inner(one, "visState").get("aggs", []) if "field" in agg["params"]
    }
    asked |= set(one["attributes"].get("columns", []))
    query = json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]
    asked |= set(re.findall(r"([\w.]+):", query))
    assert asked <= known


def test_no_panel_lies_on_another() -> None:
    panels = [panel["gridData"] for panel in inner(BY_NAME["dashboard", "fleet-record"], "panelsJSON")]
    cells = [
        (x, y)
        for at in panels
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 48
