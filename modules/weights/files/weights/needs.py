"""Which bundles are needed, and by what: Puppet wants one, and units that may be started name theirs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from weights.description import Description, load, services

#: What needs the bundle that the next run of the agent asks for.
PUPPET = "Puppet"
#: A name that no unit has to quote. A folder that is called otherwise is never taken for a bundle.
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"


class Needs(NamedTuple):
    """The bundles in a folder that are needed: each with what needs it, and the ``digests`` of their files.

    A digest is known as long as the node has the list of its bundle.
    """

    by: Mapping[str, Sequence[str]]
    digests: frozenset[str]


def read(cache_hub: str, descriptions: str) -> Needs:
    """Say what is needed below ``cache_hub``, whichever service needs it.

    Raises WeightsError where a description cannot be read, since it may need anything.
    """
    by: dict[str, list[str]] = {}
    digests: set[str] = set()
    for service in services(descriptions):
        told = load(service, descriptions)
        is_here = _is_one(told.cache_hub, cache_hub)
        names = [(told.wanted, PUPPET)] if is_here and told.wanted else []
        names += _named({cache_hub, told.cache_hub} if is_here else {cache_hub}, told.units)
        for name, by_whom in names:
            by.setdefault(name, []).append(by_whom)
            digests.update(_digests(told, name))
    return Needs({name: list(dict.fromkeys(by_whom)) for name, by_whom in by.items()}, frozenset(digests))


def _is_one(folder: str, other: str) -> bool:
    """Say whether two folders are one, whatever they are called."""
    return folder == other or (os.path.exists(folder) and os.path.samefile(folder, other))


def _named(folders: set[str], units: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Iterate over what the units name below ``folders``, each with the unit that names it."""
    for path in sorted(path for pattern in units for path in glob.glob(pattern)):
        with suppress(FileNotFoundError), open(path, errors="replace") as unit:  # it went meanwhile
            text = unit.read()
            for folder in sorted(folders):
                for name in re.findall(f"{re.escape(folder)}/({NAME})", text):
                    yield name, os.path.basename(path).rpartition(".")[0]


def _digests(told: Description, name: str) -> Iterator[str]:
    if told.has_list(name):
        yield from (file.sha256 for file in told.files(name) if file.sha256)
