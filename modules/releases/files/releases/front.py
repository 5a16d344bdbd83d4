"""The service's HAProxy, over its admin socket."""

from __future__ import annotations

from collections.abc import Mapping

from releases.description import Description

#: Seconds for one answer; the socket is local, so a front that needs longer is hung.
_ANSWER_S = 3.0


class FrontError(Exception):
    """The front does not do what it is told: it is stopped, starting, hung, or has another configuration."""


class Front:
    """Weights and running requests of the servers, which every backend has by the same names."""

    def __init__(self, description: Description) -> None:
        """Speak to the front that ``description`` names."""
        self._socket = description.socket
        self._jobs = frozenset(description.backends)
        self._backends = (*description.backends, *description.idle_backends)

    def steer(self, weights: Mapping[str, int]) -> None:
        """Give each server (like 0-blue) its weight, in all backends.

        Higher weights come first: a backend whose servers all weigh nothing answers 503.
        """
        ordered = sorted(weights.items(), key=lambda item: -item[1])
        commands = [
            f"set weight {backend}/{server} {weight}"
            for server, weight in ordered
            for backend in self._backends
        ]
        said = [line for line in self._ask(";".join(commands)).splitlines() if line.strip()]
        if said:
            raise FrontError(f"{self._socket}: set weight: {said[0].strip()}")

    def jobs(self, server: str) -> int:
        """Count the requests that a server has of the backends that hold jobs."""
        # HAProxy's manual numbers the fields: 0 the backend, 1 the server, 4 its current sessions.
        rows = [line.split(",", 5) for line in self._ask("show stat -1 4 -1").splitlines() if line]
        return sum(int(row[4]) for row in rows if row[0] in self._jobs and row[1] == server)

    def age(self) -> int:
        """Return for how many seconds the process that answers has run."""
        told = dict(line.partition(": ")[::2] for line in self._ask("show info").splitlines())
        return int(told["Uptime_sec"])

    def _ask(self, command: str) -> str:
        import socket  # not needed where nobody asks

        answer = bytearray()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_ANSWER_S)
                connection.connect(self._socket)
                connection.sendall(f"{command}\n".encode())
                while part := connection.recv(65536):
                    answer += part
        except OSError as error:
            raise FrontError(f"{self._socket}: {error}") from None
        return answer.decode(errors="replace")
