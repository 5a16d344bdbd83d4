"""The rendered gateway: a real HAProxy on loopback, before nodes that are as small as can be."""

from __future__ import annotations

import csv
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from tests.unit.front.front import HAPROXY, Answer, Front, free_ports
from tests.unit.front.slot import Slot

JOIN, DATA, UPLOAD = "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/upload"
JOBS = {
    "join": JOIN,
    "stream": DATA,
    "session": "session_hash",
    "call": "/gradio_api/call/",
    "event": "event_id",
    "upload": UPLOAD,
}


class Gateway(Front):
    """HAProxy with the rendered configuration, before ``nodes`` that a test starts and stops; each takes jobs."""

    def __init__(
        self, folder: Path, render: Callable[[dict[str, Any]], str], weights: tuple[int, ...] = (1, 1)
    ) -> None:
        if not HAPROXY:
            pytest.skip("haproxy is not on this machine; installing it (`make setup`) takes root")
        self.folder = folder
        self.render = render
        self.port, self.metrics, *ports = free_ports(2 + len(weights))
        names = [f"tts{number}.example" for number in range(1, 1 + len(weights))]
        self.slots = {name: Slot(name, port) for name, port in zip(names, ports, strict=True)}
        for node in self.slots.values():
            node.health = 200
            node.says = {"X-Release": f"v1-{node.name}"}
        self.values: dict[str, Any] = {
            "service": "indextts2",
            "name": "gw1.example",
            "address": "127.0.0.1",
            "port": self.port,
            "metrics_port": self.metrics,
            "ca_bundle": "/nowhere",
            "jobs": JOBS,
            "run_dir": str(folder),
            "nodes": self.nodes(weights),
        }
        self.config = folder / "haproxy.cfg"
        self.log = folder / "log"
        self.process = None

    def nodes(self, weights: tuple[int, ...]) -> list[dict[str, Any]]:
        """Describe the first of the nodes, with these weights, as the template takes them."""
        return [
            {"name": node.name, "address": "127.0.0.1", "port": node.port, "tls": False, "weight": weight}
            for node, weight in zip(self.slots.values(), weights, strict=False)
        ]

    def start(self, taking: bool | None = True, **values: Any) -> None:
        """Start the nodes and the gateway, and wait until it knows that all nodes take jobs, or that none does.

        Where ``taking`` is None, it may know anything.
        """
        for node in self.slots.values():
            node.start()
        super().start(**values)
        for node in (self.values | values)["nodes"] if taking is not None else []:
            self.until(node["name"], "new", "UP" if taking else "DOWN")

    def until(self, node: str, backend: str, state: str) -> None:
        """Wait until a node is UP, or DOWN, by a check of ``backend``'s own; 2 s apart, and two that fail."""
        self.wait_for(lambda: self.checked(node, backend).startswith((state, f"{state} ")), 10)

    def checked(self, node: str, backend: str) -> str:
        """What the checks of ``backend`` say of a node; nothing before the first."""
        for row in self.stats():
            if (row["pxname"], row["svname"]) == (backend, node):
                return row["status"] if row["check_status"] not in ("", "INI") else ""
        return ""

    def stats(self) -> list[dict[str, str]]:
        """What the gateway has counted, by the names of show stat, a row a part."""
        return list(csv.DictReader(self.command("show stat").lstrip("# ").splitlines()))

    def drain(self, node: Slot) -> None:
        """Have a node take no new jobs, and wait until the gateway knows."""
        node.health = 503
        self.until(node.name, "new", "DOWN")

    def client(self, **more: Any) -> Client:
        """Return a client that has not asked yet."""
        return Client(self.port, **more)


@dataclass
class Client:
    """A client at ``source``; one that ``keeps`` cookies is a browser."""

    port: int
    source: str = "127.0.0.1"
    keeps: bool = True
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, body: bytes | dict[str, Any] | None = None, page: bool = False) -> Answer:
        """Ask for ``path``, or post ``body`` to it; a ``page`` as a browser that is led there."""
        headers = {"Accept": "text/html,*/*;q=0.8" if page else "*/*"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=20, source_address=(self.source, 0)
        )
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if self.keeps:
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    self.cookies |= {key: one.value for key, one in SimpleCookie(value).items()}
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content, 0)

    def upload(self) -> str:
        """Send a voice; the node that has it."""
        answer = self.ask(UPLOAD, b"voice")
        assert answer.status == 200
        return answer.text.split()[0]

    def join(self, session: str, size: int = 1) -> str:
        """Send a job; the node that has it."""
        answer = self.ask(JOIN, {"session_hash": session, "data": "x" * size})
        assert answer.status == 200, answer.text
        return str(json.loads(answer.body)["by"])

    def stream(self, session: str) -> str:
        """Read the stream of a job to its end; the node that it came from."""
        answer = self.ask(f"{DATA}?session_hash={session}")
        assert answer.status == 200, answer.text
        return answer.text.split()[1]

    def file(self) -> str:
        """Read a job's audio; the node that it came from."""
        answer = self.ask("/gradio_api/file=/tmp/audio.wav")
        assert answer.status == 200
        return answer.text

    def job(self, session: str) -> set[str]:
        """Do a whole job, from the voice to the audio; the nodes that had a part in it."""
        return {self.upload(), self.join(session), self.stream(session), self.file()}
