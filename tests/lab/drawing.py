"""Pictures in the lab: the stand-in's repository, the data by which a node draws, and somebody who asks for one."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.definition import SERVICES, load_service
from tests.lab import origins
from tests.lab.serving import HOST

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVICE = load_service(SERVICES / "stable_diffusion.yaml")
STANDIN = Path(__file__).parent / "standin_pictures"
JOB = {"model": "small.safetensors", "text": "a lighthouse", "seed": 7}


def data(fleet: Fleet) -> dict[str, object]:
    """Make the stand-in's repository; the data of a node that draws by its first release, v1."""
    repository = fleet.lab.folders.control.parent / "pictures.git"
    commits = origins.make(repository, STANDIN, {"models/checkpoints/small.safetensors": b"weights"})
    pins = {
        f"v{number}": {"commit": commit, "install": "requirements", "python": "3.11"}
        for number, commit in enumerate(commits, 1)
    }
    return {
        "stable_diffusion::revision": "v1",
        "stable_diffusion::releases": pins,
        "stable_diffusion::source": f"git://{HOST}/pictures.git",
        "stable_diffusion::installer": "pip",
        "stable_diffusion::gpu": "none",
        "stable_diffusion::drain_timeout": 60,
    }


def draw(address: str, steps: int) -> bytes:
    """Ask the node at ``address`` for one picture, and return it."""
    base = f"http://{address}:{SERVICE.port}"
    body = json.dumps({"prompt": {**JOB, "steps": steps}}).encode()
    job = _json(urllib.request.Request(f"{base}/prompt", body))["prompt_id"]
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if found := _json(f"{base}/history/{job}"):
            [image] = found[job]["outputs"]["9"]["images"]
            with urllib.request.urlopen(f"{base}/view?filename={image['filename']}") as answer:
                return bytes(answer.read())
        time.sleep(0.2)
    raise TimeoutError(f"{job} was never done")


def _json(asked: str | urllib.request.Request) -> Any:
    with urllib.request.urlopen(asked, timeout=150) as answer:
        return json.load(answer)
