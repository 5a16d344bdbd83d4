"""What the endpoint is told of the indices: their fields, and how long they are kept. Data in, data out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

#: The name of the template and of the policy.
NAME = "fleet-record"
PATTERNS = ["fleet-reports-*", "fleet-puppetserver-*", "fleet-journal-*"]

_WORD = {"type": "keyword", "ignore_above": 1024}
_TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 512}}}
_DATE = {"type": "date"}
_NUMBER = {"type": "long"}
_YES = {"type": "boolean"}
_SECONDS = {"type": "float"}
#: Values of properties are text, whatever they were: one of a field that is a number would be refused.
_CHANGE: dict[str, Any] = {
    **dict.fromkeys(("type", "title", "property", "old", "new", "status", "file"), _WORD),
    **dict.fromkeys(("corrective", "noop"), _YES),
    "line": _NUMBER,
    "time": _DATE,
}
_LOG: dict[str, Any] = {
    **dict.fromkeys(("level", "source", "file"), _WORD),
    "message": _TEXT,
    "line": _NUMBER,
    "time": _DATE,
}
_COUNTS = (
    "changed corrective_change failed failed_to_restart out_of_sync restarted scheduled skipped total".split()
)

_TIMINGS = ("total", "config_retrieval", "fact_generation", "plugin_sync")

#: What is not named here is kept, and not searched: so no new field can be in the way of a document.
MAPPINGS: dict[str, Any] = {
    "dynamic": False,
    # a revision is a word, also one that looks like a date or a number
    "dynamic_templates": [{"cohort": {"path_match": "cohort.*", "mapping": _WORD}}],
    "properties": {
        "@timestamp": _DATE,
        **dict.fromkeys(("node", "role", "environment", "status", "transaction_uuid", "catalog_uuid"), _WORD),
        **dict.fromkeys(("commit", "puppet_environment", "puppet_version", "server"), _WORD),
        "cached_catalog_status": _WORD,
        # a field for each service that has a rollout: repositories name them, not nodes
        "cohort": {"type": "object", "dynamic": True},
        **dict.fromkeys(("noop", "noop_pending", "corrective_change"), _YES),
        **dict.fromkeys(("start", "end"), _DATE),
        "resources": {"properties": dict.fromkeys(_COUNTS, _NUMBER)},
        "timings": {"properties": dict.fromkeys(_TIMINGS, _SECONDS)},
        "changes": {"properties": _CHANGE},
        "failures": {"properties": {**_CHANGE, "message": _TEXT}},
        "logs": {"properties": _LOG},
        **dict.fromkeys(("changes_left_out", "failures_left_out", "logs_left_out"), _NUMBER),
        **dict.fromkeys(("level", "thread", "logger"), _WORD),
        **dict.fromkeys(("unit", "priority", "identifier", "pid", "boot_id"), _WORD),
        "message": _TEXT,
    },
}


def index_template(opensearch: bool) -> dict[str, Any]:
    """The index template; Elasticsearch's names the policy, OpenSearch's policy names the indices."""
    settings: dict[str, Any] = {"index": {"number_of_shards": 1}}
    if not opensearch:
        settings["index"]["lifecycle"] = {"name": NAME}
    template: dict[str, Any] = {
        "index_patterns": PATTERNS,
        "priority": 200,
        "template": {"settings": settings, "mappings": MAPPINGS},
    }
    template["_meta"] = {"digest": digest(template)}
    return template


def lifecycle(days: int) -> dict[str, Any]:
    """The policy of Elasticsearch (ILM) by which an index is deleted; each is of one day."""
    phases = {"hot": {"actions": {}}, "delete": {"min_age": f"{days}d", "actions": {"delete": {}}}}
    return {"policy": {"phases": phases, "_meta": {"digest": digest(phases)}}}


def state_management(days: int) -> dict[str, Any]:
    """The same for OpenSearch (ISM), which has no room for a digest but in the description."""
    policy: dict[str, Any] = {
        "default_state": "kept",
        "states": [
            {
                "name": "kept",
                "actions": [],
                "transitions": [{"state_name": "deleted", "conditions": {"min_index_age": f"{days}d"}}],
            },
            {"name": "deleted", "actions": [{"delete": {}}], "transitions": []},
        ],
        "ism_template": [{"index_patterns": PATTERNS, "priority": 200}],
    }
    return {"policy": {"description": f"{NAME} {digest(policy)}", **policy}}


def digest(of: dict[str, Any]) -> str:
    """What tells one text of a setting from another, whatever the endpoint adds to it."""
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]
