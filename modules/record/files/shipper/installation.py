"""Puts the index template and the policy where they are missing or others, and leaves alone what is right."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from shipper import bulk, template
from shipper.endpoint import Endpoint
from shipper.errors import Unavailable


def install(endpoint: Endpoint, days: int) -> list[str]:
    """Have the template and the policy there: the paths that were put. Raises Unavailable."""
    root = _asked(endpoint, "/")
    version = root.get("version") if isinstance(root, dict) else None
    if not isinstance(version, dict):
        raise Unavailable("what answers at / is neither Elasticsearch nor OpenSearch")
    opensearch = version.get("distribution") == "opensearch"
    if opensearch:
        put = [_policy_of_opensearch(endpoint, days)]
    else:
        put = [_policy(endpoint, days)]
    return [path for path in [*put, _template(endpoint, opensearch)] if path]


def _policy(endpoint: Endpoint, days: int) -> str:
    path, wanted = f"/_ilm/policy/{template.NAME}", template.lifecycle(days)
    there = _asked(endpoint, path)
    meta = _at(there, template.NAME, "policy", "_meta")
    return "" if meta == wanted["policy"]["_meta"] else _put(endpoint, path, wanted)


def _policy_of_opensearch(endpoint: Endpoint, days: int) -> str:
    path, wanted = f"/_plugins/_ism/policies/{template.NAME}", template.state_management(days)
    there = _asked(endpoint, path)
    if _at(there, "policy", "description") == wanted["policy"]["description"]:
        return ""
    if there is None:
        return _put(endpoint, path, wanted)
    # the one that was read, and no other that somebody put meanwhile, is replaced
    which = urlencode({"if_seq_no": there["_seq_no"], "if_primary_term": there["_primary_term"]})
    return _put(endpoint, f"{path}?{which}", wanted)


def _template(endpoint: Endpoint, opensearch: bool) -> str:
    path, wanted = f"/_index_template/{template.NAME}", template.index_template(opensearch)
    there = _asked(endpoint, path)
    found = there.get("index_templates") if isinstance(there, dict) else None
    meta = _at(found[0], "index_template", "_meta") if found else None
    return "" if meta == wanted["_meta"] else _put(endpoint, path, wanted)


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _asked(endpoint: Endpoint, path: str) -> Any:
    status, answer = endpoint.ask("GET", path)
    if status == 404:
        return None
    if status != 200:
        raise _refused("GET", path, status, answer)
    return answer


def _put(endpoint: Endpoint, path: str, wanted: dict[str, Any]) -> str:
    status, answer = endpoint.ask("PUT", path, json.dumps(wanted).encode())
    if status not in (200, 201):
        raise _refused("PUT", path, status, answer)
    return path


def _refused(method: str, path: str, status: int, answer: object) -> Unavailable:
    error = answer.get("error") if isinstance(answer, dict) else None
    return Unavailable(f"{method} {path} is answered by {status}: {bulk.said(error)}".rstrip(": "))
