"""Which bundles are on a node, whether they are whole, what needs them, and what old ones would free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from weights import needs, old
from weights.description import Description
from weights.needs import Needs
from weights.verified import why_not_whole


def listing(told: Description) -> dict[str, Any]:
    """Return what is known of the bundles, and of what nothing needs, as JSON can hold it; sizes in bytes."""
    needed = needs.read(told.cache_hub, told.place)
    found = old.find(told.cache_hub, needed, told.bundles)
    here = {name for name in needed.by if old.is_bundle(name) and os.path.isdir(f"{told.cache_hub}/{name}")}
    return {
        "bundles": {
            name: {"state": _state(told, name), "needed_by": list(needed.by.get(name, ()))}
            for name in sorted({*told.bundles, *here})
        },
        "old": _old(told, found, needed),
    }


def as_text(data: dict[str, Any]) -> Iterator[str]:
    """Write a listing for a reader, line by line."""
    for name, bundle in data["bundles"].items():
        by = f"; needed by {', '.join(bundle['needed_by'])}" if bundle["needed_by"] else ""
        of_before = f"; {_said(data['old'][name])}" if name in data["old"] else ""
        yield f"{name}  {bundle['state']}{by}{of_before}"
    for name, one in data["old"].items():
        if name not in data["bundles"]:
            yield f"{name}  {_said(one)}"


def _said(one: dict[str, Any]) -> str:
    stays = f"; stays: {one['stays']}" if one["stays"] else ""
    return f"nothing needs it: {one['bytes'] / 2**20:.1f} MiB{stays}"


def _old(told: Description, found: list[old.Old], needed: Needs) -> dict[str, Any]:
    freed = old.frees(told.cache_hub, found, needed)
    return {one.path: {"bytes": size, "stays": one.stays} for one, size in freed}


def _state(told: Description, name: str) -> str:
    folder = f"{told.cache_hub}/{name}"
    if not os.path.isdir(folder):
        return "is not here"
    if not told.has_list(name):
        return "is here, and no release that needs it is wanted"
    return why_not_whole(folder, told.files(name)) or "is whole"
