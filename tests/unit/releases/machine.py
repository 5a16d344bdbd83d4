"""A node in a folder: the command `releases` as a process, with a systemctl of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from releases.description import Places

PACKAGE = Path(__file__).parents[3] / "modules" / "releases" / "files"
OLD, NEW = "v23-1111111.0000000a", "v24-2222222.0000000b"

#: A systemd as far as this program knows it: a running unit is a file; `broken` in a unit's text does not start.
SYSTEMCTL = """#!/bin/sh
cd "{folder}/systemd" || exit 9
verb=$1
shift
case $verb in
is-active) for unit; do if [ -e "running/$unit" ]; then echo active; else echo inactive; fi; done ;;
start)
  case $1 in
  releases@*) exec {python} -c "$(cat ../main.py)" "${{1#releases@}}" reconcile 2>>../journal ;;
  esac
  if grep -q broken "units/$1"; then exit 1; fi
  : >"running/$1" ;;
stop) [ -e "units/$1" ] || exit 5; rm -f "running/$1" ;;
show) echo Result=exit-code; echo ExecMainStatus=7 ;;
esac
"""
MAIN = """
import sys
sys.path.insert(0, {package!r})
sys.pycache_prefix = {cache!r}
from releases.cli import main
from releases.description import Places
arguments = sys.argv[1:]
arguments[0] = arguments[0].removesuffix(".service")
code = main(arguments, Places(*{places!r}))
sys.exit(code)
"""


class Machine:
    """A node in a folder."""

    def __init__(self, folder: Path) -> None:
        """Describe one service, tts, with two releases and a deployment of each.

        What Python makes of the package is kept beside ``folder``, for all the nodes that are made there.
        """
        self.folder = folder
        for name in ("etc", "states", "locks", "systemd/units", "systemd/running", "bin", "deployments"):
            (folder / name).mkdir(parents=True)
        places = [str(folder / name) for name in ("etc", "states", "locks", "systemd/units")]
        self.places = Places(*places)
        main = MAIN.format(package=str(PACKAGE), places=places, cache=str(folder.parent / "pycache"))
        (folder / "main.py").write_text(main)
        for name, text in {
            "systemctl": SYSTEMCTL.format(folder=folder, python=sys.executable),
            "journalctl": "#!/bin/sh\necho 'RuntimeError: no weights'\n",
        }.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        for identifier in (OLD, NEW):
            stamp = folder / "releases" / identifier.rpartition(".")[0] / ".venv" / ".complete"
            stamp.parent.mkdir(parents=True)
            stamp.write_text("digest\n")
            (folder / "deployments" / f"{identifier}.service").write_text(f"# deployment {identifier}\n")
        self.describe()

    def describe(self, **changes: object) -> None:
        """Write the description, as Puppet does."""
        known = {
            "service": "tts",
            "webui": "tts-webui",
            "front": "tts-front.service",
            "front_dir": str(self.folder),
            "front_ports": ["0.0.0.0:7860"],
            "releases_dir": str(self.folder / "releases"),
            "deployments_dir": str(self.folder / "deployments"),
            "wanted_release": "v24-2222222",
            "handover": "overlap",
            "drain_timeout": 0,
            "ready_timeout": 5,
            "retry_after": 86400,
            "keep_releases": 2,
            "cards": {"0": {"blue": 7861, "green": 7862}},
            "backends": ["streams", "joins", "pages"],
            "entrance": "joins",
            "idle_backends": ["heartbeats"],
        }
        (self.folder / "etc" / "tts.json").write_text(json.dumps({**known, **changes}))

    def start(self, *arguments: str, then: str = "") -> subprocess.Popen[str]:
        """Start `releases` with ``arguments``; ``then`` is run before it ends."""
        main = (self.folder / "main.py").read_text().replace("sys.exit(code)", f"{then}\nsys.exit(code)")
        return subprocess.Popen(
            [sys.executable, "-IS", "-c", main, *arguments],
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, then: str = "") -> subprocess.CompletedProcess[str]:
        """Run `releases` with ``arguments``."""
        process = self.start(*arguments, then=then)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    @property
    def running(self) -> list[str]:
        """Name the units that run."""
        return sorted(path.name for path in (self.folder / "systemd/running").iterdir())
