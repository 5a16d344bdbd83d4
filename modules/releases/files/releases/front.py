"""The service's HAProxy, over its sockets: a master, the worker that serves, and those that a reload left."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from releases import files
from releases.description import Description

#: Where the front notes which server has a session's job, and in gpt0 whether its stream is to come; an entry
#: is kept for an hour after its last request.
_TABLE, _KEPT_MS = "jobs", 3_600_000
#: The key of a notice under which it has the time since which the front counts.
COUNTED = "since"
#: Seconds after its join in which a job's stream is waited for: who is gone by then holds nobody up.
_STREAM_S = 10
#: Seconds for one answer; the socket is local, so a front that needs longer is hung.
_ANSWER_S = 3.0


class FrontError(Exception):
    """The front does not do what it is told: it is stopped, starting, hung, or has another configuration."""


class Front:
    """Weights and running requests of the servers, which every backend has by the same names."""

    def __init__(self, description: Description) -> None:
        """Speak to the front that ``description`` names."""
        self._worker = f"{description.front_dir}/admin.sock"
        self._master = f"{description.front_dir}/master.sock"
        self._jobs = frozenset(description.backends)
        self._entrance = description.entrance
        self._notice = description.notice
        self._backends = (*description.backends, *description.idle_backends)

    def steer(self, weights: Mapping[str, int], closed: bool = False) -> None:
        """Give each server (like 0-blue) its weight, in all backends; ``closed`` lets no new job in.

        Higher weights come first: a backend whose servers all weigh nothing answers 503. Workers that a
        reload left take no weights any more. One that is closed is in maintenance where jobs come in: of
        weight 0, it would have the next job of a session whose stream it has.
        """
        ordered = sorted(weights.items(), key=lambda item: -item[1])
        commands = [
            f"set weight {backend}/{server} {weight}"
            for server, weight in ordered
            for backend in self._backends
        ]
        state = "maint" if closed else "ready"
        commands += [f"set server {self._entrance}/{server} state {state}" for server in weights]
        said = [line for line in _ask(self._worker, ";".join(commands)).splitlines() if line.strip()]
        if said:
            raise FrontError(f"{self._worker}: set weight and state: {said[0].strip()}")

    def weighs(self, weights: Mapping[str, int], closed: bool = False) -> bool:
        """Say whether every server has its weight, in all backends, as :meth:`steer` gives it."""
        rows = [row for row in _servers(self._worker, "") if row[0] in self._backends]
        return bool(rows) and all(
            weights.get(row[1]) == int(row[18])
            and (row[17] == "MAINT") == (closed and row[0] == self._entrance)
            for row in rows
        )

    def posted(self) -> dict[str, str] | None:
        """Return what the process that answers knows as :meth:`post` gives it, None for one without a map."""
        if self._notice is None:
            return None
        said = _ask(self._worker, f"show map {self._notice}")
        if said.startswith("Unknown map"):
            return None
        # its address, its key, its value
        rows = (line.split(maxsplit=2) for line in said.splitlines() if line.startswith("0x"))
        return {row[1]: row[2] if len(row) > 2 else "" for row in rows}

    def post(self, notice: Mapping[str, str]) -> None:
        """Have the process that answers know which release is in which slot, and whether jobs are taken.

        Whether it does is not told: for what it says of itself, no request is to wait. Where it is to count
        from another time on, it counts anew: by its mean of the last 1024 jobs, a slow release would else be
        told from the one before it after hours.
        """
        posted = self.posted()
        if posted is None:
            return
        commands = [f"del map {self._notice} {key}" for key in posted if key not in notice]
        if posted.get(COUNTED) != notice.get(COUNTED):
            commands.append("clear counters all")
        for key, value in notice.items():
            verb = "set" if key in posted else "add"
            if posted.get(key) != value:
                commands.append(f"{verb} map {self._notice} {key} {value}")
        if commands:
            _ask(self._worker, ";".join(commands))

    def note(self, notice: Mapping[str, str]) -> None:
        """Have the processes know it that a start, or a reload, brings."""
        text = "".join(f"{key} {value}\n" for key, value in notice.items())
        if self._notice is not None and files.read(self._notice) != text:
            files.write(self._notice, text, 0o644)

    def stats(self) -> list[dict[str, str]]:
        """Return what the process that answers has counted, by the names of show stat, a row a part."""
        head, *rows = _ask(self._worker, "show stat -1 7 -1").splitlines() or [""]
        names = head.lstrip("# ").split(",")
        return [dict(zip(names, row.split(","))) for row in rows if row]

    def left(self) -> int:
        """Count the workers that a reload left, and that have not ended yet."""
        return len(self._workers()) - 1

    def jobs(self, server: str) -> int:
        """Count the requests that a server has of the backends that hold jobs, and jobs between two of them.

        Those of the workers that a reload left are among them: they end what they have.
        """
        return sum(self._jobs_of(worker, server) for worker in self._workers())

    def _workers(self) -> list[str]:
        rows = [line.split() for line in _ask(self._master, "show proc").splitlines()]
        workers = [row[0] for row in rows if row[1:2] == ["worker"]]
        if not workers:
            raise FrontError(f"{self._master}: show proc: no worker")
        return workers

    def _jobs_of(self, worker: str, server: str) -> int:
        rows = _servers(self._master, f"@!{worker} ")
        running = sum(int(row[4]) for row in rows if row[0] in self._jobs and row[1] == server)
        return running + self._joined(worker, server)

    def _joined(self, worker: str, server: str) -> int:
        lines = _ask(self._master, f"@!{worker} show table {_TABLE} data.gpt0 eq 1").splitlines()
        entries = [
            dict(word.partition("=")[::2] for word in line.split()) for line in lines if "key=" in line
        ]
        # a front without such a table, of a service without streams, has none
        return sum(
            entry.get("server_key") == server and _KEPT_MS - int(entry["exp"]) < _STREAM_S * 1000
            for entry in entries
        )

    def reload(self, master: int) -> None:
        """Have the master process start a new worker; the one before ends what it has."""
        os.kill(master, signal.SIGUSR2)

    def age(self) -> int:
        """Return for how many seconds the process that answers has run."""
        told = dict(line.partition(": ")[::2] for line in _ask(self._worker, "show info").splitlines())
        if not told.get("Uptime_sec", "").isdigit():
            raise FrontError(f"{self._worker}: show info: no Uptime_sec")
        return int(told["Uptime_sec"])


def _servers(path: str, to: str) -> list[list[str]]:
    # HAProxy's manual numbers the fields: 0 the backend, 1 the server, 4 its current sessions, 17 its
    # state, 18 its weight.
    lines = _ask(path, f"{to}show stat -1 4 -1").splitlines()
    return [row for row in (line.split(",") for line in lines if line[:1] != "#") if len(row) > 18]


def _ask(path: str, command: str) -> str:
    import socket  # not needed where nobody asks

    answer = bytearray()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWER_S)
            connection.connect(path)
            connection.sendall(f"{command}\n".encode())
            # the master answers more than one command, and waits for the next
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
    except OSError as error:
        raise FrontError(f"{path}: {error}") from None
    return answer.decode(errors="replace")
