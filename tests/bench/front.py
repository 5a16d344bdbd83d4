"""What the front costs: the same page through it and from the web UI itself, in turn, on the node."""

from __future__ import annotations

import json
from pathlib import Path

from generator.lab import Lab

NODE = "tts1"
#: Where the node says which slot serves, and on which port each listens.
STATE, CONFIG = "/var/lib/releases/indextts2.json", "/etc/releases/indextts2.json"
#: Answered at once, so that what a request costs is not lost in what the page costs.
PATH = "/gradio_api/queue/status"
PROGRAM = Path(__file__).with_name("ask_in_turn.py")


def measure() -> dict[str, float]:
    """Milliseconds that the front adds at the median, and its requests a second to the web UI's."""
    lab = Lab()
    lab.up(nodes=2)
    slot = json.loads(lab.exec(NODE, ["cat", STATE]).stdout)["cards"]["0"]["slot"]
    port = json.loads(lab.exec(NODE, ["cat", CONFIG]).stdout)["cards"]["0"][slot]
    urls = [f"http://127.0.0.1:7860{PATH}", f"http://127.0.0.1:{port}{PATH}"]
    through, direct = json.loads(lab.exec(NODE, ["python3", "-c", PROGRAM.read_text(), *urls]).stdout)
    return {
        "front.added_ms": 1000 * (through["median_s"] - direct["median_s"]),
        "front.requests_s": through["requests_s"],
        "front.requests_ratio": through["requests_s"] / direct["requests_s"],
    }
