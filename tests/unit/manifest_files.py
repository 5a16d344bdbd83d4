"""Files of Puppet code."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def write(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
