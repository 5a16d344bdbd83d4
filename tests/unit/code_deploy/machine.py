"""A Puppet server's machine in a folder: where code is deployed, and what stands in for the programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from code_deploy.record import Deploy
from code_deploy.run import deploy
from code_deploy.settings import Settings
from tests.unit.control_files import write
from tests.unit.local_server import LocalServer

#: Copies the folder below BRANCHES to where the settings say, as r10k would: a file `why` is a failure, its text the reason.
R10K = """\
#!/bin/sh
[ "$1 $2" = 'deploy environment' ] || exit 64
name=$3
case $name in -*) echo 'each branch is asked for by its name'; exit 64 ;; esac
branch=$BRANCHES/$name
[ ! -e "$BRANCHES/why" ] || { printf 'ERROR\\t -> '; cat "$BRANCHES/why"; exit 1; }
[ -d "$branch" ] || { printf "ERROR\\t -> Environment(s) '%s' cannot be found in any source\\n" "$name"; exit 1; }
rm -rf "$STAGING/$name"
cp -r "$branch" "$STAGING/$name"
ok=true
[ ! -e "$branch/why" ] || { printf 'ERROR\\t -> '; cat "$branch/why"; ok=false; }
printf '{"name": "%s", "signature": "%s", "deploy_success": %s}\\n' \\
  "$name" "$(cat "$branch/commit")" "$ok" >"$STAGING/$name/.r10k-deploy.json"
[ "$ok" = true ]
"""
#: Finds a file with the word BROKEN in it wrong; and notes each call.
PUPPET = """\
#!/bin/sh
echo "$1 $2" >>"$BRANCHES/../calls"
case $2 in types)
  for last; do case $last in --environmentpath=*) mkdir "${last#*=}/production/.resource_types" ;; esac; done
esac
for file; do
  case $file in -*) ;; *) if grep -qs BROKEN "$file"; then echo "Error: Could not parse ($file:1)"; exit 1; fi ;; esac
done
"""


class PuppetServer(LocalServer):
    """The part of Puppet Server that a deploy speaks to: ``flushes`` are its requests, ``status`` its answer."""

    def __init__(self) -> None:
        """Answer well."""
        super().__init__(_Admin)
        self.flushes: list[str] = []
        self.status = 204


class _Admin(BaseHTTPRequestHandler):
    def do_DELETE(self) -> None:
        assert isinstance(self.server, PuppetServer)
        self.server.flushes.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class Machine:
    """A machine below ``folder``; its Puppet server is at ``url``, its checks behind the socket ``checker``."""

    def __init__(self, folder: Path, url: str, checker: Path) -> None:
        """Make its folders and programs."""
        self.folder = folder
        self.branches = folder / "branches"
        self.settings = Settings(
            environments=folder / "environments",
            state=folder / "state",
            r10k=folder / "r10k.yaml",
            modules=False,
            cache_url=f"{url}/puppet-admin-api/v1/environment-cache",
            puppetdb_url="https://puppetdb.invalid:8081",
            nodes=20,
            keep=2,
            branches=("production", "other", "broken"),
            checker=checker,
            interval=300,
        )
        # no test can cut the power: that all is on the disk by then is sync's affair, which takes its time
        write(folder, {"bin/r10k": R10K, "bin/puppet": PUPPET, "bin/sync": "#!/bin/sh\n"})
        for each in (folder / "bin").iterdir():
            each.chmod(0o755)
        for each in (self.branches, self.settings.environments, self.settings.state):
            each.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """What the programs find in their environment."""
        return {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "BRANCHES": str(self.branches),
            "STAGING": str(self.settings.staging),
        }

    def branch(self, name: str, commit: str, files: Mapping[str, str]) -> None:
        """Have a branch hold ``files`` at ``commit`` (a word, of which a commit is made)."""
        folder = self.branches / name
        if folder.exists():
            self.cut(name)
        folder.mkdir()
        write(folder, {"commit": commit.ljust(40, "0"), **files})

    def cut(self, name: str) -> None:
        """Take a branch away."""
        for path in sorted((self.branches / name).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (self.branches / name).rmdir()

    def deploy(self, only: str | None = None, check: bool = False) -> Deploy:
        """Deploy, and return what became of the first environment."""
        os.environ.update(self.environment)
        return deploy(self.settings, only, check)[0]

    def said(self, environment: str = "production") -> str:
        """What the site of an environment says now."""
        return (self.settings.environments / environment / "manifests" / "site.pp").read_text()

    def versions(self, environment: str = "production") -> list[str]:
        """The versions of an environment that are on the disk, the oldest first, by the words of their commits."""
        names = sorted(path.name for path in (self.settings.versions / environment).iterdir())
        return [name.rpartition("-")[2].rstrip("0") for name in names]

    def record(self) -> list[dict[str, Any]]:
        """The lines of the record."""
        path = self.settings.state / "deploys.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def metrics(self) -> str:
        """What Prometheus is told."""
        return (self.settings.state / "code_deploy.prom").read_text()

    def calls(self) -> list[str]:
        """What Puppet was called for since the last time that this was asked."""
        path = self.folder / "calls"
        calls = sorted(path.read_text().split("\n")[:-1]) if path.exists() else []
        path.unlink(missing_ok=True)
        return calls
