"""The nodes for which new code is compiled, as the `fleet` of the code that serves chooses them.

PuppetDB is asked with the server's key, which no new code may have: what serves production is what this
server itself runs.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from code_deploy.checks import PYTHON
from code_deploy.errors import DeployError
from code_deploy.programs import call, step
from code_deploy.settings import PRODUCTION, Settings


def sample(settings: Settings) -> str:
    """Return what `fleet sample` says, JSON; empty where the new code's own have to do."""
    code = (settings.environments / PRODUCTION).resolve()
    if not settings.nodes or not settings.credentials or not (code / "generator" / "sample.py").is_file():
        return ""
    path = f"{code}:{code}/modules/weights/files"
    words = [PYTHON, "-m", "generator.cli", "sample", "--at-most", str(settings.nodes), "--root", "."]
    try:
        with step("fleet sample"), tempfile.TemporaryDirectory(prefix="code-deploy-") as home:
            _tell_puppetdb(settings, settings.credentials, Path(home))
            said = call(
                words,
                code,
                {"HOME": home, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            )
    except DeployError as error:
        print(f"  ! {error}; the nodes of the repository have to do", flush=True)
        return ""
    # fleet says on its other stream what it does, which comes in between
    return next((line for line in said.splitlines() if line.startswith("[")), "")


def _tell_puppetdb(settings: Settings, credentials: Path, home: Path) -> None:
    """Write where PuppetDB is, and by which certificate it is asked, where fleet looks for that."""
    words = {"cacert": "ca.crt", "cert": "server.crt", "key": "server.key"}
    said = {
        "server_urls": settings.puppetdb_url,
        **{name: str(credentials / file) for name, file in words.items()},
    }
    tools = home / ".puppetlabs" / "client-tools"
    tools.mkdir(parents=True)
    (tools / "puppetdb.conf").write_text(json.dumps({"puppetdb": said}), encoding="utf-8")
