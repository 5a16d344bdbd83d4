"""The generator of the Puppet control repository; its console script is ``fleet``."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.1.0"
#: The control repository that this is part of.
REPOSITORY = Path(__file__).resolve().parent.parent
