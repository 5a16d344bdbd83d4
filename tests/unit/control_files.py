"""Files of a control repository."""

from __future__ import annotations

from pathlib import Path

FACTS = {"os": {"name": "Debian", "family": "Debian"}, "networking": {"ip": "192.0.2.1"}}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
