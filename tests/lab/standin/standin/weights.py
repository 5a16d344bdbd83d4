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


def load_models(
    folder_of_weights: Path, files: Mapping[str, str], folder: str = "", repository: str = ""
) -> int:
    """Read the ``files`` of a model of another repository, and return how many bytes they hold.

    They are in ``folder`` below the weights; where a ``repository`` is named, the hub's client is asked for
    each, as upstream's older releases do, and finds them where HF_HUB_CACHE says.
    """
    return load(find_in_cache(repository, files) if repository else folder_of_weights / folder, files, 0)


def find_in_cache(repository: str, files: Mapping[str, str]) -> Path:
    """Have the hub's client find ``files`` of ``repository``, and say in which folder they are."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        paths = [Path(hf_hub_download(repository, filename=name)) for name in files]
    except LocalEntryNotFoundError as error:
        raise WeightsError(f"A model of {repository} is missing: {str(error).splitlines()[0]}") from None
    return paths[0].parent
