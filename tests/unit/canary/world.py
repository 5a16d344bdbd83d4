"""A fleet as the driver sees it: a remote, and a PuppetDB and a Prometheus that say how its nodes are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from generator.canary import rollout_file
from generator.canary.rollout import COHORTS, Rollout
from tests.unit.canary.control import PIN, git
from tests.unit.local_server import LocalServer, served

SERVICE = "indextts2"
OLD, NEW = f"v23-{PIN[:7]}", f"v24-beta-{PIN[:7]}"
NOW = datetime.now(UTC).replace(microsecond=0)
BEGUN = NOW - timedelta(hours=2)


def name(number: int) -> str:
    """Return the certname of a node."""
    return f"tts{number}.example.org"


ROLLOUT = Rollout(
    service=SERVICE,
    revision="v24-beta",
    steps=(30, 100),
    step=30,
    since=BEGUN,
    interval=600,
    salt="salt",
    members=(name(1), name(2)),
    only=("tts*",),
)


@dataclass
class Node:
    """How a node is; ``code`` is the commit of its last run."""

    certname: str
    code: str | None
    release: str = OLD
    wanted: str = OLD
    serves: datetime = BEGUN - timedelta(days=9)
    #: reports, the last one first: when, and with which code
    reported: datetime = NOW - timedelta(minutes=3)
    first: datetime | None = None
    status: str = "changed"
    cached: str = "not_used"
    error: str | None = None
    failed: str | None = None
    done: float = 400.0
    bad: float = 0.0
    seconds: float | None = 2.0
    restarts: float = 0.0
    memory: float | None = 3e9
    up: float = 1.0
    told: bool = True

    def report(self, at: datetime) -> dict[str, Any]:
        """Return a row of its reports."""
        return {
            "certname": self.certname,
            "hash": self.certname.encode().hex().ljust(40, "0")[:40],
            "transaction_uuid": "11111111-2222-3333-4444-555555555555",
            "catalog_uuid": "11111111-2222-3333-4444-666666666666" if self.code else None,
            "configuration_version": self.code,
            "environment": "production",
            "status": self.status,
            "start_time": stamp(at - timedelta(seconds=40)),
            "end_time": stamp(at),
            "producer_timestamp": stamp(at),
            "noop": False,
            "noop_pending": False,
            "cached_catalog_status": self.cached,
        }

    @property
    def fact(self) -> dict[str, Any]:
        """Return its fact ``releases``."""
        card = {"release": self.release, "commit": PIN, "since": stamp(self.serves)}
        fact: dict[str, Any] = {"wanted": self.wanted, "cards": {"0": card}}
        if self.failed:
            fact["failed"] = {"release": self.wanted, "reason": self.failed, "at": stamp(self.reported)}
        return {SERVICE: fact}


def stamp(at: datetime) -> str:
    """Write a time as PuppetDB does."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class World(LocalServer):
    """The remote at ``remote`` and its nodes; ``away`` names who does not answer."""

    remote: Path
    work: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    #: Whether PuppetDB has reports of a while ago.
    gap: bool = False
    asked: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        LocalServer.__init__(self, _Answers)
        head = self.head
        for number in range(1, 7):
            self.nodes[name(number)] = Node(name(number), head)

    __hash__ = object.__hash__

    @property
    def head(self) -> str:
        """The commit of the remote's branch."""
        return git(self.remote, "rev-parse", "production").strip()

    def write(self, message: str, **files: str | None) -> str:
        """Have an operator change files, by their names, and push; return the commit."""
        git(self.work, "pull", "--quiet", "--ff-only", "origin", "production")
        for path, content in files.items():
            if content is None:
                (self.work / path).unlink()
            else:
                (self.work / path).parent.mkdir(parents=True, exist_ok=True)
                (self.work / path).write_text(content)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", f"--message={message}")
        git(self.work, "push", "--quiet", "origin", "HEAD:production")
        return self.head

    def begin(self, rollout: Rollout = ROLLOUT, **changed: Any) -> Rollout:
        """Have a rollout be under way, and its nodes be there, well."""
        rollout = replace(rollout, **changed)
        self.write("Start", **{str(rollout.file): rollout_file.dump(rollout)})
        self.converge(NOW - timedelta(minutes=100))
        return rollout

    def converge(self, at: datetime, *names: str) -> None:
        """Have nodes run: they get the remote's code, and serve what it gives them."""
        rollout, head = self.rollout, self.head
        members = rollout.members if rollout else ()
        for certname in names or tuple(self.nodes):
            node = self.nodes[certname]
            release = NEW if certname in members else OLD
            if node.release != release:
                node.serves = at
            node.code, node.release, node.wanted, node.first = head, release, release, at
            node.reported = max(node.reported, at)

    @property
    def rollout(self) -> Rollout | None:
        """The rollout as the remote has it."""
        text = git(self.remote, "ls-tree", "--name-only", "production", "--", f"{COHORTS}/{SERVICE}.yaml")
        if not text:
            return None
        from generator.yaml_source import load_text

        file = f"{COHORTS}/{SERVICE}.yaml"
        return rollout_file.parse(load_text(Path(file), git(self.remote, "show", f"production:{file}")))

    def settings(self, state: Path, **more: Any) -> Path:
        """Write the driver's settings, with its folder ``state``."""
        state.parent.mkdir(exist_ok=True, parents=True)
        puppetdb = state.parent / "puppetdb.conf"
        puppetdb.write_text(json.dumps({"puppetdb": {"server_urls": self.url}}))
        said = {
            "remote": str(self.remote),
            "branch": "production",
            "state": str(state),
            "prometheus": self.url,
            "puppetdb": str(puppetdb),
            "author_name": "fleet canary",
            "author_email": "fleet-canary@puppet.example.org",
            **more,
        }
        path = state.parent / "settings.json"
        path.write_text(json.dumps(said))
        return path

    def query(self, pql: str) -> list[dict[str, Any]]:
        """Answer a query in PQL."""
        entity, nodes = pql.partition("[")[0], list(self.nodes.values())
        if entity == "nodes":
            return [{"certname": node.certname} for node in nodes]
        if entity == "reports" and "logs" in pql:
            return [
                {
                    "hash": node.report(NOW)["hash"],
                    "logs": {"data": [{"level": "err", "source": "Puppet", "message": node.error}]},
                }
                for node in nodes
                if node.error and node.report(NOW)["hash"] in pql
            ]
        if entity == "reports" and "limit 1" in pql:
            return [] if self.gap else [{"certname": name(6)}]
        if entity == "reports" and "latest_report?" in pql:
            return [node.report(node.reported) for node in nodes]
        if entity == "reports":
            since = re.search(r'producer_timestamp >= "([^"]+)"', pql)
            assert since, pql
            begun = datetime.fromisoformat(since[1])
            times = [(node, at) for node in nodes for at in (node.reported, node.first) if at and at >= begun]
            wanted = re.findall(r'"([^"]+)"', pql.partition(" in [")[2].partition("]")[0])
            return [node.report(at) for node, at in times if not wanted or node.certname in wanted]
        if entity == "inventory":
            return [
                {
                    "certname": node.certname,
                    "facts.releases": node.fact,
                    "trusted.extensions.pp_role": "tts_node",
                    "trusted.extensions.pp_environment": "prod",
                }
                for node in nodes
            ]
        return []

    def inventory(self) -> list[dict[str, Any]]:
        """Answer the inventory's endpoint, which has all facts."""
        extensions = {"pp_role": "tts_node", "pp_environment": "prod"}
        return [
            {
                "certname": node.certname,
                "environment": "production",
                "timestamp": stamp(NOW),
                "facts": {"os": {"family": "Debian", "name": "Debian", "release": {"major": "12"}}},
                "trusted": {"certname": node.certname, "extensions": extensions},
            }
            for node in self.nodes.values()
        ]

    def vector(self, query: str) -> list[dict[str, Any]]:
        """Answer a query in PromQL."""
        series: list[tuple[dict[str, str], float | None]] = []
        for node in self.nodes.values():
            one: dict[str, str] = {"certname": node.certname}
            if "avg_over_time(up" in query:
                series.append((one, node.up))
            elif not node.told:
                continue
            elif query.startswith("releases_serving_info"):
                series.append(({**one, "release": node.release, "service": SERVICE, "card": "0"}, 1.0))
            elif query.startswith("count by (certname)"):
                series.append((one, 2.0))
            elif "releases_front_jobs_total" in query:
                series += [({**one, "outcome": "done"}, node.done), ({**one, "outcome": "failed"}, node.bad)]
            elif "releases_front_job_seconds" in query:
                series.append((one, node.seconds))
            elif "releases_webui_restarts_total" in query:
                series.append((one, node.restarts))
            elif "releases_webui_memory_bytes" in query:
                series.append((one, node.memory))
        return [
            {"metric": labels, "value": [NOW.timestamp(), str(value)]}
            for labels, value in series
            if value is not None
        ]


class _Answers(BaseHTTPRequestHandler):
    server: World

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        who = "prometheus" if path == "/api/v1/query" else "puppetdb"
        if who in self.server.away:
            return self._say(503, {"error": "away"})
        if who == "prometheus":
            words = parse_qs(body.decode())
            self.server.asked.append((words["query"][0], float(words["time"][0])))
            data = {"resultType": "vector", "result": self.server.vector(words["query"][0])}
            return self._say(200, {"status": "success", "data": data})
        if path.endswith("/inventory"):
            return self._say(200, self.server.inventory())
        return self._say(200, self.server.query(str(json.loads(body)["query"])))

    def _say(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def world(remote: Path, work: Path) -> Iterator[World]:
    """Have it be for as long as the body runs."""
    with served(World(remote, work)) as made:
        yield made
