"""The article's way to run and to update the web UI: one checkout, changed in place, and a restart.

It stands on a node of ours, in place of our front: the same machine, weights and Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.conftest import Fleet

FOLDER = "/srv/article"
UNIT = f"""\
[Service]
WorkingDirectory={FOLDER}
ExecStart={FOLDER}/.venv/bin/python webui.py --host 0.0.0.0 --port 7860 --model_dir checkpoints
Environment=GRADIO_ANALYTICS_ENABLED=False HF_HUB_CACHE=checkpoints/hub HF_HUB_OFFLINE=1
Restart=always
"""
#: Our own, which has the port; Puppet starts it again.
OURS = "'indextts2-front.service' 'indextts2-webui@*.service'"
#: The weights that a release wants, which our own service has fetched.
WEIGHTS = {"v23": "standin-2-", "v24-beta": "standin-2.5-"}
READY = "curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:7860/config"


@contextmanager
def node(fleet: Fleet, name: str, release: str) -> Iterator[None]:
    """Have node ``name`` serve ``release`` in the article's way for as long as the body runs, then in ours again."""
    try:
        fleet.sh(name, f"rm -rf {FOLDER} && git clone --quiet git://10.77.0.1/standin.git {FOLDER}")
        fleet.sh(name, f"cd {FOLDER} && /usr/bin/python3 -m venv .venv && {_update(release)}")
        fleet.sh(name, f"systemctl stop {OURS}")
        fleet.sh(
            name, f"cat >/run/systemd/system/article.service <<'END'\n{UNIT}END\nsystemctl daemon-reload"
        )
        fleet.sh(name, "systemctl start article.service")
        fleet.wait(name, READY, 120)
        yield
    finally:
        fleet.sh(name, f"systemctl stop article.service; rm -rf {FOLDER}", check=False)
        fleet.sh(name, "rm -f /run/systemd/system/article.service; systemctl daemon-reload", check=False)
        run = fleet.lab.agent(name)
        assert run.code in (0, 2), run.output


def bump(fleet: Fleet, name: str, release: str) -> None:
    """Update to ``release`` as the article says, and wait until it answers."""
    fleet.sh(name, f"cd {FOLDER} && {_update(release)} && systemctl restart article.service")
    fleet.wait(name, READY, 120)


def _update(release: str) -> str:
    """Make the commands that bring the checkout, its Python packages and its weights to ``release``."""
    return (
        # pip has authorities of its own; the ones of the machine know a proxy that stands before the registry
        f"git checkout --quiet {release} && export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
        " && .venv/bin/pip install --quiet '.[webui]'"
        f" && rm -rf checkpoints && ln -s /opt/indextts2/cache_hub/{WEIGHTS[release]}* checkpoints"
    )
