"""The weights: read and checked at start, as slowly and as strictly as a model would be."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path


class WeightsError(Exception):
    """A file of the weights is missing or damaged; the message names it."""


def load(folder: Path, files: Mapping[str, str], seconds: float) -> int:
    """Read ``files`` (path below ``folder`` to sha256) and return how many bytes they hold.

    Takes at least ``seconds``; a missing or damaged file fails at once.
    """
    ready = time.monotonic() + seconds
    for name in files:
        if not (folder / name).is_file():
            raise WeightsError(f"Weights file {folder / name} is missing. Please download it first.")
    total = 0
    for name, wanted in files.items():
        content = (folder / name).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != wanted:
            raise WeightsError(
                f"Weights file {folder / name} is damaged (sha256 {found[:12]}…, wanted {wanted[:12]}…)."
                " Please download it again."
            )
        total += len(content)
    time.sleep(max(0.0, ready - time.monotonic()))
    return total
