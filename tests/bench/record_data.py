"""A made-up fleet's record: the commands by which Puppet Server would have told PuppetDB of it.

The same numbers give the same fleet; times are those before ``now``. A run changes something now and then, mostly
puts right what somebody keeps changing by hand, and some nodes are in the troubles that ``fleet status`` names.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parents[1] / "facts" / "debian-12.json"
#: Between two runs of a node.
INTERVAL = timedelta(minutes=30)
#: As many nodes have one of each kind.
NODES_OF_DIGEST = 12
#: Of a catalogue, as many as a node of the role tts_node has without a card.
RESOURCES = 150
#: Commits of the code and releases of the service, the newest last.
COMMITS = tuple(hashlib.sha1(f"code {number}".encode()).hexdigest() for number in range(6))
RELEASES = ("v1.5.0-9f3ce2b-5d1a0c4", "v2.0.0-830f6f8-0a1b2c3", "v2.5.0-1c77e0a-77ab10f")
#: What somebody keeps changing by hand: type, title, property, the value that is put back, the one that was there.
RELOAD = "indextts2: reload the front"
BY_HAND = (
    ("File", "/etc/indextts2/front/haproxy.cfg", "content", "{sha256}4be1", "{sha256}"),
    ("Service", "indextts2-front.service", "ensure", "running", "stopped"),
    ("File", "/opt/indextts2/cache_hub", "mode", "0750", "0777"),
    ("User", "tts-user", "shell", "/usr/sbin/nologin", "/bin/bash"),
    ("Ini_setting", "puppet.conf: agent's runinterval", "value", "30m", "24h"),
)
#: The metrics of a report, as an agent sends them: category, names.
METRICS = (
    (
        "resources",
        "changed corrective_change failed failed_to_restart out_of_sync restarted scheduled skipped total",
    ),
    ("events", "failure success total"),
    ("changes", "total"),
    (
        "time",
        "catalog_application config_retrieval convert_catalog exec fact_generation file filebucket group ini_setting"
        " node_retrieval package plugin_sync schedule service startup_time total transaction_evaluation user vcsrepo",
    ),
)


@dataclass(frozen=True)
class Command:
    """One command of PuppetDB's: its name, version, and what it says of a node."""

    name: str
    version: int
    certname: str
    payload: dict[str, Any]

    @property
    def sent(self) -> str:
        """When it was sent."""
        return str(self.payload["producer_timestamp"])


def described(nodes: int, now: datetime) -> Iterator[Command]:
    """Yield the facts and the catalogue of each node."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    for number, (name, start) in enumerate(_starts(nodes, now).items()):
        yield Command("replace_facts", 5, name, _facts(number, name, start, facts))
        yield Command("replace_catalog", 9, name, _catalogue(number, name, start))


def reports(nodes: int, runs: range, now: datetime) -> Iterator[Command]:
    """Yield the report of each node of each of the ``runs``, which are counted from the last."""
    starts = _starts(nodes, now)
    for run in runs:
        for number, (name, start) in enumerate(starts.items()):
            if run >= _missed(number):
                yield Command("store_report", 8, name, _report(number, name, run, start - run * INTERVAL))


def count(nodes: int, runs: range) -> int:
    """Return how many reports :func:`reports` yields."""
    return sum(run >= _missed(number) for run in runs for number in range(nodes))


def _starts(nodes: int, now: datetime) -> dict[str, datetime]:
    """Map each node to when its last run began."""
    rng = random.Random(nodes)
    latest = INTERVAL.total_seconds() - 5
    names = [f"tts-{number:04}.example.org" for number in range(nodes)]
    return {name: now - timedelta(seconds=rng.uniform(20, latest)) for name in names}


def transaction(name: str, run: int) -> str:
    """Name the transaction of a node's run, counted from the last."""
    return _uuid(name, "transaction", run)


def _missed(number: int) -> int:
    """Return how many of its last runs a node did not report: some are silent."""
    return 6 if number % 100 == 7 else 0


def wanted(number: int) -> str:
    """Name the release that a node is told to serve: a tenth of them the newest, some still the oldest."""
    return RELEASES[2 if number % 10 == 0 else 0 if number % 50 == 1 else 1]


def _serves(number: int) -> str:
    """Name the release that serves at the start of the last run: some did not come up, some are replaced in it."""
    return RELEASES[1] if number % 250 == 0 else RELEASES[0] if _switches(number) else wanted(number)


def _switches(number: int) -> bool:
    return number % 40 == 2


def _facts(number: int, name: str, at: datetime, facts: dict[str, Any]) -> dict[str, Any]:
    held = number % 250 == 0
    failed = {"release": wanted(number), "reason": "it did not answer within 300 s", "at": _time(at)}
    serving = {"release": _serves(number), "commit": COMMITS[0], "since": "2026-11-20T08:00:00Z"}
    extensions = {"pp_role": "tts_node", "pp_environment": "staging" if number % 20 == 0 else "prod"}
    values = facts | {
        "networking": {**facts["networking"], "fqdn": name, "hostname": name.partition(".")[0]},
        "system_uptime": {"seconds": number * 977, "uptime": f"{number % 90} days"},
        "releases": {
            "indextts2": {
                "wanted": wanted(number),
                "cards": {"0": serving},
                "failed": failed if held else None,
            }
        },
        "trusted": {
            "authenticated": "remote",
            "certname": name,
            "domain": "example.org",
            "extensions": extensions,
            "external": {},
            "hostname": name.partition(".")[0],
        },
    }
    head = {"certname": name, "environment": "production", "producer": "puppet.example.org"}
    return {**head, "producer_timestamp": _time(at), "values": values}


def _catalogue(number: int, name: str, at: datetime) -> dict[str, Any]:
    resources = [
        _resource("Stage", "main", {}),
        _resource("Class", "Profile::Puppet_agent", {"runinterval": "30m", "server": "puppet.example.org"}),
        _resource("Class", "Indextts2", {"revision": wanted(number).partition("-")[0], "port": 7860}),
        _resource(
            "Exec", f"indextts2: serve {wanted(number)}.456090cd", {"logoutput": True, "timeout": 1200}
        ),
    ]
    kinds = ("File", "Exec", "Package", "Service", "Ini_setting")
    for place in range(RESOURCES - len(resources)):
        kind, owner = kinds[place % len(kinds)], "tts-user" if place % 7 else "root"
        resources.append(_resource(kind, f"/etc/indextts2/{place:03}", {"ensure": "present", "owner": owner}))
    return {
        "certname": name,
        "version": COMMITS[-1],
        "environment": "production",
        "transaction_uuid": transaction(name, 0),
        "catalog_uuid": _uuid(name, "catalogue", 0),
        "code_id": None,
        "job_id": None,
        "producer_timestamp": _time(at),
        "producer": "puppet.example.org",
        # none: they are half of what a catalogue costs PuppetDB to store, and nothing that is measured asks for them
        "edges": [],
        "resources": resources,
    }


def _resource(kind: str, title: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "title": title,
        "aliases": [],
        "exported": False,
        "file": "/etc/puppet/code/environments/production/modules/indextts2/manifests/webui.pp",
        "line": 100,
        "tags": [kind.lower(), "class", "indextts2", "role::tts_node"],
        "parameters": parameters,
    }


def _report(number: int, name: str, run: int, start: datetime) -> dict[str, Any]:
    rng = random.Random(f"{name} {run}")
    no_catalogue, failed = number % 200 == 3 and run < 3, number % 200 == 4 and run < 2
    noop = number % 500 == 5
    resources = [] if no_catalogue else _changes(rng, start, failed, noop)
    if _switches(number) and run == 0:
        title = f"indextts2: serve {wanted(number)}.456090cd"
        resources.append(_change(start, "Exec", title, "returns", "notrun", "0", "success", corrective=False))
    changed = [one for one in resources if one["events"][0]["status"] == "success"]
    status = "failed" if no_catalogue or failed else "changed" if changed else "unchanged"
    end = start + timedelta(seconds=rng.uniform(6, 14))
    return {
        "certname": name,
        "job_id": None,
        "puppet_version": "7.23.0",
        "report_format": 12,
        "configuration_version": "" if no_catalogue else _code(number, run),
        "producer_timestamp": _time(end),
        "producer": "puppet.example.org",
        "start_time": _time(start),
        "end_time": _time(end),
        "environment": "production",
        "transaction_uuid": transaction(name, run),
        "catalog_uuid": None if no_catalogue else _uuid(name, "catalogue", run),
        "code_id": None,
        "cached_catalog_status": "on_failure" if number % 300 == 9 and run < 4 else "not_used",
        "status": status,
        "noop": noop,
        "noop_pending": noop and bool(resources),
        "corrective_change": any(one["corrective_change"] for one in resources),
        "logs": _logs(start, no_catalogue, failed),
        "metrics": [
            {"category": category, "name": one, "value": round(rng.uniform(0, 9), 3)}
            for category, names in METRICS
            for one in names.split()
        ],
        "resources": resources,
        "type": "agent",
    }


def _code(number: int, run: int) -> str:
    """Name the commit of a run: a deploy every two hours, the last of which some nodes have not seen yet."""
    deploys = 0 if run == 0 and number % 9 else 1
    return COMMITS[-1 - min(deploys + run // 4, len(COMMITS) - 1)]


def _changes(rng: random.Random, at: datetime, failed: bool, noop: bool) -> list[dict[str, Any]]:
    """Return what a run changed: in one of eight something, mostly what somebody had changed by hand."""
    done = "noop" if noop else "success"
    found = []
    if rng.random() < 1 / 8:
        for kind, title, name, new, old in rng.sample(BY_HAND, k=rng.choice((1, 1, 1, 2))):
            old += f"{rng.randrange(16**4):04x}" if old.endswith("}") else ""
            found.append(_change(at, kind, title, name, old, new, done, corrective=True))
    if rng.random() < 1 / 20:
        title = f"/etc/indextts2/deployments/{rng.randrange(9)}.service"
        found.append(_change(at, "File", title, "ensure", "absent", "file", done, corrective=False))
        # Puppet calls it so, and no hand was in it
        found.append(_change(at, "Exec", RELOAD, "returns", "notrun", "0", done, corrective=True))
    if failed:
        title = "indextts2: install v2.0.0"
        found.append(_change(at, "Exec", title, "returns", "notrun", "0", "failure", corrective=False))
    return found


def _change(
    at: datetime, kind: str, title: str, name: str, old: str, new: str, status: str, *, corrective: bool
) -> dict[str, Any]:
    message = {
        "success": f"{old} changed to {new}",
        "noop": f"current_value {old}, should be {new} (noop)",
        "failure": f"change from {old} to {new} failed: exited 1",
    }[status]
    event = {
        "status": status,
        "timestamp": _time(at),
        "name": f"{name}_changed",
        "property": name,
        "new_value": new,
        "old_value": old,
        "message": message + (" (corrective)" if corrective else ""),
        "corrective_change": corrective,
    }
    return {
        "timestamp": _time(at),
        "resource_type": kind,
        "resource_title": title,
        "skipped": False,
        "file": "/etc/puppet/code/environments/production/modules/indextts2/manifests/front.pp",
        "line": 42,
        "containment_path": ["Stage[main]", "Indextts2::Front", f"{kind}[{title}]"],
        "corrective_change": corrective,
        "events": [event],
    }


def _logs(at: datetime, no_catalogue: bool, failed: bool) -> list[dict[str, Any]]:
    lines = [("notice", "Puppet", "Applied catalog in 4.21 seconds")]
    if no_catalogue:
        said = (
            "Could not retrieve catalog from remote server: Error 500 on SERVER: Server Error: Evaluation Error: Error while"
            " evaluating a Resource Statement, Function indextts2::pin: indextts2::revision is 'v3.0.0', which"
            " indextts2::releases does not pin (file: /etc/puppet/code/environments/production/manifests/site.pp, line: 9)"
        )
        lines = [("err", "Puppet", said), ("err", "Puppet", "Could not retrieve catalog; skipping run")]
    if failed:
        source = "/Stage[main]/Indextts2::Release/Exec[indextts2: install v2.0.0]/returns"
        lines.insert(0, ("err", source, "change from 'notrun' to ['0'] failed: exited 1"))
    return [
        {
            "file": None,
            "line": None,
            "level": level,
            "message": text,
            "source": source,
            "tags": [level],
            "time": _time(at),
        }
        for level, source, text in lines
    ]


def _uuid(*words: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, " ".join(str(word) for word in words)))


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
