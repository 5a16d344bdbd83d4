"""Fields of JSON, by the names that lead to them."""

from __future__ import annotations

from typing import Any


def field(data: Any, steps: str) -> Any:
    """Return what is in ``data`` at ``steps`` (a.b, with * for whatever name comes first), or None.

    >>> field({"7": {"status": {"completed": True}}}, "*.status.completed")
    True
    """
    for step in steps.split("."):
        if not isinstance(data, dict) or not data:
            return None
        data = next(iter(data.values())) if step == "*" else data.get(step)
    return data
