"""What is wrong with something that a mirror or a folder of weights holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a ``folder`` of weights, or with a release of a mirror, named by its record.

    Faults are lines that name a file; there are none where all of it is right.
    """

    folder: Path
    files: int
    faults: tuple[str, ...]
