"""Which files of package indexes a release is installed from, on the machines that nodes are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from packaging.markers import Environment
from packaging.pylock import PackageSdist, PackageWheel, Pylock, PylockSelectError, PylockValidationError
from packaging.tags import Tag, compatible_tags, cpython_tags

from generator.errors import FleetError
from weights.bundle import File

#: The oldest C library of the supported systems is Rocky 9's: what fits it fits all.
_GLIBC_MINOR = 34
#: The names that some versions of it had as platforms before they were named by number.
_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class Remote(NamedTuple):
    """A ``file`` of an index, by its name there, and the ``address`` that it is downloaded from."""

    file: File
    address: str


def needed(pylock: str, python: str) -> list[Remote]:
    """List what nodes with ``python`` (3.11) install by a pylock.toml: wheels, or sdists where none is.

    Raises FleetError where something cannot be had from an index, or fits no node.
    """
    try:
        lock = Pylock.from_dict(tomllib.loads(pylock))
        # which patch release of Python a node has is not known here
        chosen = [
            one
            for patch in (0, 99)
            for one in lock.select(environment=_environment(python, patch), tags=_tags(python))
        ]
    except (PylockValidationError, PylockSelectError) as error:
        raise FleetError(f"the release cannot be mirrored: {error}") from None
    remotes: dict[str, Remote] = {}
    for package, source in chosen:
        if not isinstance(source, PackageWheel | PackageSdist) or not source.url:
            raise FleetError(f"{package.name} is of no package index, so it cannot be mirrored")
        if "sha256" not in source.hashes:
            raise FleetError(f"{package.name}: the lock has no sha256 of {source.filename}")
        file = File(source.filename, source.size, source.hashes["sha256"])
        remotes[file.path] = Remote(file, source.url)
    return list(remotes.values())


def _environment(python: str, patch: int) -> Environment:
    full = f"{python}.{patch}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": python,
        "sys_platform": "linux",
    }


def _tags(python: str) -> Sequence[Tag]:
    version = tuple(int(step) for step in python.split("."))
    names = list(platforms())
    interpreter = f"cp{python.replace('.', '')}"
    return [
        *cpython_tags(version, platforms=names),
        *compatible_tags(version, interpreter, platforms=names),
    ]


def platforms() -> Iterator[str]:
    """Name the platforms of wheels that run on every supported system, best first."""
    for minor in range(_GLIBC_MINOR, 4, -1):
        yield f"manylinux_2_{minor}_x86_64"
        if minor in _OLD_NAMES:
            yield f"{_OLD_NAMES[minor]}_x86_64"
    yield "linux_x86_64"
