"""Pictures beside speech on one node, with stand-ins of both: drawn through the front, and none lost in a switch."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from generator.definition import SERVICES, load_service
from tests.lab.serving import NODE, REVISION

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.faults
ROLE = "modules/role/manifests/tts_node.pp"
STANDIN = Path(__file__).parent / "standin_pictures"
SERVICE = load_service(SERVICES / "stable_diffusion.yaml")
JOB = {"model": "small.safetensors", "text": "a lighthouse", "seed": 7}


def _repository(folder: Path) -> list[str]:
    """Make the stand-in's git repository, anew where a lab that stayed up has it already; its two commits."""
    work = folder.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    folder.unlink(missing_ok=True)
    shutil.copytree(STANDIN, work, ignore=shutil.ignore_patterns("__pycache__"))
    (work / "models" / "checkpoints" / "small.safetensors").write_bytes(b"weights")
    git = ["git", "-C", str(work), "-c", "user.name=lab", "-c", "user.email=lab@lab.test"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    commits = []
    for number in ("one", "two"):
        (work / "VERSION").write_text(number)
        for command in (["add", "--force", "."], ["commit", "--quiet", "--message", f"Release {number}"]):
            subprocess.run([*git, *command], check=True)
        told = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        commits.append(told.stdout.strip())
    folder.symlink_to(work / ".git")
    return commits


@pytest.fixture
def pictures(fleet: Fleet, old: str) -> Iterator[dict[str, object]]:
    """The data of a node that draws, too; afterwards the service is gone."""
    clone = fleet.lab.folders.control
    commits = _repository(clone.parent / "pictures.git")
    role = (clone / ROLE).read_text()
    included = f"if $trusted['certname'] == '{NODE}.lab.test' {{ include stable_diffusion }}"
    pins = {
        f"v{number}": {"commit": commit, "install": "requirements", "python": "3.11"}
        for number, commit in enumerate(commits, 1)
    }
    data: dict[str, object] = {
        "stable_diffusion::revision": "v1",
        "stable_diffusion::releases": pins,
        "stable_diffusion::source": "git://10.77.0.1/pictures.git",
        "stable_diffusion::installer": "pip",
        "stable_diffusion::gpu": "none",
        "stable_diffusion::drain_timeout": 60,
    }
    told, first = f"hieradata/nodes/{NODE}.lab.test.yaml", {REVISION: old}
    files = {
        ROLE: role.replace("include profile::tts", f"include profile::tts\n  {included}"),
        told: yaml.safe_dump(first | data),
    }
    fleet.lab.commit(files, "Draw on a node that speaks")
    yield data
    fleet.on_node(NODE, data | {"stable_diffusion::ensure": "absent"})
    fleet.lab.agent(NODE)
    fleet.lab.commit({ROLE: role, told: yaml.safe_dump(first)}, "Draw no longer")


class Client:
    """Somebody who asks for pictures, and for each until it is there."""

    def __init__(self, address: str) -> None:
        self.base = f"http://{address}:{SERVICE.port}"
        self.pictures: list[bytes] = []
        self.reasons: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Client:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask for no more, and wait for the last."""
        self._end.set()
        self._thread.join(180)

    def _work(self) -> None:
        while not self._end.is_set():
            try:
                self.pictures.append(self.draw(20))
            except Exception as error:  # whatever it is, a picture was lost
                self.reasons.append(f"{type(error).__name__}: {error}")

    def draw(self, steps: int) -> bytes:
        """Ask for one picture, and return it."""
        body = json.dumps({"prompt": {**JOB, "steps": steps}}).encode()
        job = self._json(urllib.request.Request(f"{self.base}/prompt", body))["prompt_id"]
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if found := self._json(f"{self.base}/history/{job}"):
                [image] = found[job]["outputs"]["9"]["images"]
                with urllib.request.urlopen(f"{self.base}/view?filename={image['filename']}") as answer:
                    return bytes(answer.read())
            time.sleep(0.2)
        raise TimeoutError(f"{job} was never done")

    @staticmethod
    def _json(asked: str | urllib.request.Request) -> Any:
        with urllib.request.urlopen(asked, timeout=150) as answer:
            return json.load(answer)


def test_it_draws_beside_what_speaks_and_loses_no_picture_in_a_switch(
    fleet: Fleet, pictures: dict[str, object], old: str
) -> None:
    fleet.converge(NODE)
    with Client(fleet.lab.address(NODE)) as client:
        time.sleep(3)
        fleet.on_node(NODE, pictures | {"stable_diffusion::revision": "v2"})
        fleet.converge(NODE)
        time.sleep(3)
    assert client.reasons == []
    assert len(client.pictures) >= 3
    assert set(client.pictures) == {client.pictures[0]}, "the same job draws the same picture"
    serves = json.loads(fleet.sh(NODE, "releases stable_diffusion status --json"))["stable_diffusion"]
    assert [card["release"].split("-")[0] for card in serves["cards"].values()] == ["v2"]
    assert fleet.release(NODE) == old, "the first service serves on"

    fleet.converge(NODE, changes=False)
    unit = f"{SERVICE.webui}@0-green.service"
    exposure = fleet.sh(NODE, f"systemd-analyze security --no-pager {unit} | tail -n 1")
    assert float(exposure.split(":")[1].split()[0]) <= 1.5, exposure
