"""Who of a rollout's candidates is chosen: by a hash of the name, so that nobody chooses.

Nothing but names goes into it. So whoever chooses again chooses the same, a higher percent only adds nodes,
and a fleet that grows moves nobody who is chosen already.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable


def choose(
    certnames: Iterable[str], members: Collection[str], percent: int, service: str, salt: str
) -> list[str]:
    """Choose ``percent`` (from 1) of the candidates ``certnames``, rounded up: at least one, if there is one.

    The ``members`` of before stay, be they more than that, but for those that are no candidates any more.
    Returned by name.
    """
    candidates = set(certnames)
    staying = candidates.intersection(members)
    count = -(-percent * len(candidates) // 100)
    joining = heapq.nsmallest(
        count - len(staying), candidates - staying, key=lambda certname: _rank(certname, service, salt)
    )
    return sorted([*staying, *joining])


def _rank(certname: str, service: str, salt: str) -> tuple[str, str]:
    """Return what candidates are ordered by; another salt is another order."""
    return hashlib.sha256(f"{salt}\0{service}\0{certname}".encode()).hexdigest(), certname
