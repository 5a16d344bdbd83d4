"""The rendered front: a real HAProxy on loopback, asked and steered as clients and `releases` do."""

from __future__ import annotations

import base64
import csv
import http.client
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.front.slot import Slot

HAPROXY = shutil.which("haproxy", path="/usr/local/sbin:/usr/sbin:/usr/bin")
RENDER = """
require 'puppet'
require 'tmpdir'
output = Dir.mktmpdir do |folder|
  Puppet.initialize_settings(['--confdir', folder, '--vardir', folder])
  Puppet[:strict] = :error
  Puppet::Pal.in_tmp_environment('front', modulepath: %w[MODULES], facts: {}) do |pal|
    pal.with_script_compiler do |compiler|
      input.map do |template, values|
        compiler.call_function('inline_epp', template, values)
      end
    end
  end
end
""".replace("MODULES", str(REPOSITORY / "modules"))


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, each another."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@dataclass
class Answer:
    """What came back, after how many seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Later:
    """A request that goes on beside the test."""

    thread: threading.Thread
    found: list[Answer | Exception] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether no answer has come yet."""
        return self.thread.is_alive()

    def answer(self, within: float = 10) -> Answer:
        """Wait for the answer; raise what the request ended in, where that is none."""
        self.thread.join(within)
        assert self.found, f"no answer within {within} s"
        if isinstance(self.found[0], Exception):
            raise self.found[0]
        return self.found[0]


class Front:
    """HAProxy with the rendered configuration, and two slots per card that a test starts and stops."""

    #: the backends that `releases` steers, and the one through which new jobs come
    backends: tuple[str, ...] = ("joins", "streams", "heartbeats", "pages")
    entrance = "joins"

    def __init__(self, folder: Path, render: Callable[[dict[str, Any]], str], cards: int = 1) -> None:
        if not HAPROXY:
            pytest.skip("haproxy is not on this machine; installing it (`make setup`) takes root")
        self.folder = folder
        self.render = render
        self.port, *ports = free_ports(1 + 2 * cards)
        self.slots = {
            f"{card}-{slot}": Slot(f"{card}-{slot}", ports[2 * card + at])
            for card in range(cards)
            for at, slot in enumerate(("blue", "green"))
        }
        self.values: dict[str, Any] = {
            "address": "127.0.0.1",
            "port": self.port,
            "cards": {
                str(card): {slot: self.slots[f"{card}-{slot}"].port for slot in ("blue", "green")}
                for card in range(cards)
            },
            "hold": 20,
            "run_dir": str(folder),
            "notice": str(folder / "map"),
        }
        self.config = folder / "haproxy.cfg"
        self.log = folder / "log"
        self.note({})
        self.process: subprocess.Popen[bytes] | None = None

    def configure(self, **values: Any) -> None:
        """Render the configuration with ``values`` and let HAProxy check it; a warning fails."""
        text = self.render(self.values | values)
        self.config.write_text(text)
        said = subprocess.run(
            [HAPROXY or "", "-c", "-f", self.config], capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr
        assert "WARNING" not in said.stdout + said.stderr, said.stdout + said.stderr

    def start(self, **values: Any) -> None:
        """Run it as the unit does, and wait until it listens."""
        self.configure(**values)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [HAPROXY or "", "-Ws", "-f", self.config, "-S", f"{self.folder}/master.sock,mode,600"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_for(lambda: len(self.workers()) == 1)

    def reload(self) -> None:
        """As the unit's ExecReload does, until the new process serves."""
        assert self.process
        before = self.workers()[0]
        self.process.send_signal(signal.SIGUSR2)
        self.wait_for(lambda: self.workers()[:1] not in ([], [before]))

    def stop(self) -> None:
        """Stop it and the slots."""
        for slot in self.slots.values():
            slot.finish()
            slot.stop()
        self._end()

    def restart(self) -> None:
        """As systemctl restart does."""
        self._end()
        self.start()

    def _end(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def wait_for(self, done: Callable[[], bool], within: float = 5) -> None:
        """Wait until ``done``."""
        end = time.monotonic() + within
        while not done():
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            assert time.monotonic() < end, f"not within {within} s; the front's log:\n{log}"
            time.sleep(0.02)

    def command(self, text: str, name: str = "admin.sock") -> str:
        """What the front answers at one of its sockets; nothing where it is starting anew."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.folder / name))
            connection.sendall(f"{text}\n".encode())
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def workers(self) -> list[int]:
        """The processes that serve, the newest first: those of before a reload finish what they have."""
        try:
            said = self.command("show proc", "master.sock")
        except OSError:
            return []
        lines = [line.split() for line in said.splitlines() if line and not line.startswith("#")]
        return [int(line[0]) for line in lines if line[1] == "worker"]

    def steer(self, *active: str) -> None:
        """Give the slots ``active`` all weight, as `releases` does."""
        lines = [
            f"set server {backend}/{slot} weight {100 if slot in active else 0}"
            for backend in self.backends
            for slot in self.slots
        ]
        said = "".join(self.command(line) for line in lines)
        assert not said.strip(), said

    def note(self, notice: dict[str, str]) -> None:
        """Write down what it says from its start on, as `releases` does."""
        (self.folder / "map").write_text("".join(f"{key} {value}\n" for key, value in notice.items()))

    def until_it_teaches(self) -> None:
        """Wait: a process that has just begun asks its neighbour for 5 s what it knows, and teaches nobody before."""
        teaches = r"id=(front|gateway) .* flags=0x[0-9a-f]*3 "
        self.wait_for(lambda: re.search(teaches, self.command("show peers")) is not None, 8)

    def let_in(self, jobs: bool) -> None:
        """Let new jobs in, or not, as `releases` does."""
        state = "ready" if jobs else "maint"
        said = "".join(
            self.command(f"set server {self.entrance}/{slot} state {state}") for slot in self.slots
        )
        assert not said.strip(), said

    def _sessions(self, server: str, worker: int | None = None) -> int:
        at = f"@!{worker} " if worker else ""
        said = self.command(f"{at}show stat", "master.sock" if worker else "admin.sock")
        lines = said.removeprefix("# ").splitlines()
        rows = csv.DictReader(line for line in lines if line)
        return sum(
            int(row["scur"])
            for row in rows
            if row["svname"] == server and row["pxname"] in ("joins", "streams", "pages")
        )

    def current(self, slot: str, worker: int | None = None) -> int:
        """The jobs of ``slot``, as `releases` counts them for a drain; of another ``worker`` if said."""
        return self._sessions(slot, worker)

    def held(self) -> int:
        """The requests that no slot has yet."""
        return self._sessions("BACKEND") - sum(self.current(slot) for slot in self.slots)

    def ask(
        self,
        path: str,
        body: bytes | dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        user: tuple[str, str] | None = None,
        trust: Path | None = None,
        port: int | None = None,
        timeout: float = 20,
    ) -> Answer:
        """Ask for ``path``, or post ``body`` to it, over TLS where ``trust`` names a certificate."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        began = time.monotonic()
        connection: http.client.HTTPConnection
        if trust:
            context = ssl.create_default_context(cafile=str(trust))
            connection = http.client.HTTPSConnection(
                "localhost", port or self.port, timeout=timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, content, time.monotonic() - began)

    def ask_later(self, path: str, body: bytes | dict[str, Any] | None = None, **more: Any) -> Later:
        """Like :meth:`ask`, beside the test."""

        def run() -> None:
            try:
                later.found.append(self.ask(path, body, **more))
            except Exception as error:
                later.found.append(error)

        later = Later(threading.Thread(target=run, daemon=True))
        later.thread.start()
        return later
