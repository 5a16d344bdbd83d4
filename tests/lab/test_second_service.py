"""A second service, by its definition alone, beside the first on one node; and text that gets through whole.

The service is the one of tests/golden/echo_tiny: it answers with the command line and the environment
that its process got.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.definition import load_service
from tests.lab.serving import NODE, REVISION

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

ROLE = "modules/role/manifests/tts_node.pp"
GOLDEN = Path(__file__).parents[1] / "golden" / "echo_tiny"
SERVICE = load_service(GOLDEN / "services" / "echo_tiny.yaml")

#: What the definition's own texts do not have, from Hiera this time (which reads %{…} as its own).
ODD = 'It\'s "$5" ${HOME} $$ #{x} 50 %n %% \\n \\\n\t; 你好 😀 \\'

PROGRAM = """
import argparse, http.server, json, os, sys

parser = argparse.ArgumentParser()
parser.add_argument("--bind")
parser.add_argument("--listen-port", type=int)
known, _ = parser.parse_known_args()


class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"argv": sys.argv[1:], "environ": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer((known.bind, known.listen_port), Echo).serve_forever()
"""


def _repository(folder: Path) -> str:
    """Make the service's git repository, anew where a lab that stayed up has it already; its commit."""
    work = folder.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    folder.unlink(missing_ok=True)
    files = {"server/main.py": PROGRAM, "requirements.txt": "", "spool/.keep": ""}
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    git = ["git", "-C", str(work), "-c", "user.name=lab", "-c", "user.email=lab@lab.test"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Echo"]):
        subprocess.run([*git, *command], check=True)
    (folder).symlink_to(work / ".git")
    return subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def echo(fleet: Fleet, old: str) -> Iterator[dict[str, object]]:
    """The data of a node that runs the second service too; afterwards the service and its code are gone."""
    clone = fleet.lab.folders.control
    commit = _repository(clone.parent / "echo_tiny.git")
    role = (clone / ROLE).read_text()
    module = GOLDEN / "modules" / "echo_tiny"
    files = {
        f"modules/echo_tiny/{path.relative_to(module)}": path.read_text()
        for path in module.rglob("*")
        if path.is_file()
    }
    files[ROLE] = role.replace(
        "include profile::tts",
        f"include profile::tts\n  if $trusted['certname'] == '{NODE}.lab.test' {{ include echo_tiny }}",
    )
    data: dict[str, object] = {
        "echo_tiny::revision": "v1",
        "echo_tiny::releases": {"v1": {"commit": commit, "install": "requirements", "python": "3.11"}},
        "echo_tiny::source": "git://10.77.0.1/echo_tiny.git",
        "echo_tiny::installer": "pip",
        "echo_tiny::secret_word": "sésame",
        "echo_tiny::extra_args": ["--odd", ODD, ""],
        "echo_tiny::environment": {"ODD": ODD, "EMPTY": ""},
    }
    # at once: data of a service that is not there, or a service without data, is not deployed
    told, first = f"hieradata/nodes/{NODE}.lab.test.yaml", {REVISION: old}
    files[told] = yaml.safe_dump(first | data, allow_unicode=True)
    fleet.lab.commit(files, "Run a second service")
    yield data
    fleet.on_node(NODE, data | {"echo_tiny::ensure": "absent"})
    fleet.lab.agent(NODE)
    without = {**dict.fromkeys(files), ROLE: role, told: yaml.safe_dump(first)}
    fleet.lab.commit(without, "Run it no longer")


def test_it_runs_beside_the_first_and_gets_every_text_as_it_was_written(
    fleet: Fleet, echo: dict[str, object], old: str
) -> None:
    fleet.converge(NODE)

    with urllib.request.urlopen(f"http://{fleet.lab.address(NODE)}:{SERVICE.port}/", timeout=20) as answer:
        got = json.load(answer)
    defaults = {parameter.name: parameter.default for parameter in SERVICE.parameters}
    arguments = got["argv"]
    assert arguments[-3:] == ["--odd", ODD, ""]
    assert arguments[arguments.index("--motto") + 1] == defaults["motto"]
    assert arguments[arguments.index("--mode") + 1] == defaults["mode"]
    assert "--loud" in arguments
    assert got["environ"]["ODD"] == ODD
    assert got["environ"]["EMPTY"] == ""
    assert got["environ"]["ECHO_GREETING"] == SERVICE.environment["ECHO_GREETING"]
    assert got["environ"]["ECHO_SECRET_WORD"] == "sésame"
    assert got["environ"]["ECHO_DELAY"] == str(defaults["delay"])

    assert fleet.release(NODE) == old, "the first service serves on"
    fleet.converge(NODE, changes=False)
    exposure = fleet.sh(
        NODE, f"systemd-analyze security --no-pager {SERVICE.webui}@0-blue.service | tail -n 1"
    )
    assert float(exposure.split(":")[1].split()[0]) <= 1.5, exposure
