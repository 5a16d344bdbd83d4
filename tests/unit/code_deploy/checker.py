"""What systemd does for code-check.socket: a process of its own for each connection."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from code_deploy import judge

#: The Python of these tests has what fleet needs.
JUDGE = (
    "import sys; from code_deploy import checks; checks.PYTHON = sys.executable\n"
    "from code_deploy.judge import main; sys.exit(main())"
)


@contextmanager
def listening(program: list[str] | None = None) -> Iterator[Path]:
    """Yield the path of a socket behind which ``program`` answers, or else the judge itself."""
    path = f"PYTHONPATH={Path(judge.__file__).parents[1]}"
    command = program or ["env", path, sys.executable, "-c", JUDGE]
    # the path of a socket has at most 107 bytes
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        place = Path(folder, "code-check")
        listener.bind(str(place))
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, command), daemon=True)
        thread.start()
        yield place
        # wakes accept(2), which does not notice that the socket is closed
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(listener: socket.socket, command: list[str]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            subprocess.run(command, stdin=connection.fileno(), stdout=connection.fileno())
