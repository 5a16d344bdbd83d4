"""Speech recognition in the lab: the stand-in's repository, the data by which a node hears, and somebody who asks what was said."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from generator.definition import SERVICES, load_service
from generator.file_list import LISTS
from generator.lab.control import uv_program
from generator.lab.standin import lock
from generator.lab.standin_weights import bundle_of_whisper
from tests.lab import origins
from tests.lab.serving import HOST

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVICE = load_service(SERVICES / "speech_recognition.yaml")
STANDIN = Path(__file__).parent / "standin_recognition"
MODEL = "Systran/faster-whisper-large-v3"
WEIGHTS = "standin-whisper"
#: The stand-in knows these words, and hears each of them in the voice of the one that speaks, faster or slower, too.
SAID = "monday picture september government"
#: A recording of it on the node, which a release has to recognise before it serves; the node's own voice makes it.
RECORDING = "/root/said.wav"


def data(fleet: Fleet) -> dict[str, object]:
    """Make the stand-in's repository; the data of a node that hears by its first release, v1."""
    folders = fleet.lab.folders
    project = (STANDIN / "pyproject.toml").read_bytes()
    locked = lock(project, uv_program(), folders.cache / "standin")
    commits = origins.make(folders.control.parent / "recognition.git", STANDIN, {"uv.lock": locked})
    digest = hashlib.sha256(locked).hexdigest()
    pins = {
        f"v{number}": {
            "commit": commit,
            "install": "lock",
            "lock_sha256": digest,
            "python": "3.11",
            "weights": WEIGHTS,
        }
        for number, commit in enumerate(commits, 1)
    }
    return {
        "speech_recognition::revision": "v1",
        "speech_recognition::releases": pins,
        "speech_recognition::weights": {WEIGHTS: bundle_of_whisper().data() | {"files": []}},
        "speech_recognition::hf_endpoint": f"http://{HOST}:8000",
        "speech_recognition::source": f"git://{HOST}/recognition.git",
        "speech_recognition::build_environment": {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"},
        "speech_recognition::gpu": "none",
        "speech_recognition::drain_timeout": 60,
        "speech_recognition::smoke_file": RECORDING,
    }


def lists() -> dict[str, str]:
    """The lists of files that the catalogue names, as files of the control repository."""
    bundle = bundle_of_whisper()
    return {f"{LISTS}/{bundle.digest}.json": bundle.listing}


def hear(address: str, recording: bytes) -> str:
    """Ask the node at ``address`` what is said in a WAV."""
    answer = httpx.post(
        f"http://{address}:{SERVICE.port}/v1/audio/transcriptions",
        files={"file": ("said.wav", recording, "audio/wav")},
        data={"model": MODEL},
        timeout=150,
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["text"])
