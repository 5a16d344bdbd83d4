"""What a new service may be called, and where it may come from."""

from __future__ import annotations

import os
import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from generator.definition_schema import DEFINITION, RESERVED_MODULES
from generator.errors import FleetError
from generator.names import quoted
from generator.pin import is_revision

_SHAPE = DEFINITION["properties"]["name"]
_LINE = DEFINITION["properties"]["source"]


def check_name(root: Path, name: str) -> None:
    """Refuse what is no name for a service, or another's, before anything is read.

    Raises:
        FleetError: with what a name is, or who has it.
    """
    if not re.search(_SHAPE["pattern"].replace("$", r"\Z"), name):
        raise FleetError(f"{quoted(name)} must be {_SHAPE['description']}")
    if name in RESERVED_MODULES:
        raise FleetError(f"{name} is Puppet's or another module's (choose another name)")
    taken = {
        root / "hieradata" / "services" / f"{name}.yaml": "choose another name, or edit that definition",
        root / "modules" / name: "choose another name; fleet render takes away what no definition makes",
        root / "vendor_modules" / name: "choose another name",
    }
    for path, cure in taken.items():
        if os.path.lexists(path):
            raise FleetError(f"{path} is there already ({cure})")


def address(source: str) -> str:
    """Return the address of a ``source``, a path as a whole one.

    Raises:
        FleetError: it is none that one line of a definition can hold.
    """
    if not re.search(_LINE["pattern"].replace("$", r"\Z"), source) or not source.isprintable():
        raise FleetError(f"--source {quoted(source)} must be {_LINE['description']}")
    if os.path.exists(source):
        return os.path.realpath(source)
    return source


def newest(tags: list[str]) -> str | None:
    """Return the newest of ``tags`` that can be pinned, one that is no release candidate before others.

    >>> newest(["v1.9", "v1.10", "v2.0-rc1", "nightly"]), newest(["20240821v2", "20250606v2pro"]), newest([])
    ('v1.10', '20250606v2pro', None)
    """
    return max((tag for tag in tags if is_revision(tag)), key=_age, default=None)


def _age(tag: str) -> tuple[bool, bool, Version, list[int], str]:
    numbers = [int(number) for number in re.findall(r"\d{1,18}", tag)]
    try:
        version = Version(tag)
    except InvalidVersion:
        return False, bool(numbers), Version("0"), numbers, tag
    return not version.is_prerelease, True, version, numbers, tag
