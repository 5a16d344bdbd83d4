"""From nothing to serving: the lab brought up from cached base images."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request

from generator.lab import Lab


def measure() -> dict[str, float]:
    """Seconds from an empty machine to the first node that answers, and to the end of ``fleet lab up``.

    The base images are in the cache; a node is what `fleet lab up` makes of a bare one.
    """
    lab = Lab()
    lab.down()
    began = time.monotonic()
    first: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not first and not over.wait(0.2):
            for node in ("tts1", "tts2"):
                if _answers(f"http://{lab.address(node)}:7860/config"):
                    first.append(time.monotonic() - began)
                    return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        lab.up(nodes=2)
        up = time.monotonic() - began
    finally:
        over.set()
        watcher.join()
    return {"lab.first_converge_s": first[0], "lab.up_s": up}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
