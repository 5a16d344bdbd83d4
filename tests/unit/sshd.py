"""A real ssh server on loopback, of keys of its own, and an ssh client that knows nothing but what a test says."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.origin import Threads, served

SSH = shutil.which("ssh")
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Sshd:
    """The server's and the client's keys and settings, in ``folder``; :meth:`serve` starts the server."""

    def __init__(self, folder: Path) -> None:
        if not SSHD:
            pytest.skip("sshd is not on this machine; installing it (`make setup`) takes root")
        if os.getuid() == 0:
            # where root's sshd locks a connection in that has not logged in yet; Debian's unit makes it at a start
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.folder = folder
        self.log = folder / "log"
        self.client = folder / "client"
        self.known_hosts = folder / "known_hosts"
        self.user = pwd.getpwuid(os.getuid()).pw_name
        folder.mkdir()
        for key in ("host", "user", "stranger"):
            self.make_key(key)
        self.let_in("user")
        self.say("Use of this machine is watched.")
        self.settings = ""
        self.client.write_text(
            f"IdentityFile {folder / 'user'}\nIdentitiesOnly yes\nIdentityAgent none\n"
            f"UserKnownHostsFile {self.known_hosts}\nGlobalKnownHostsFile /dev/null\n"
        )

    def make_key(self, name: str, passphrase: str = "") -> None:
        """Make the key ``name`` anew."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(path)]
        subprocess.run(command, check=True)

    def let_in(self, key: str) -> None:
        """Let this key in, and no other."""
        shutil.copyfile(self.folder / f"{key}.pub", self.folder / "authorized_keys")

    def say(self, banner: str) -> None:
        """Greet with ``banner``."""
        (self.folder / "banner").write_text(f"{banner}\n")

    @contextmanager
    def serve(self, known: str = "host") -> Iterator[str]:
        """Serve; gives what an address begins with. The client knows the host by the key ``known``."""
        config = self.folder / "server"
        config.write_text(
            f"HostKey {self.folder / 'host'}\nAuthorizedKeysFile {self.folder / 'authorized_keys'}\n"
            f"Banner {self.folder / 'banner'}\nLogLevel VERBOSE\nStrictModes no\nPermitRootLogin yes\n"
            f"KbdInteractiveAuthentication no\nAcceptEnv GIT_PROTOCOL\n{self.settings}"
        )
        command = [str(SSHD), "-i", "-f", str(config), "-E", str(self.log)]

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                ends = self.request.fileno()
                subprocess.run(command, stdin=ends, stdout=ends, stderr=subprocess.DEVNULL, check=False)

        with served(Connection, Threads) as address:
            host, _, port = address.partition(":")
            public = (self.folder / f"{known}.pub").read_text() if known else ""
            self.known_hosts.write_text(f"[{host}]:{port} {public}" if known else "")
            yield f"ssh://{self.user}@{address}"

    def wrapper(self) -> Path:
        """An ``ssh`` that reads this client's settings, in a folder of its own."""
        path = self.folder / "bin" / "ssh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\nexec {SSH} -F {shlex.quote(str(self.client))} "$@"\n')
        path.chmod(0o755)
        return path
