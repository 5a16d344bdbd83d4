"""Catalogues to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generator.diff.catalogue import Catalogue
from generator.diff.compare import Changes, compare
from generator.diff.trees import Base

BASE = Base("main", "0123456789abcdef0123456789abcdef01234567")
NATIVE = frozenset({"File", "Service", "Exec", "Vcsrepo", "Package"})


def catalogue(resources: dict[str, dict[str, Any]], containment: Sequence[tuple[str, str]] = ()) -> Catalogue:
    return Catalogue(resources, list(containment), NATIVE)


def changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Changes:
    found = compare(catalogue(before), catalogue(after))
    assert isinstance(found, Changes)
    return found
