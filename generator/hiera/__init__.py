"""Hiera 5, as Puppet 7 and 8 read it: hiera.yaml, the files of each level, and lookups in them.

>>> hierarchy, data = Hierarchy.load(root), Data()                                # doctest: +SKIP
>>> lookup(hierarchy, data, Scope(facts, trusted), "indextts2::revision").value   # doctest: +SKIP
'v2.0.0'
"""

from __future__ import annotations

from typing import Any

from generator.hiera.convert import Sensitive
from generator.hiera.data import Data
from generator.hiera.hierarchy import Hierarchy, files
from generator.hiera.level import Level
from generator.hiera.lookup import Lookup
from generator.hiera.options import KEY as LOOKUP_OPTIONS
from generator.hiera.options import Options, Source
from generator.hiera.result import Entry, Result
from generator.hiera.scope import Scope
from generator.hiera.strategy import Strategy

__all__ = [
    "LOOKUP_OPTIONS",
    "Data",
    "Entry",
    "Hierarchy",
    "Level",
    "Lookup",
    "Options",
    "Result",
    "Scope",
    "Sensitive",
    "Source",
    "Strategy",
    "files",
    "lookup",
]


def lookup(hierarchy: Hierarchy, data: Data, scope: Scope, key: str, merge: Any = None) -> Result:
    """Look ``key`` up once; for more keys of the same node, keep a :class:`Lookup`.

    Raises:
        InputError: a file that is asked is broken, or says what Puppet refuses.
        FleetError: ``key`` or ``merge`` is none.
    """
    return Lookup(hierarchy, data, scope).find(key, merge)
